/* One-shot and persistent, with and without timeouts. */
#include "oracle.h"

static evutil_socket_t fds[2];

static void take_one(struct probe *self) { take(event_get_fd(self->ev), 1); }

static void one_shot_runs_once(void) {
  struct event_base *base = new_base();
  socket_pair(fds);
  put(fds[1], 3);
  struct probe p = {.name = "one-shot", .then = take_one};
  event_add(watch(base, &p, fds[0], EV_READ), NULL);
  ask(event_base_loop(base, 0));
  ask_flags(event_pending(p.ev, EV_ANY, NULL));
  ask(event_add(p.ev, NULL));
  ask(event_base_loop(base, 0));
  event_free(p.ev);
  event_base_free(base);
}

static void pending_inside(struct probe *self) {
  ask_flags(event_pending(self->ev, EV_ANY, NULL));
  take_one(self);
  if (self->count == 3) ask(event_del(self->ev));
}

static void persistent_until_deleted(void) {
  struct event_base *base = new_base();
  socket_pair(fds);
  put(fds[1], 4);
  struct probe p = {.name = "persistent", .then = pending_inside};
  event_add(watch(base, &p, fds[0], EV_READ | EV_PERSIST), NULL);
  ask(event_base_loop(base, 0));
  event_free(p.ev);
  event_base_free(base);
}

static void one_shot_with_timeout_inside(struct probe *self) {
  ask_flags(event_pending(self->ev, EV_ANY, NULL));
}

static void one_shot_loses_its_timeout_when_read(void) {
  struct event_base *base = new_base();
  socket_pair(fds);
  put(fds[1], 1);
  struct timeval tv = ms(20);
  struct probe p = {.name = "one-shot", .then = one_shot_with_timeout_inside};
  event_add(watch(base, &p, fds[0], EV_READ), &tv);
  ask(event_base_loop(base, 0));
  ask(p.count);
  event_free(p.ev);
  event_base_free(base);
}

static void one_shot_is_not_read_after_its_timeout(void) {
  struct event_base *base = new_base();
  socket_pair(fds);
  struct timeval tv = ms(5);
  struct probe p = {.name = "one-shot", .then = one_shot_with_timeout_inside};
  event_add(watch(base, &p, fds[0], EV_READ), &tv);
  ask(event_base_loop(base, 0));
  put(fds[1], 1);
  ask(event_base_loop(base, 0));
  ask(p.count);
  event_free(p.ev);
  event_base_free(base);
}

static void three_then_del(struct probe *self) {
  ask_flags(event_pending(self->ev, EV_ANY, NULL));
  if (self->count == 3) event_del(self->ev);
}

static void periodic_timer(void) {
  struct event_base *base = new_base();
  struct timeval tv = ms(10);
  struct probe p = {.name = "period", .then = three_then_del};
  long start = now_ms();
  event_add(watch(base, &p, -1, EV_PERSIST), &tv);
  ask(event_base_loop(base, 0));
  long took = now_ms() - start;
  say("  three periods took 25 ms at least: %s", yes(took >= 25));
  event_free(p.ev);
  event_base_free(base);
}

static void read_and_timeouts(struct probe *self) {
  if ((self->what & EV_READ) != 0) take(event_get_fd(self->ev), 1);
  if (self->count == 3) event_del(self->ev);
}

static void periodic_reader_gets_a_new_timeout(void) {
  struct event_base *base = new_base();
  socket_pair(fds);
  put(fds[1], 1);
  struct timeval tv = ms(15);
  struct probe p = {.name = "reader", .then = read_and_timeouts};
  event_add(watch(base, &p, fds[0], EV_READ | EV_PERSIST), &tv);
  ask(event_base_loop(base, 0));
  event_free(p.ev);
  event_base_free(base);
}

static void write_to_the_reader(struct probe *self) {
  put(fds[1], 1);
  if (self->count == 4) event_del(self->ev);
}

static void reads_put_the_timeout_off(void) {
  struct event_base *base = new_base();
  socket_pair(fds);
  struct timeval period = ms(30), idle = ms(1500);
  struct probe writer = {.name = "tick", .then = write_to_the_reader};
  struct probe reader = {.name = "reader", .then = read_and_timeouts};
  event_add(watch(base, &writer, -1, EV_PERSIST), &period);
  event_add(watch(base, &reader, fds[0], EV_READ | EV_PERSIST), &idle);
  ask(event_base_loop(base, 0));
  event_free(writer.ev);
  event_free(reader.ev);
  event_base_free(base);
}

static void re_add(struct probe *self) {
  struct timeval tv = ms(5);
  if (self->count < 3) ask(event_add(self->ev, &tv));
}

static void one_shot_re_added_in_its_callback(void) {
  struct event_base *base = new_base();
  struct timeval tv = ms(5);
  struct probe p = {.name = "timer", .then = re_add};
  evtimer_add(watch(base, &p, -1, 0), &tv);
  ask(event_base_loop(base, 0));
  event_free(p.ev);
  event_base_free(base);
}

static void change_the_period(struct probe *self) {
  struct timeval longer = ms(200);
  if (self->count == 1) ask(event_add(self->ev, &longer));
}

static void period_changed_in_the_callback(void) {
  struct event_base *base = new_base();
  struct timeval tv = ms(5), stop = ms(80);
  struct probe p = {.name = "period", .then = change_the_period};
  event_add(watch(base, &p, -1, EV_PERSIST), &tv);
  event_base_loopexit(base, &stop);
  ask(event_base_loop(base, 0));
  ask(p.count);
  ask_flags(event_pending(p.ev, EV_ANY, NULL));
  event_free(p.ev);
  event_base_free(base);
}

static void slow_callback_does_not_pile_up_then(struct probe *self) {
  if (self->count == 1) burn(60);
  if (self->count == 3) event_del(self->ev);
}

static void slow_callback_does_not_pile_up(void) {
  struct event_base *base = new_base();
  struct timeval tv = ms(20);
  struct probe p = {.name = "period", .then = slow_callback_does_not_pile_up_then};
  long start = now_ms();
  event_add(watch(base, &p, -1, EV_PERSIST), &tv);
  ask(event_base_loop(base, 0));
  say("  missed periods were not made up for: %s", yes(now_ms() - start >= 94));
  event_free(p.ev);
  event_base_free(base);
}

static void period_of(const struct timeval *tv) {
  struct event_base *base = new_base();
  struct probe p = {.name = "period", .then = three_then_del};
  ask(event_add(watch(base, &p, -1, EV_PERSIST), tv));
  for (int i = 0; i < 4; ++i) ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  ask(p.count);
  event_free(p.ev);
  event_base_free(base);
}

static void period_of_zero(void) {
  struct timeval zero = {0, 0};
  period_of(&zero);
}

static void negative_period(void) {
  struct timeval negative = {-3, 0};
  period_of(&negative);
}

static void reader_with_period_of_zero(void) {
  struct event_base *base = new_base();
  socket_pair(fds);
  struct timeval zero = {0, 0};
  struct probe p = {.name = "reader"};
  ask(event_add(watch(base, &p, fds[0], EV_READ | EV_PERSIST), &zero));
  ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  ask_flags(event_pending(p.ev, EV_ANY, NULL));
  ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  put(fds[1], 1);
  ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  event_free(p.ev);
  event_base_free(base);
}

static void signal_with_timeout(void) {
  struct event_base *base = new_base();
  struct timeval tv = ms(5);
  struct probe p = {.name = "usr1"};
  event_add(watch(base, &p, SIGUSR1, EV_SIGNAL | EV_PERSIST), &tv);
  raise(SIGUSR1);
  ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  ask_flags(event_pending(p.ev, EV_ANY, NULL));
  burn(8);
  ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  ask_flags(event_pending(p.ev, EV_ANY, NULL));
  event_free(p.ev);
  event_base_free(base);
}

int main(void) {
  situation("one-shot", one_shot_runs_once);
  situation("persistent", persistent_until_deleted);
  situation("a one-shot reader that is read drops its timeout",
            one_shot_loses_its_timeout_when_read);
  situation("a one-shot reader that timed out is gone", one_shot_is_not_read_after_its_timeout);
  situation("a periodic timer", periodic_timer);
  situation("a persistent reader is timed again after each call",
            periodic_reader_gets_a_new_timeout);
  situation("activity puts the timeout off", reads_put_the_timeout_off);
  situation("a one-shot timer re-added in its callback", one_shot_re_added_in_its_callback);
  situation("a persistent timer whose period changes", period_changed_in_the_callback);
  situation("a persistent timer of zero", period_of_zero);
  situation("a persistent timer of less than zero", negative_period);
  situation("a persistent reader with a timeout of zero", reader_with_period_of_zero);
  situation("a persistent signal event with a timeout", signal_with_timeout);
  situation("a slow callback of a periodic timer", slow_callback_does_not_pile_up);
  return 0;
}
