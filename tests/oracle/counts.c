/* event_base_get_num_events and event_base_get_max_events. */
#include "oracle.h"

static void tell(struct event_base *base) {
  say("  active %d, virtual %d, added %d, active+added %d, all %d",
      event_base_get_num_events(base, EVENT_BASE_COUNT_ACTIVE),
      event_base_get_num_events(base, EVENT_BASE_COUNT_VIRTUAL),
      event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED),
      event_base_get_num_events(base, EVENT_BASE_COUNT_ACTIVE | EVENT_BASE_COUNT_ADDED),
      event_base_get_num_events(
          base, EVENT_BASE_COUNT_ACTIVE | EVENT_BASE_COUNT_VIRTUAL | EVENT_BASE_COUNT_ADDED));
}

static void tell_max(struct event_base *base, int clear) {
  int active = event_base_get_max_events(base, EVENT_BASE_COUNT_ACTIVE, clear);
  int virtual_ = event_base_get_max_events(base, EVENT_BASE_COUNT_VIRTUAL, clear);
  int added = event_base_get_max_events(base, EVENT_BASE_COUNT_ADDED, clear);
  say("  most: active %d, virtual %d, added %d%s", active, virtual_, added,
      clear ? ", cleared" : "");
}

static void as_events_come_and_go(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  struct timeval tv = ms(1000);
  struct event *r = event_new(base, fds[0], EV_READ, quiet_cb, NULL);
  struct event *t = evtimer_new(base, quiet_cb, NULL);
  struct event *u = event_new(base, -1, 0, quiet_cb, NULL);
  tell(base);
  event_add(r, NULL);
  tell(base);
  event_add(r, &tv);
  tell(base);
  evtimer_add(t, &tv);
  tell(base);
  event_active(u, EV_READ, 1);
  tell(base);
  event_active(r, EV_READ, 1);
  tell(base);
  tell_max(base, 0);
  event_del(u);
  event_del(r);
  tell(base);
  event_del(t);
  tell(base);
  tell_max(base, 0);
  tell_max(base, 1);
  tell_max(base, 0);
  event_free(r);
  event_free(t);
  event_free(u);
  event_base_free(base);
}

static void tell_inside(struct probe *self) { tell(event_get_base(self->ev)); }

static void inside_a_callback(void) {
  struct event_base *base = new_base();
  struct probe a = {.name = "first", .then = tell_inside};
  struct probe b = {.name = "second", .then = tell_inside};
  event_active(watch(base, &a, -1, 0), EV_READ, 1);
  event_active(watch(base, &b, -1, EV_PERSIST), EV_READ, 1);
  ask(event_base_loop(base, 0));
  tell(base);
  tell_max(base, 0);
  event_free(a.ev);
  event_free(b.ev);
  event_base_free(base);
}

static void several_flags_of_max(void) {
  struct event_base *base = new_base();
  struct event *u[3];
  struct timeval tv = ms(1000);
  for (int i = 0; i < 3; ++i) {
    u[i] = evtimer_new(base, quiet_cb, NULL);
    evtimer_add(u[i], &tv);
    event_active(u[i], EV_READ, 1);
  }
  event_del(u[0]);
  ask(event_base_get_max_events(base, EVENT_BASE_COUNT_ACTIVE | EVENT_BASE_COUNT_ADDED, 0));
  ask(event_base_get_max_events(base, EVENT_BASE_COUNT_ACTIVE | EVENT_BASE_COUNT_ADDED, 1));
  ask(event_base_get_max_events(base, EVENT_BASE_COUNT_ACTIVE | EVENT_BASE_COUNT_ADDED, 0));
  ask(event_base_get_max_events(base, 0, 0));
  ask(event_base_get_num_events(base, 0));
  ask(event_base_get_num_events(base, 0x80));
  for (int i = 0; i < 3; ++i) event_free(u[i]);
  event_base_free(base);
}

static void timer_without_timeout_does_not_count(void) {
  struct event_base *base = new_base();
  struct event *t = evtimer_new(base, quiet_cb, NULL);
  event_add(t, NULL);
  tell(base);
  event_free(t);
  event_base_free(base);
}

static void once_counts(void) {
  struct event_base *base = new_base();
  struct timeval tv = ms(1000);
  struct probe p = {.name = "p"};
  event_base_once(base, -1, EV_TIMEOUT, quiet_cb, &p, &tv);
  tell(base);
  event_base_once(base, -1, EV_TIMEOUT, quiet_cb, &p, NULL);
  tell(base);
  event_base_loopexit(base, &tv);
  tell(base);
  event_base_loopexit(base, NULL);
  tell(base);
  event_base_free(base);
}

int main(void) {
  situation("as events come and go", as_events_come_and_go);
  situation("inside callbacks", inside_a_callback);
  situation("several flags at once", several_flags_of_max);
  situation("a timer added without timeout", timer_without_timeout_does_not_count);
  situation("event_base_once and loopexit", once_counts);
  return 0;
}
