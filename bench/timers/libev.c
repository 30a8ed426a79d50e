/* A million timers on libev, moved with ev_timer_again(), which its manual names as the cheapest
 * way to keep an idle timeout. */
#include <ev.h>

#include "timers/timers.h"

static struct ev_loop *loop;
static ev_timer *events;
static ev_timer control;

static void on_timer(struct ev_loop *its_loop, ev_timer *timer, int what) {
  (void)what;
  ev_timer_stop(its_loop, timer); /* those that were moved repeat */
  timers_on_fired();
}

static void add_timer(size_t index, uint64_t microseconds) {
  ev_timer_set(&events[index], (double)microseconds * 1e-6, 0.);
  ev_timer_start(loop, &events[index]);
}

static void move_timer(size_t index, uint64_t microseconds) {
  events[index].repeat = (double)microseconds * 1e-6;
  ev_timer_again(loop, &events[index]);
}

static void delete_timer(size_t index) { ev_timer_stop(loop, &events[index]); }

static void timers_next_turn(void) {
  ev_timer_set(&control, 0., 0.);
  ev_timer_start(loop, &control);
}

static void on_control(struct ev_loop *its_loop, ev_timer *timer, int what) {
  (void)timer;
  (void)what;
  if (!timers_run()) ev_break(its_loop, EVBREAK_ONE);
}

int main(int argc, char **argv) {
  timers_make(argc, argv);
  loop = ev_default_loop(EVBACKEND_EPOLL);
  if (loop == NULL) bench_fail("ev_default_loop", "no loop on epoll");
  events = calloc(timers.count, sizeof *events);
  if (events == NULL) bench_fail("calloc", "out of memory");
  for (size_t i = 0; i < timers.count; ++i) ev_init(&events[i], on_timer);
  ev_init(&control, on_control);
  timers_next_turn();
  ev_run(loop, 0);
  timers_report("epoll");
  return 0;
}
