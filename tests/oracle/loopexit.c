/* event_base_loopexit, event_base_loopbreak, event_base_loopcontinue and what they leave behind. */
#include "oracle.h"

static void exit_now(struct probe *self) {
  struct event_base *base = event_get_base(self->ev);
  ask(event_base_loopexit(base, NULL));
  ask(event_base_got_exit(base));
}

static void break_now(struct probe *self) {
  struct event_base *base = event_get_base(self->ev);
  ask(event_base_loopbreak(base));
  ask(event_base_got_break(base));
}

static void with_two_active(void (*then)(struct probe *)) {
  struct event_base *base = new_base();
  struct probe a = {.name = "first", .then = then}, b = {.name = "second"};
  event_active(watch(base, &a, -1, 0), EV_READ, 1);
  event_active(watch(base, &b, -1, 0), EV_READ, 1);
  ask(event_base_loop(base, 0));
  ask(event_base_got_exit(base));
  ask(event_base_got_break(base));
  ask(b.count);
  say("  the next loop");
  ask(event_base_loop(base, 0));
  ask(event_base_got_exit(base));
  ask(event_base_got_break(base));
  event_free(a.ev);
  event_free(b.ev);
  event_base_free(base);
}

static void exit_finishes_the_active(void) { with_two_active(exit_now); }

static void break_does_not(void) { with_two_active(break_now); }

static void before_the_loop(void) {
  struct event_base *base = new_base();
  struct probe p = {.name = "p"};
  struct timeval tv = ms(1);
  evtimer_add(watch(base, &p, -1, 0), &tv);
  ask(event_base_loopbreak(base));
  ask(event_base_got_break(base));
  ask(event_base_loop(base, 0));
  ask(event_base_got_break(base));
  struct timeval late = ms(60000); /* not before the exit, however busy the machine is */
  evtimer_add(p.ev, &late);
  ask(event_base_loopexit(base, NULL));
  ask(event_base_loop(base, 0));
  ask(event_base_got_exit(base));
  ask(p.count);
  event_free(p.ev);
  event_base_free(base);
}

static void exit_after_a_time(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  struct probe p = {.name = "never"};
  struct timeval tv = ms(30);
  event_add(watch(base, &p, fds[0], EV_READ), NULL);
  long start = now_ms();
  ask(event_base_loopexit(base, &tv));
  ask(event_base_got_exit(base));
  ask(event_base_loop(base, 0));
  ask(event_base_got_exit(base));
  say("  not before: %s", yes(now_ms() - start >= 25));
  ask(event_base_loop(base, EVLOOP_NONBLOCK));
  ask(event_base_got_exit(base));
  event_free(p.ev);
  event_base_free(base);
}

static void exit_after_zero(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  struct probe p = {.name = "writable"};
  struct timeval zero = ms(0);
  event_add(watch(base, &p, fds[0], EV_WRITE), NULL);
  ask(event_base_loopexit(base, &zero));
  ask(event_base_loop(base, 0));
  ask(event_base_got_exit(base));
  event_free(p.ev);
  event_base_free(base);
}

static void timed_exit_outlives_its_loop(void) {
  struct event_base *base = new_base();
  struct probe p = {.name = "timer"}, q = {.name = "never"};
  struct timeval soon = ms(2), exit_at = ms(300), later = ms(3000);
  evtimer_add(watch(base, &p, -1, 0), &soon);
  ask(event_base_loopexit(base, &exit_at));
  ask(event_base_loop(base, EVLOOP_ONCE));
  evtimer_add(watch(base, &q, -1, 0), &later);
  ask(event_base_loop(base, 0));
  ask(event_base_got_exit(base));
  event_free(p.ev);
  event_free(q.ev);
  event_base_free(base);
}

static void without_a_base(void) {
  watch_messages();
  ask(event_base_loopbreak(NULL));
  ask(event_base_loopcontinue(NULL));
  say("  warned: %s", yes(message_count(EVENT_LOG_WARN) > 0));
}

static void continue_now(struct probe *self) {
  struct probe *urgent = self->data;
  struct event_base *base = event_get_base(self->ev);
  if (self->count > 1) return;
  event_active(urgent->ev, EV_WRITE, 1);
  ask(event_base_loopcontinue(base));
}

static void continue_scans_again(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  put(fds[1], 1);
  struct probe reader = {.name = "reader"}, second = {.name = "second"}, last = {.name = "last"};
  struct probe first = {.name = "first", .then = continue_now, .data = &last};
  event_add(watch(base, &reader, fds[0], EV_READ), NULL);
  watch(base, &last, -1, 0);
  event_active(watch(base, &first, -1, 0), EV_READ, 1);
  event_active(watch(base, &second, -1, 0), EV_READ, 1);
  ask(event_base_loop(base, 0));
  event_free(reader.ev);
  event_free(first.ev);
  event_free(second.ev);
  event_free(last.ev);
  event_base_free(base);
}

static void continue_with_priorities(void) {
  struct event_base *base = new_base();
  event_base_priority_init(base, 2);
  struct probe urgent = {.name = "urgent"}, second = {.name = "second"};
  struct probe first = {.name = "first", .then = continue_now, .data = &urgent};
  event_priority_set(watch(base, &urgent, -1, 0), 0);
  event_priority_set(watch(base, &first, -1, 0), 1);
  event_priority_set(watch(base, &second, -1, 0), 1);
  event_active(first.ev, EV_READ, 1);
  event_active(second.ev, EV_READ, 1);
  ask(event_base_loop(base, EVLOOP_ONCE));
  ask(event_base_loop(base, 0));
  event_free(urgent.ev);
  event_free(first.ev);
  event_free(second.ev);
  event_base_free(base);
}

static void continue_outside(void) {
  struct event_base *base = new_base();
  struct probe a = {.name = "a"}, b = {.name = "b"};
  event_active(watch(base, &a, -1, 0), EV_READ, 1);
  event_active(watch(base, &b, -1, 0), EV_READ, 1);
  ask(event_base_loopcontinue(base));
  ask(event_base_loop(base, 0));
  event_free(a.ev);
  event_free(b.ev);
  event_base_free(base);
}

static void exit_then_break(struct probe *self) {
  struct event_base *base = event_get_base(self->ev);
  ask(event_base_loopexit(base, NULL));
  ask(event_base_loopbreak(base));
}

static void both(void) { with_two_active(exit_then_break); }

static void exit_and_priorities(void) {
  struct event_base *base = new_base();
  event_base_priority_init(base, 2);
  struct probe high = {.name = "high", .then = exit_now}, low = {.name = "low"};
  event_priority_set(watch(base, &low, -1, 0), 1);
  event_priority_set(watch(base, &high, -1, 0), 0);
  event_active(low.ev, EV_READ, 1);
  event_active(high.ev, EV_READ, 1);
  ask(event_base_loop(base, 0));
  ask(low.count);
  ask(event_base_loop(base, 0));
  event_free(high.ev);
  event_free(low.ev);
  event_base_free(base);
}

int main(void) {
  situation("loopexit(NULL) in a callback: the other active event runs", exit_finishes_the_active);
  situation("loopbreak in a callback: the other active event waits", break_does_not);
  situation("called before the loop", before_the_loop);
  situation("loopexit after a time", exit_after_a_time);
  situation("loopexit after no time", exit_after_zero);
  situation("a timed loopexit hits the loop that runs then", timed_exit_outlives_its_loop);
  situation("without a base", without_a_base);
  situation("loopcontinue", continue_scans_again);
  situation("loopcontinue with priorities", continue_with_priorities);
  situation("loopcontinue outside of the loop", continue_outside);
  situation("loopexit and loopbreak", both);
  situation("loopexit from a callback of higher priority", exit_and_priorities);
  return 0;
}
