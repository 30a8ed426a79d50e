/* The pipe ring on libev. */
#include <ev.h>

#include "ring/ring.h"

struct watcher {
  struct ring_pair pair; /* first: ring.h finds it there */
  ev_io readable;
};

static struct ring ring;

static void on_readable(struct ev_loop *loop, ev_io *io, int events) {
  (void)events;
  if (ring_step(&ring, io->data)) ev_break(loop, EVBREAK_ONE);
}

static void run(void *loop) { ev_run(loop, 0); }

int main(int argc, char **argv) {
  void *array;
  ring = ring_make(argc, argv, &array, sizeof(struct watcher));
  struct ev_loop *loop = ev_default_loop(EVBACKEND_EPOLL);
  if (loop == NULL) bench_fail("ev_default_loop", "no loop on epoll");
  struct watcher *watchers = array;
  for (size_t i = 0; i < ring.pairs; ++i) {
    struct watcher *watcher = &watchers[i];
    ev_io_init(&watcher->readable, on_readable, watcher->pair.in, EV_READ);
    watcher->readable.data = watcher;
    ev_io_start(loop, &watcher->readable);
  }
  ring_measure(&ring, array, sizeof *watchers, run, loop, "epoll");
  return 0;
}
