/* A million timers on the event interface. Compiled twice: against libevent and against eddy. */
#include <event2/event.h>
#include <event2/event_struct.h>

#include "timers/timers.h"

static struct event_base *base;
static struct event *events;
static struct event *control;

static void add_timer(size_t index, uint64_t microseconds) {
  struct timeval after = {(time_t)(microseconds / 1000000), (suseconds_t)(microseconds % 1000000)};
  event_add(&events[index], &after);
}

static void move_timer(size_t index, uint64_t microseconds) {
  add_timer(index, microseconds); /* adding a pending timer again moves it */
}

static void delete_timer(size_t index) { event_del(&events[index]); }

static void timers_next_turn(void) {
  struct timeval now = {0, 0};
  event_add(control, &now);
}

static void on_control(evutil_socket_t fd, short what, void *arg) {
  (void)fd;
  (void)what;
  (void)arg;
  if (!timers_run()) event_base_loopbreak(base);
}

static void on_timer(evutil_socket_t fd, short what, void *arg) {
  (void)fd;
  (void)what;
  (void)arg;
  timers_on_fired();
}

int main(int argc, char **argv) {
  timers_make(argc, argv);
  base = event_base_new();
  if (base == NULL) bench_fail("event_base_new", "no loop");
  events = calloc(timers.count, sizeof *events);
  control = evtimer_new(base, on_control, NULL);
  if (events == NULL || control == NULL) bench_fail("calloc", "out of memory");
  for (size_t i = 0; i < timers.count; ++i) evtimer_assign(&events[i], base, on_timer, NULL);
  timers_next_turn();
  bench_check(event_base_dispatch(base) == 0, "event_base_dispatch");
  timers_report(event_base_get_method(base));
  event_free(control);
  event_base_free(base);
  return 0;
}
