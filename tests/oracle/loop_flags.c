/* event_base_loop: flags and results. */
#include "oracle.h"

static void nothing_to_do(void) {
  struct event_base *base = new_base();
  ask(event_base_dispatch(base));
  ask(event_base_loop(base, 0));
  ask(event_base_loop(base, EVLOOP_ONCE));
  ask(event_base_loop(base, EVLOOP_NONBLOCK));
  ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  ask(event_base_loop(base, EVLOOP_NONBLOCK | EVLOOP_NO_EXIT_ON_EMPTY));
  event_base_free(base);
}

static void once_blocks_for_one_event(void) {
  struct event_base *base = new_base();
  struct timeval first = ms(10), second = ms(400);
  struct probe a = {.name = "first"}, b = {.name = "second"};
  evtimer_add(watch(base, &a, -1, 0), &first);
  evtimer_add(watch(base, &b, -1, 0), &second);
  ask(event_base_loop(base, EVLOOP_ONCE));
  ask(event_base_loop(base, EVLOOP_ONCE));
  ask(event_base_loop(base, EVLOOP_ONCE));
  event_free(a.ev);
  event_free(b.ev);
  event_base_free(base);
}

static void nonblock_does_not_wait(void) {
  struct event_base *base = new_base();
  struct timeval tv = ms(2000);
  struct probe p = {.name = "timer"};
  evtimer_add(watch(base, &p, -1, 0), &tv);
  long start = now_ms();
  ask(event_base_loop(base, EVLOOP_NONBLOCK));
  ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  say("  at once: %s", yes(now_ms() - start < 1000));
  event_free(p.ev);
  event_base_free(base);
}

static void del_at_three(struct probe *self) {
  if (self->count == 3) event_del(self->ev);
}

static void nonblock_goes_on_while_there_is_something(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  struct probe p = {.name = "writable", .then = del_at_three};
  event_add(watch(base, &p, fds[0], EV_WRITE | EV_PERSIST), NULL);
  ask(event_base_loop(base, EVLOOP_NONBLOCK));
  ask(p.count);
  event_free(p.ev);
  event_base_free(base);
}

static void once_and_nonblock(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  struct probe p = {.name = "writable"};
  event_add(watch(base, &p, fds[0], EV_WRITE | EV_PERSIST), NULL);
  ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  ask(event_base_loop(base, EVLOOP_ONCE));
  ask(p.count);
  event_free(p.ev);
  event_base_free(base);
}

static void add_one_in_callback(struct probe *self) {
  struct probe *other = self->data;
  event_active(other->ev, EV_READ, 1);
}

static void once_runs_what_a_callback_activates(void) {
  struct event_base *base = new_base();
  struct probe b = {.name = "activated in a callback"};
  struct probe a = {.name = "first", .then = add_one_in_callback, .data = &b};
  watch(base, &b, -1, 0);
  watch(base, &a, -1, 0);
  event_active(a.ev, EV_READ, 1);
  ask(event_base_loop(base, EVLOOP_ONCE));
  ask(b.count);
  event_free(a.ev);
  event_free(b.ev);
  event_base_free(base);
}

static void no_exit_on_empty_until_loopexit(void) {
  struct event_base *base = new_base();
  struct timeval tv = ms(30);
  struct probe p = {.name = "timer"};
  struct timeval soon = ms(5);
  evtimer_add(watch(base, &p, -1, 0), &soon);
  event_base_loopexit(base, &tv);
  long start = now_ms();
  ask(event_base_loop(base, EVLOOP_NO_EXIT_ON_EMPTY));
  say("  waited: %s", yes(now_ms() - start >= 25));
  event_free(p.ev);
  event_base_free(base);
}

static void no_exit_on_empty_until_loopbreak(void) {
  struct event_base *base = new_base();
  struct timeval soon = ms(5);
  struct probe p = {.name = "timer", .then = then_break};
  evtimer_add(watch(base, &p, -1, 0), &soon);
  ask(event_base_loop(base, EVLOOP_NO_EXIT_ON_EMPTY));
  ask(event_base_got_break(base));
  event_free(p.ev);
  event_base_free(base);
}

static void unknown_flags(void) {
  struct event_base *base = new_base();
  ask(event_base_loop(base, 0x100));
  ask(event_base_loop(base, 0x7fff0000 | EVLOOP_NONBLOCK));
  event_base_free(base);
}

static void loop_again(struct probe *self) {
  ask(event_base_loop(event_get_base(self->ev), EVLOOP_NONBLOCK));
  say("  warned: %s", yes(message_count(EVENT_LOG_WARN) > 0));
}

static void re_entered(void) {
  struct event_base *base = new_base();
  watch_messages();
  struct probe p = {.name = "enters the loop again", .then = loop_again};
  struct probe q = {.name = "next"};
  event_active(watch(base, &p, -1, 0), EV_READ, 1);
  event_active(watch(base, &q, -1, 0), EV_READ, 1);
  ask(event_base_loop(base, 0));
  event_free(p.ev);
  event_free(q.ev);
  event_base_free(base);
}

static void other_loop(struct probe *self) {
  struct event_base *other = self->data;
  ask(event_base_loop(other, 0));
}

static void another_base_inside(void) {
  struct event_base *outer = new_base(), *inner = new_base();
  struct probe p = {.name = "outer", .then = other_loop, .data = inner};
  struct probe q = {.name = "inner"};
  event_active(watch(outer, &p, -1, 0), EV_READ, 1);
  event_active(watch(inner, &q, -1, 0), EV_READ, 1);
  ask(event_base_loop(outer, 0));
  event_free(p.ev);
  event_free(q.ev);
  event_base_free(inner);
  event_base_free(outer);
}

int main(void) {
  situation("without events", nothing_to_do);
  situation("EVLOOP_ONCE blocks", once_blocks_for_one_event);
  situation("EVLOOP_NONBLOCK does not", nonblock_does_not_wait);
  situation("EVLOOP_NONBLOCK with an event that stays ready",
            nonblock_goes_on_while_there_is_something);
  situation("both", once_and_nonblock);
  situation("EVLOOP_ONCE and an activation in a callback", once_runs_what_a_callback_activates);
  situation("EVLOOP_NO_EXIT_ON_EMPTY, loopexit", no_exit_on_empty_until_loopexit);
  situation("EVLOOP_NO_EXIT_ON_EMPTY, loopbreak", no_exit_on_empty_until_loopbreak);
  situation("flags that do not exist", unknown_flags);
  situation("the loop entered from its own callback", re_entered);
  situation("another base's loop in a callback", another_base_inside);
  return 0;
}
