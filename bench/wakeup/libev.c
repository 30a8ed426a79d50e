/* Wake-ups on libev: ev_async. */
#define _GNU_SOURCE
#include <ev.h>

#include "wakeup/wakeup.h"

static struct {
  ev_async async; /* first: the callback finds the side by it */
  struct ev_loop *loop;
} sides[2];

static void on_wake(struct ev_loop *loop, ev_async *async, int events) {
  (void)loop;
  (void)events;
  wakeup_arrived(async == &sides[1].async);
}

static void side_make(int side) {
  sides[side].loop = ev_loop_new(EVBACKEND_EPOLL);
  if (sides[side].loop == NULL) bench_fail("ev_loop_new", "no loop on epoll");
  ev_async_init(&sides[side].async, on_wake);
  ev_async_start(sides[side].loop, &sides[side].async);
}

static void side_run(int side) { ev_run(sides[side].loop, 0); }

static void side_stop(int side) { ev_break(sides[side].loop, EVBREAK_ONE); }

static void side_wake(int side) { ev_async_send(sides[side].loop, &sides[side].async); }

static void side_free(int side) {
  ev_async_stop(sides[side].loop, &sides[side].async);
  ev_loop_destroy(sides[side].loop);
}

int main(int argc, char **argv) { return wakeup_main(argc, argv); }
