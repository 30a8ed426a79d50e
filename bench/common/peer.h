/* What the programs at the other end share: they connect, they look at the clock of the server's
 * process, and they end by themselves, whatever the server does. C and C++. */
#ifndef BENCH_COMMON_PEER_H
#define BENCH_COMMON_PEER_H

#include <netinet/tcp.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/listen.h"

struct peer {
  struct sockaddr_in server;
  pid_t pid;
  clockid_t server_clock;
};

/* --port P, and --pid PID of the server. */
static inline struct peer peer_start(int argc, char **argv) {
  bench_raise_descriptors();
  alarm(300);
  struct peer peer;
  peer.server = bench_loopback(bench_option(argc, argv, "--port", 0));
  peer.pid = (pid_t)bench_option(argc, argv, "--pid", 0);
  if (peer.pid == 0) bench_fail("--pid", "is missing");
  const int error = clock_getcpuclockid(peer.pid, &peer.server_clock);
  if (error != 0) bench_fail("--pid", strerror(error));
  return peer;
}

/* User plus system time of all threads of the server. */
static inline uint64_t peer_server_cpu_ns(const struct peer *peer) {
  return bench_clock_ns(peer->server_clock);
}

/* A blocking socket, on which no call lasts longer than twenty seconds. */
static inline int peer_socket(void) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bench_check(fd >= 0, "socket");
  const struct timeval patience = {20, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  return fd;
}

static inline int peer_connect(const struct peer *peer) {
  const int fd = peer_socket();
  const int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  bench_check(
      connect(fd, (const struct sockaddr *)(const void *)&peer->server, sizeof peer->server) == 0,
      "connect");
  return fd;
}

#endif
