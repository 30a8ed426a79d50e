/* What the ROT13 servers share: the transformation, the listener, and how they say where they
 * listen ("port N" on stdout, once). C and C++. */
#ifndef BENCH_SERVERS_ROT13_H
#define BENCH_SERVERS_ROT13_H

#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "common/measure.h"

enum { rot13_max_line = 16384 };

static inline void rot13(char *text, size_t length) {
  for (size_t i = 0; i < length; ++i) {
    char lower = (char)(text[i] | 0x20);
    if (lower >= 'a' && lower <= 'm')
      text[i] = (char)(text[i] + 13);
    else if (lower >= 'n' && lower <= 'z')
      text[i] = (char)(text[i] - 13);
  }
}

/* How much of `text` is whole lines. A server answers these and keeps the rest. */
static inline size_t rot13_whole_lines(const char *text, size_t length) {
  while (length > 0 && text[length - 1] != '\n') --length;
  return length;
}

static inline void rot13_announce(int listener) {
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  bench_check(getsockname(listener, (struct sockaddr *)(void *)&address, &size) == 0,
              "getsockname");
  printf("port %d\n", ntohs(address.sin_port));
  fflush(stdout);
}

/* A listening socket on 127.0.0.1 at the port of the first argument (0, a free one, without). */
static inline int rot13_listen(int argc, char **argv, int flags) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  char *end = NULL;
  long port = argc > 1 ? strtol(argv[1], &end, 10) : 0;
  if ((end != NULL && *end != '\0') || port < 0 || port > 65535)
    bench_fail("port", "must be a number from 0 to 65535");
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
  bench_check(listener >= 0, "socket");
  int one = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in address;
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_port = htons((uint16_t)port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  bench_check(bind(listener, (struct sockaddr *)(void *)&address, sizeof address) == 0, "bind");
  bench_check(listen(listener, 1024) == 0, "listen");
  return listener;
}

#endif
