/* The pipe ring on the event interface. Compiled twice: against libevent and against eddy. */
#include <event2/event.h>
#include <event2/event_struct.h>

#include "ring/ring.h"

struct watcher {
  struct ring_pair pair; /* first: ring.h finds it there */
  struct event readable;
};

static struct ring ring;
static struct event_base *base;

static void on_readable(evutil_socket_t fd, short what, void *arg) {
  (void)fd;
  (void)what;
  if (ring_step(&ring, arg)) event_base_loopbreak(base);
}

static void run(void *loop) { bench_check(event_base_dispatch(loop) == 0, "event_base_dispatch"); }

int main(int argc, char **argv) {
  void *array;
  ring = ring_make(argc, argv, &array, sizeof(struct watcher));
  base = event_base_new();
  if (base == NULL) bench_fail("event_base_new", "no loop");
  struct watcher *watchers = array;
  for (size_t i = 0; i < ring.pairs; ++i) {
    struct watcher *watcher = &watchers[i];
    event_assign(&watcher->readable, base, watcher->pair.in, EV_READ | EV_PERSIST, on_readable,
                 watcher);
    bench_check(event_add(&watcher->readable, NULL) == 0, "event_add");
  }
  ring_measure(&ring, array, sizeof *watchers, run, base, event_base_get_method(base));
  for (size_t i = 0; i < ring.pairs; ++i) event_del(&watchers[i].readable);
  event_base_free(base);
  return 0;
}
