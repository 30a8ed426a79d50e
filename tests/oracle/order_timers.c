/* Timers by deadline, and timers against descriptors that are ready in the same turn. */
#include "oracle.h"

static void by_deadline(void) {
  struct event_base *base = new_base();
  const long delays[] = {30, 5, 60, 15, 0, 45};
  struct probe probes[] = {{.name = "30"}, {.name = "5"}, {.name = "60"},
                           {.name = "15"}, {.name = "0"}, {.name = "45"}};
  for (int i = 0; i < 6; ++i) {
    struct timeval tv = ms(delays[i]);
    evtimer_add(watch(base, &probes[i], -1, 0), &tv);
  }
  say("  loop: %d", event_base_loop(base, 0));
  for (int i = 0; i < 6; ++i) event_free(probes[i].ev);
  event_base_free(base);
}

static void all_due_at_once(void) {
  struct event_base *base = new_base();
  const long delays[] = {9, 3, 18, 6, 12};
  struct probe probes[] = {
      {.name = "9"}, {.name = "3"}, {.name = "18"}, {.name = "6"}, {.name = "12"}};
  for (int i = 0; i < 5; ++i) {
    struct timeval tv = ms(delays[i]);
    evtimer_add(watch(base, &probes[i], -1, 0), &tv);
  }
  burn(40);
  say("  one turn: %d", event_base_loop(base, EVLOOP_NONBLOCK));
  say("  all ran: %d left", event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED));
  for (int i = 0; i < 5; ++i) event_free(probes[i].ev);
  event_base_free(base);
}

static void timer_and_socket(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  put(fds[1], 1);
  struct timeval tv = ms(2);
  struct probe timer = {.name = "timer"}, reader = {.name = "reader"};
  evtimer_add(watch(base, &timer, -1, 0), &tv);
  event_add(watch(base, &reader, fds[0], EV_READ), NULL);
  burn(10);
  say("  one turn: %d", event_base_loop(base, EVLOOP_NONBLOCK));
  event_free(timer.ev);
  event_free(reader.ev);
  event_base_free(base);
}

static void timer_and_activated(void) {
  struct event_base *base = new_base();
  struct timeval tv = ms(2);
  struct probe timer = {.name = "timer"}, user = {.name = "activated"};
  evtimer_add(watch(base, &timer, -1, 0), &tv);
  watch(base, &user, -1, 0);
  burn(10);
  event_active(user.ev, EV_WRITE, 1);
  say("  one turn: %d", event_base_loop(base, EVLOOP_NONBLOCK));
  event_free(timer.ev);
  event_free(user.ev);
  event_base_free(base);
}

static void ready_and_due(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  put(fds[1], 1);
  struct timeval tv = ms(2);
  struct probe both = {.name = "readable and due"};
  event_add(watch(base, &both, fds[0], EV_READ), &tv);
  burn(10);
  ask(event_base_loop(base, 0));
  ask(both.count);
  event_free(both.ev);
  event_base_free(base);
}

static void persistent_ready_and_due(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  put(fds[1], 1);
  struct timeval tv = ms(2);
  struct probe p = {.name = "persistent, readable and due"};
  event_add(watch(base, &p, fds[0], EV_READ | EV_PERSIST), &tv);
  burn(10);
  ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  event_free(p.ev);
  event_base_free(base);
}

static void urgent_timer(void) {
  struct event_base *base = new_base();
  event_base_priority_init(base, 2);
  evutil_socket_t fds[2];
  socket_pair(fds);
  put(fds[1], 1);
  struct timeval tv = ms(2);
  struct probe timer = {.name = "urgent timer"}, reader = {.name = "reader"};
  event_priority_set(watch(base, &timer, -1, 0), 0);
  event_priority_set(watch(base, &reader, fds[0], EV_READ), 1);
  event_add(reader.ev, NULL);
  evtimer_add(timer.ev, &tv);
  burn(10);
  say("  loop: %d", event_base_loop(base, 0));
  event_free(timer.ev);
  event_free(reader.ev);
  event_base_free(base);
}

static void add_zero_timer(struct probe *self) {
  struct timeval zero = ms(0);
  if (self->count < 3) say("    again: %d", evtimer_add(self->ev, &zero));
}

static void zero_timer_and_socket_take_turns(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  struct timeval zero = ms(0);
  struct probe timer = {.name = "zero timer", .then = add_zero_timer}, reader = {.name = "reader"};
  put(fds[1], 1);
  evtimer_add(watch(base, &timer, -1, 0), &zero);
  event_add(watch(base, &reader, fds[0], EV_READ), NULL);
  ask(event_base_loop(base, 0));
  ask(timer.count);
  ask(reader.count);
  event_free(timer.ev);
  event_free(reader.ev);
  event_base_free(base);
}

int main(void) {
  situation("by deadline, not by order of adding", by_deadline);
  situation("several due in one turn", all_due_at_once);
  situation("a due timer and a readable socket", timer_and_socket);
  situation("a due timer and an activated event", timer_and_activated);
  situation("one event that is readable and due", ready_and_due);
  situation("a persistent event that is readable and due", persistent_ready_and_due);
  situation("an urgent timer goes before the socket", urgent_timer);
  situation("a timer of zero re-added from its callback", zero_timer_and_socket_take_turns);
  return 0;
}
