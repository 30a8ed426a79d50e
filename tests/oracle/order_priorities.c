/* Which callback runs first when several are active: by priority, then by the order in which they
 * became active. */
#include "oracle.h"

static void activate_in_order(struct event_base *base, struct probe *probes, const int *priorities,
                              int n) {
  for (int i = 0; i < n; ++i) {
    watch(base, &probes[i], -1, 0);
    if (priorities != NULL) {
      ask(priorities[i]);
      ask(event_priority_set(probes[i].ev, priorities[i]));
    }
  }
  for (int i = 0; i < n; ++i) event_active(probes[i].ev, EV_TIMEOUT, 1);
  say("  loop: %d", event_base_loop(base, 0));
  for (int i = 0; i < n; ++i) event_free(probes[i].ev);
}

static void same_priority(void) {
  struct event_base *base = new_base();
  struct probe probes[] = {{.name = "a"}, {.name = "b"}, {.name = "c"}, {.name = "d"}};
  activate_in_order(base, probes, NULL, 4);
  event_base_free(base);
}

static void three_priorities(void) {
  struct event_base *base = new_base();
  say("  init: %d", event_base_priority_init(base, 3));
  struct probe probes[] = {{.name = "low 1"},
                           {.name = "high 1"},
                           {.name = "middle"},
                           {.name = "low 2"},
                           {.name = "high 2"}};
  const int priorities[] = {2, 0, 1, 2, 0};
  activate_in_order(base, probes, priorities, 5);
  event_base_free(base);
}

static void default_priority(void) {
  for (int n = 1; n <= 6; ++n) {
    struct event_base *base = new_base();
    event_base_priority_init(base, n);
    struct event *ev = event_new(base, -1, 0, quiet_cb, NULL);
    say("  of %d priorities a new event has %d", n, event_get_priority(ev));
    event_free(ev);
    event_base_free(base);
  }
}

static void activate_data(struct probe *self) {
  struct event **more = self->data;
  for (; *more != NULL; ++more) event_active(*more, EV_READ, 1);
}

static void urgent_event_from_a_callback(void) {
  struct event_base *base = new_base();
  event_base_priority_init(base, 2);
  struct event *more[2] = {NULL, NULL};
  struct probe urgent = {.name = "urgent"};
  struct probe first = {.name = "first", .then = activate_data, .data = more};
  struct probe second = {.name = "second"};
  watch(base, &urgent, -1, 0);
  event_priority_set(urgent.ev, 0);
  event_priority_set(watch(base, &first, -1, 0), 1);
  event_priority_set(watch(base, &second, -1, 0), 1);
  more[0] = urgent.ev;
  event_active(first.ev, EV_WRITE, 1);
  event_active(second.ev, EV_WRITE, 1);
  say("  loop: %d", event_base_loop(base, 0));
  event_free(urgent.ev);
  event_free(first.ev);
  event_free(second.ev);
  event_base_free(base);
}

static void lesser_event_from_a_callback(void) {
  struct event_base *base = new_base();
  event_base_priority_init(base, 2);
  struct event *more[3] = {NULL, NULL, NULL};
  struct probe lesser = {.name = "lesser"};
  struct probe equal = {.name = "equal"};
  struct probe first = {.name = "first", .then = activate_data, .data = more};
  struct probe second = {.name = "second"};
  event_priority_set(watch(base, &lesser, -1, 0), 1);
  event_priority_set(watch(base, &equal, -1, 0), 0);
  event_priority_set(watch(base, &first, -1, 0), 0);
  event_priority_set(watch(base, &second, -1, 0), 0);
  more[0] = lesser.ev;
  more[1] = equal.ev;
  event_active(first.ev, EV_WRITE, 1);
  event_active(second.ev, EV_WRITE, 1);
  say("  once: %d", event_base_loop(base, EVLOOP_ONCE));
  say("  then the rest: %d", event_base_loop(base, 0));
  event_free(lesser.ev);
  event_free(equal.ev);
  event_free(first.ev);
  event_free(second.ev);
  event_base_free(base);
}

static void nonblock_runs_one_priority_or_all(void) {
  struct event_base *base = new_base();
  event_base_priority_init(base, 3);
  struct probe probes[] = {{.name = "low"}, {.name = "high"}, {.name = "middle"}};
  const int priorities[] = {2, 0, 1};
  for (int i = 0; i < 3; ++i) {
    event_priority_set(watch(base, &probes[i], -1, 0), priorities[i]);
    event_active(probes[i].ev, EV_TIMEOUT, 1);
  }
  for (int i = 0; i < 4; ++i) {
    ask(i);
    ask(event_base_loop(base, EVLOOP_NONBLOCK));
    ask(event_base_get_num_events(base, EVENT_BASE_COUNT_ACTIVE));
  }
  for (int i = 0; i < 3; ++i) event_free(probes[i].ev);
  event_base_free(base);
}

static void descriptors_by_priority(void) {
  struct event_base *base = new_base();
  event_base_priority_init(base, 4);
  struct probe probes[] = {{.name = "p3"}, {.name = "p1"}, {.name = "p0"}, {.name = "p2"}};
  const int priorities[] = {3, 1, 0, 2};
  evutil_socket_t fds[4][2];
  for (int i = 0; i < 4; ++i) {
    socket_pair(fds[i]);
    put(fds[i][1], 1);
    event_priority_set(watch(base, &probes[i], fds[i][0], EV_READ), priorities[i]);
    event_add(probes[i].ev, NULL);
  }
  say("  loop: %d", event_base_loop(base, 0));
  for (int i = 0; i < 4; ++i) event_free(probes[i].ev);
  event_base_free(base);
}

int main(void) {
  situation("one priority: in order of activation", same_priority);
  situation("three priorities", three_priorities);
  situation("the default is the middle", default_priority);
  situation("a callback activates a more urgent event", urgent_event_from_a_callback);
  situation("a callback activates a less urgent and an equal event", lesser_event_from_a_callback);
  situation("EVLOOP_NONBLOCK with three priorities active", nonblock_runs_one_priority_or_all);
  situation("readable sockets run by priority", descriptors_by_priority);
  return 0;
}
