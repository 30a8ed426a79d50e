/* The limit of readiness for short connections: bare epoll and no state, because a line fits into
 * one read. */
#define _GNU_SOURCE
#include <sys/epoll.h>
#include <unistd.h>

#include "common/listen.h"

static int closes;

static void control(int set, int fd) {
  struct epoll_event interest = {.events = EPOLLIN, .data.fd = fd};
  bench_check(epoll_ctl(set, EPOLL_CTL_ADD, fd, &interest) == 0, "epoll_ctl");
}

static void answer(int fd) {
  char line[4096];
  const ssize_t got = recv(fd, line, sizeof line, 0);
  if (got > 0 && send(fd, line, (size_t)got, MSG_NOSIGNAL) == got && !closes) return;
  close(fd);
}

static void accept_all(int set, int listener) {
  int fd;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) control(set, fd);
}

int main(int argc, char **argv) {
  closes = bench_option(argc, argv, "--server-closes", 0) != 0;
  const int listener = bench_listen(0, SOCK_NONBLOCK);
  const int set = epoll_create1(EPOLL_CLOEXEC);
  bench_check(set >= 0, "epoll_create1");
  control(set, listener);
  bench_announce(listener);
  for (;;) {
    struct epoll_event ready[256];
    const int count = epoll_wait(set, ready, 256, -1);
    bench_check(count >= 0 || errno == EINTR, "epoll_wait");
    for (int i = 0; i < count; ++i) {
      if (ready[i].data.fd == listener)
        accept_all(set, listener);
      else
        answer(ready[i].data.fd);
    }
  }
}
