/* The limit of readiness for much data: bare epoll, one recv or send of 256 KiB for each event,
 * always of the same memory. */
#define _GNU_SOURCE
#include <sys/epoll.h>
#include <unistd.h>

#include "common/listen.h"

enum { piece_size = 256 * 1024 };

struct connection {
  int fd;
  size_t left; /* to send */
};

static char piece[piece_size];
static size_t to_send;

static void control(int set, struct connection *one, uint32_t events) {
  struct epoll_event interest = {.events = events, .data.ptr = one};
  bench_check(epoll_ctl(set, EPOLL_CTL_ADD, one->fd, &interest) == 0, "epoll_ctl");
}

static struct connection *connection(int fd) {
  struct connection *one = malloc(sizeof *one);
  if (one == NULL) bench_fail("malloc", "out of memory");
  *one = (struct connection){fd, to_send};
  return one;
}

/* Whether the connection goes on. */
static int step(struct connection *one) {
  if (to_send == 0) {
    const ssize_t got = recv(one->fd, piece, sizeof piece, 0);
    return got > 0 || (got < 0 && errno == EAGAIN);
  }
  const ssize_t sent =
      send(one->fd, piece, one->left < piece_size ? one->left : piece_size, MSG_NOSIGNAL);
  if (sent < 0) return errno == EAGAIN;
  one->left -= (size_t)sent;
  return one->left > 0;
}

int main(int argc, char **argv) {
  to_send = (size_t)bench_option(argc, argv, "--sends", 0);
  memset(piece, 'x', sizeof piece);
  const int set = epoll_create1(EPOLL_CLOEXEC);
  bench_check(set >= 0, "epoll_create1");
  struct connection *listener = connection(bench_listen(0, SOCK_NONBLOCK));
  control(set, listener, EPOLLIN);
  bench_announce(listener->fd);
  for (;;) {
    struct epoll_event ready[64];
    const int count = epoll_wait(set, ready, 64, -1);
    bench_check(count >= 0 || errno == EINTR, "epoll_wait");
    for (int i = 0; i < count; ++i) {
      struct connection *one = ready[i].data.ptr;
      int fd;
      if (one == listener) {
        while ((fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
          control(set, connection(fd), to_send > 0 ? EPOLLOUT : EPOLLIN);
      } else if (!step(one)) {
        close(one->fd);
        free(one);
      }
    }
  }
}
