/* Listening on the loopback, and saying where ("port N" on stdout, once). C and C++. */
#ifndef BENCH_COMMON_LISTEN_H
#define BENCH_COMMON_LISTEN_H

#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "common/measure.h"

static inline void bench_raise_descriptors(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

static inline struct sockaddr_in bench_loopback(long port) {
  if (port < 0 || port > 65535) bench_fail("port", "must be a number from 0 to 65535");
  struct sockaddr_in address;
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_port = htons((uint16_t)port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

static inline int bench_listen(long port, int flags) {
  bench_raise_descriptors();
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
  bench_check(listener >= 0, "socket");
  int one = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in address = bench_loopback(port);
  bench_check(bind(listener, (struct sockaddr *)(void *)&address, sizeof address) == 0, "bind");
  bench_check(listen(listener, 1024) == 0, "listen");
  return listener;
}

static inline void bench_announce(int listener) {
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  bench_check(getsockname(listener, (struct sockaddr *)(void *)&address, &size) == 0,
              "getsockname");
  printf("port %d\n", ntohs(address.sin_port));
  fflush(stdout);
}

#endif
