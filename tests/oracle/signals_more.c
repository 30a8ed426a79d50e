/* Signals: several bases, activation by number, counts, freeing with signals outstanding. */
#include "oracle.h"

#include <event2/event_struct.h>

static void activated_by_signal(void) {
  struct event_base *base = new_base();
  struct probe a = {.name = "usr1"}, b = {.name = "usr1 too"}, c = {.name = "usr2"},
               d = {.name = "not added"};
  evsignal_add(a.ev = evsignal_new(base, SIGUSR1, probe_cb, &a), NULL);
  evsignal_add(b.ev = evsignal_new(base, SIGUSR1, probe_cb, &b), NULL);
  evsignal_add(c.ev = evsignal_new(base, SIGUSR2, probe_cb, &c), NULL);
  d.ev = evsignal_new(base, SIGUSR1, probe_cb, &d);
  event_base_active_by_signal(base, SIGUSR1);
  ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  event_base_active_by_signal(base, SIGHUP);
  ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  event_free(a.ev);
  event_free(b.ev);
  event_free(c.ev);
  event_free(d.ev);
  event_base_free(base);
}

static void second_base_on_another_signal(void) {
  struct event_base *one = new_base(), *two = new_base();
  watch_messages();
  struct probe a = {.name = "one", .then = then_del}, b = {.name = "two", .then = then_del};
  evsignal_add(a.ev = evsignal_new(one, SIGUSR1, probe_cb, &a), NULL);
  evsignal_del(a.ev);
  evsignal_add(b.ev = evsignal_new(two, SIGUSR2, probe_cb, &b), NULL);
  raise(SIGUSR2);
  ask(event_base_loop(two, 0));
  event_free(a.ev);
  event_free(b.ev);
  event_base_free(one);
  event_base_free(two);
}

/* libevent: "only one base at a time"; the second takes over. eddy lets several watch. */
static void two_bases_on_one_signal(void) {
  struct event_base *one = new_base(), *two = new_base();
  watch_messages();
  struct probe a = {.name = "one"}, b = {.name = "two"};
  a.ev = evsignal_new(one, SIGUSR1, quiet_cb, &a);
  b.ev = evsignal_new(two, SIGUSR1, quiet_cb, &b);
  ask(evsignal_add(a.ev, NULL));
  ask(evsignal_add(b.ev, NULL));
  raise(SIGUSR1);
  event_base_loop(one, EVLOOP_ONCE | EVLOOP_NONBLOCK);
  event_base_loop(two, EVLOOP_ONCE | EVLOOP_NONBLOCK);
  ask(b.count);
  char got[64];
  snprintf(got, sizeof got, "first base called %d, warned %s", a.count,
           yes(message_count(EVENT_LOG_WARN) > 0));
  on_purpose("signal-several-bases", "first base called 0, warned yes",
             "first base called 1, warned no", got);
  event_free(a.ev);
  event_free(b.ev);
  event_base_free(one);
  event_base_free(two);
}

static void freed_while_added(void) {
  struct event_base *base = new_base();
  struct event ev;
  evsignal_assign(&ev, base, SIGUSR1, quiet_cb, NULL);
  evsignal_add(&ev, NULL);
  event_base_free(base);
  struct sigaction after;
  sigaction(SIGUSR1, NULL, &after);
  say("  default again after event_base_free: %s", yes(after.sa_handler == SIG_DFL));
}

static void deleted_before_it_runs(void) {
  struct event_base *base = new_base();
  struct probe p = {.name = "never"};
  evsignal_add(p.ev = evsignal_new(base, SIGUSR1, probe_cb, &p), NULL);
  raise(SIGUSR1);
  ask(evsignal_del(p.ev));
  ask(event_base_loop(base, EVLOOP_NONBLOCK));
  ask(evsignal_add(p.ev, NULL));
  struct timeval stop = ms(20);
  event_base_loopexit(base, &stop);
  ask(event_base_loop(base, 0));
  ask(p.count);
  event_free(p.ev);
  event_base_free(base);
}

static void active_with_ncalls(void) {
  struct event_base *base = new_base();
  struct probe p = {.name = "usr1"};
  evsignal_add(p.ev = evsignal_new(base, SIGUSR1, probe_cb, &p), NULL);
  event_active(p.ev, EV_SIGNAL, 3);
  ask(event_base_loop(base, EVLOOP_NONBLOCK));
  ask(p.count);
  event_active(p.ev, EV_SIGNAL, 2);
  event_active(p.ev, EV_SIGNAL, 5);
  ask(event_base_loop(base, EVLOOP_NONBLOCK));
  ask(p.count);
  event_free(p.ev);
  event_base_free(base);
}

static void free_itself(struct probe *self) {
  if (self->count == 2) event_free(self->ev);
}

static void freed_among_several_calls(void) {
  struct event_base *base = new_base();
  struct probe p = {.name = "usr1", .then = free_itself};
  evsignal_add(p.ev = evsignal_new(base, SIGUSR1, probe_cb, &p), NULL);
  for (int i = 0; i < 4; ++i) raise(SIGUSR1);
  ask(event_base_loop(base, 0));
  ask(p.count);
  event_base_free(base);
}

static void break_among_several_calls(void) {
  struct event_base *base = new_base();
  struct probe p = {.name = "usr1", .then = then_break};
  evsignal_add(p.ev = evsignal_new(base, SIGUSR1, probe_cb, &p), NULL);
  for (int i = 0; i < 4; ++i) raise(SIGUSR1);
  ask(event_base_loop(base, 0));
  ask(p.count);
  event_free(p.ev);
  event_base_free(base);
}

static void counted_events(void) {
  struct event_base *base = new_base();
  struct event *ev = evsignal_new(base, SIGUSR1, quiet_cb, NULL);
  int before = event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED);
  evsignal_add(ev, NULL);
  say("  a signal event keeps the loop alive: %s",
      yes(event_base_loop(base, EVLOOP_NONBLOCK) == 0));
  evsignal_del(ev);
  say("  as before: %s",
      yes(event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED) <= before + 1));
  ask(event_base_loop(base, EVLOOP_NONBLOCK));
  event_free(ev);
  event_base_free(base);
}

static void raise_and_write(struct probe *self) {
  (void)self;
  raise(SIGUSR1);
}

static void signal_and_socket(void) {
  struct event_base *base = new_base();
  struct probe timer = {.name = "timer", .then = raise_and_write};
  struct probe p = {.name = "usr1", .then = then_del};
  struct timeval tv = ms(5);
  evsignal_add(p.ev = evsignal_new(base, SIGUSR1, probe_cb, &p), NULL);
  evtimer_add(watch(base, &timer, -1, 0), &tv);
  ask(event_base_loop(base, 0));
  event_free(timer.ev);
  event_free(p.ev);
  event_base_free(base);
}

int main(void) {
  situation("event_base_active_by_signal", activated_by_signal);
  situation("a second base takes another signal", second_base_on_another_signal);
  situation("two bases on the same signal", two_bases_on_one_signal);
  situation("the base is freed with a signal event added", freed_while_added);
  situation("raised and deleted before the loop", deleted_before_it_runs);
  situation("event_active with ncalls", active_with_ncalls);
  situation("frees itself in the second of four calls", freed_among_several_calls);
  situation("loopbreak in the first of four calls", break_among_several_calls);
  situation("a signal event counts as an event", counted_events);
  situation("raised in a timer's callback", signal_and_socket);
  return 0;
}
