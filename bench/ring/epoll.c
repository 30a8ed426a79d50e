/* The pipe ring on a bare epoll loop: the limit that a library can approach. */
#include <sys/epoll.h>

#include "ring/ring.h"

enum { batch = 256 };

struct loop {
  int epoll_fd;
  struct ring *ring;
};

static void run(void *arg) {
  struct loop *loop = arg;
  for (;;) {
    struct epoll_event ready[batch];
    int count = epoll_wait(loop->epoll_fd, ready, batch, -1);
    bench_check(count >= 0, "epoll_wait");
    int done = 0;
    for (int i = 0; i < count; ++i) done |= ring_step(loop->ring, ready[i].data.ptr);
    if (done) return;
  }
}

int main(int argc, char **argv) {
  void *pairs;
  struct ring ring = ring_make(argc, argv, &pairs, sizeof(struct ring_pair));
  struct loop loop = {epoll_create1(EPOLL_CLOEXEC), &ring};
  bench_check(loop.epoll_fd >= 0, "epoll_create1");
  struct ring_pair *array = pairs;
  for (size_t i = 0; i < ring.pairs; ++i) {
    struct epoll_event interest = {.events = EPOLLIN, .data = {.ptr = &array[i]}};
    bench_check(epoll_ctl(loop.epoll_fd, EPOLL_CTL_ADD, array[i].in, &interest) == 0, "epoll_ctl");
  }
  ring_measure(&ring, pairs, sizeof *array, run, &loop, "epoll");
  return 0;
}
