/* What event_add, event_del and event_remove_timer do to an event that is active already. */
#include "oracle.h"

static const struct timeval hour = {3600, 0};

static void re_add_other(struct probe *self) {
  struct probe *other = self->data;
  ask_flags(event_pending(other->ev, EV_ANY, NULL));
  ask(event_add(other->ev, &hour));
  ask_flags(event_pending(other->ev, EV_ANY, NULL));
}

static void two_due(int events, void (*then)(struct probe *)) {
  struct event_base *base = new_base();
  struct timeval t2 = ms(2), t6 = ms(6);
  struct probe b = {.name = "second"};
  struct probe a = {.name = "first", .then = then, .data = &b};
  event_add(watch(base, &a, -1, 0), &t2);
  event_add(watch(base, &b, -1, events), &t6);
  burn(12);
  ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  ask(b.count);
  ask_flags(event_pending(b.ev, EV_ANY, NULL));
  event_free(a.ev);
  event_free(b.ev);
  event_base_free(base);
}

static void due_and_added_again(void) { two_due(0, re_add_other); }

static void due_persistent_and_added_again(void) { two_due(EV_PERSIST, re_add_other); }

static void add_without_timeout(struct probe *self) {
  struct probe *other = self->data;
  ask(event_add(other->ev, NULL));
}

static void due_and_added_without_timeout(void) { two_due(0, add_without_timeout); }

static void remove_timer_of_other(struct probe *self) {
  struct probe *other = self->data;
  ask(event_remove_timer(other->ev));
  ask_flags(event_pending(other->ev, EV_ANY, NULL));
}

static void due_and_timer_removed(void) { two_due(0, remove_timer_of_other); }

static void due_persistent_and_timer_removed(void) { two_due(EV_PERSIST, remove_timer_of_other); }

static void activate_other(struct probe *self) {
  struct probe *other = self->data;
  event_active(other->ev, EV_READ, 1);
}

static void due_and_activated(void) { two_due(0, activate_other); }

static void del_and_add_other(struct probe *self) {
  struct probe *other = self->data;
  ask(event_del(other->ev));
  ask(event_add(other->ev, &hour));
}

static void due_deleted_and_added(void) { two_due(EV_PERSIST, del_and_add_other); }

static void readable_and_added_again(void) {
  struct event_base *base = new_base();
  event_base_priority_init(base, 2);
  evutil_socket_t fds[2];
  socket_pair(fds);
  put(fds[1], 1);
  struct probe reader = {.name = "reader"};
  struct probe first = {.name = "first", .then = re_add_other, .data = &reader};
  event_priority_set(watch(base, &first, fds[0], EV_READ), 0);
  event_priority_set(watch(base, &reader, fds[0], EV_READ), 1);
  event_add(first.ev, NULL);
  event_add(reader.ev, NULL);
  ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  ask(reader.count);
  ask_flags(event_pending(reader.ev, EV_ANY, NULL));
  event_free(first.ev);
  event_free(reader.ev);
  event_base_free(base);
}

static void active_then_added(void) {
  struct event_base *base = new_base();
  struct probe t = {.name = "activated with EV_TIMEOUT, then added"};
  struct probe r = {.name = "activated with EV_READ, then added"};
  watch(base, &t, -1, 0);
  watch(base, &r, -1, 0);
  event_active(t.ev, EV_TIMEOUT, 1);
  event_active(r.ev, EV_READ, 1);
  ask(event_add(t.ev, &hour));
  ask(event_add(r.ev, &hour));
  ask(event_base_get_num_events(base, EVENT_BASE_COUNT_ACTIVE));
  ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  ask_flags(event_pending(t.ev, EV_ANY, NULL));
  ask_flags(event_pending(r.ev, EV_ANY, NULL));
  event_free(t.ev);
  event_free(r.ev);
  event_base_free(base);
}

static void active_then_added_with(int events, const struct timeval *tv) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  struct probe p = {.name = "p"};
  watch(base, &p, fds[0], events);
  event_active(p.ev, EV_WRITE, 1);
  ask(event_add(p.ev, NULL));
  if (tv != NULL) ask(event_add(p.ev, tv));
  ask_flags(event_pending(p.ev, EV_ANY, NULL));
  put(fds[1], 1);
  for (int i = 0; i < 3; ++i) ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  ask_flags(event_pending(p.ev, EV_ANY, NULL));
  event_free(p.ev);
  event_base_free(base);
}

static void active_then_added_to_read(void) { active_then_added_with(EV_READ, NULL); }

static void active_then_added_to_read_on(void) {
  active_then_added_with(EV_READ | EV_PERSIST, NULL);
}

static void active_then_added_to_read_on_in_time(void) {
  active_then_added_with(EV_READ | EV_PERSIST, &hour);
}

static void active_then_added_twice(void) {
  active_then_added_with(EV_READ | EV_WRITE | EV_PERSIST, &hour);
}

static void add_inside(struct probe *self) {
  if (self->count == 1) ask(event_add(self->ev, NULL));
}

static void activated_and_added_in_its_callback(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  put(fds[1], 1);
  struct probe p = {.name = "p", .then = add_inside};
  event_active(watch(base, &p, fds[0], EV_READ | EV_PERSIST), EV_WRITE, 1);
  for (int i = 0; i < 3; ++i) ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  event_free(p.ev);
  event_base_free(base);
}

static void activate_persistent_with_timeout_then(struct probe *self) {
  if (self->count < 3) event_active(self->ev, EV_READ, 1);
}

static void persistent_with_timeout_activated_in_its_callback(void) {
  struct event_base *base = new_base();
  struct probe p = {.name = "p", .then = activate_persistent_with_timeout_then};
  event_add(watch(base, &p, -1, EV_PERSIST), &hour);
  event_active(p.ev, EV_TIMEOUT, 1);
  ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  ask(p.count);
  ask_flags(event_pending(p.ev, EV_ANY, NULL));
  event_free(p.ev);
  event_base_free(base);
}

static void exits_twice(void) {
  struct event_base *base = new_base();
  struct timeval soon = ms(10), later = ms(30);
  struct probe p = {.name = "never"};
  event_add(watch(base, &p, -1, 0), &hour);
  ask(event_base_loopexit(base, &later));
  ask(event_base_loopexit(base, &soon));
  ask(event_base_loop(base, 0));
  ask(event_base_loop(base, 0));
  ask(event_base_loop(base, EVLOOP_NONBLOCK));
  ask(event_base_loopexit(base, NULL));
  ask(event_base_loopexit(base, NULL));
  ask(event_base_loop(base, 0));
  ask(event_base_loop(base, EVLOOP_NONBLOCK));
  event_free(p.ev);
  event_base_free(base);
}

int main(void) {
  situation("due, and added again", due_and_added_again);
  situation("due and persistent, and added again", due_persistent_and_added_again);
  situation("due, and added without timeout", due_and_added_without_timeout);
  situation("due, and its timer removed", due_and_timer_removed);
  situation("due and persistent, and its timer removed", due_persistent_and_timer_removed);
  situation("due, and activated", due_and_activated);
  situation("due and persistent, deleted and added", due_deleted_and_added);
  situation("readable, and added again", readable_and_added_again);
  situation("activated, then added", active_then_added);
  situation("activated, then added: a reader", active_then_added_to_read);
  situation("activated, then added: a persistent reader", active_then_added_to_read_on);
  situation("activated, then added: with a timeout", active_then_added_to_read_on_in_time);
  situation("activated, then added: both directions", active_then_added_twice);
  situation("activated, added in its callback", activated_and_added_in_its_callback);
  situation("a persistent timer activates itself",
            persistent_with_timeout_activated_in_its_callback);
  situation("several loopexits", exits_twice);
  return 0;
}
