/* Connections with nothing to do: a child process, forked before the library is used, holds the
 * other ends. C and C++. */
#ifndef BENCH_COMMON_HELD_H
#define BENCH_COMMON_HELD_H

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/listen.h"

/* Waits for the parent's byte twice: then it sends the lines, then it ends. */
static inline void held_peer(const struct sockaddr_in *server, size_t count, int parent) {
  int *all = (int *)calloc(count, sizeof *all);
  char line[64], byte = 0;
  if (all == NULL) bench_fail("calloc", "out of memory");
  memset(line, 'x', sizeof line);
  line[sizeof line - 1] = '\n';
  for (size_t i = 0; i < count; ++i) {
    all[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bench_check(all[i] >= 0, "socket");
    bench_check(connect(all[i], (const struct sockaddr *)(const void *)server, sizeof *server) == 0,
                "connect");
  }
  if (read(parent, &byte, 1) != 1) exit(1);
  for (size_t i = 0; i < count; ++i)
    bench_check(send(all[i], line, sizeof line, MSG_NOSIGNAL) == (ssize_t)sizeof line, "send");
  for (size_t i = 0; i < count; ++i)
    bench_check(recv(all[i], line, sizeof line, MSG_WAITALL) == (ssize_t)sizeof line, "recv");
  if (read(parent, &byte, 1) != 1) exit(1);
  exit(0);
}

/* The parent's end of a socket to the child. */
static inline int held_start(int listener, size_t count) {
  struct sockaddr_in server;
  socklen_t size = sizeof server;
  int ends[2];
  bench_check(getsockname(listener, (struct sockaddr *)(void *)&server, &size) == 0, "getsockname");
  bench_check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "socketpair");
  const pid_t child = fork();
  bench_check(child >= 0, "fork");
  if (child > 0) {
    close(ends[1]);
    return ends[0];
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  close(listener);
  close(ends[0]);
  held_peer(&server, count, ends[1]);
  exit(1);
}

#endif
