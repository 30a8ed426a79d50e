/* Wake-ups on the event interface. Compiled twice: against libevent and against eddy. */
#define _GNU_SOURCE
#include <event2/event.h>
#include <event2/thread.h>

#define WAKEUP_HAS_POSTS
#include "wakeup/wakeup.h"

static struct {
  struct event_base *base;
  struct event *event;
} sides[2];

static void on_wake(evutil_socket_t fd, short what, void *arg) {
  (void)fd;
  (void)what;
  wakeup_arrived(arg == &sides[1]);
}

static void on_post(evutil_socket_t fd, short what, void *arg) {
  (void)fd;
  (void)what;
  (void)arg;
  wakeup_posted();
}

static void side_make(int side) {
  sides[side].base = event_base_new();
  if (sides[side].base == NULL) bench_fail("event_base_new", "no loop");
  sides[side].event = event_new(sides[side].base, -1, EV_PERSIST, on_wake, &sides[side]);
  if (sides[side].event == NULL) bench_fail("event_new", "no event");
}

static void side_run(int side) {
  bench_check(event_base_loop(sides[side].base, EVLOOP_NO_EXIT_ON_EMPTY) == 0, "event_base_loop");
}

static void side_stop(int side) { event_base_loopbreak(sides[side].base); }

static void side_wake(int side) { event_active(sides[side].event, EV_READ, 1); }

static void side_post(int side) {
  static const struct timeval at_once = {0, 0};
  if (event_base_once(sides[side].base, -1, EV_TIMEOUT, on_post, NULL, &at_once) != 0)
    bench_fail("event_base_once", "refused");
}

static void side_free(int side) {
  event_free(sides[side].event);
  event_base_free(sides[side].base);
}

int main(int argc, char **argv) {
  if (evthread_use_pthreads() != 0) bench_fail("evthread_use_pthreads", "refused");
  return wakeup_main(argc, argv);
}
