/* event2/event_compat.h: the functions without a base. */
#include "oracle.h"

#include <event2/event_compat.h>
#include <event2/event_struct.h>

static void classic_program(void) {
  struct event_base *base = event_init();
  say("  event_init: %s", null(base));
  struct event timer, reader;
  struct probe t = {.name = "timer", .ev = &timer}, r = {.name = "reader", .ev = &reader};
  evutil_socket_t fds[2];
  socket_pair(fds);
  put(fds[1], 1);
  struct timeval tv = ms(20);
  event_set(&reader, fds[0], EV_READ, probe_cb, &r);
  evtimer_set(&timer, probe_cb, &t);
  say("  the current base is theirs: %s", yes(event_get_base(&timer) == base));
  ask(event_add(&reader, NULL));
  ask(evtimer_add(&timer, &tv));
  ask(event_dispatch());
  say("  a method: %s", yes(strcmp(event_get_method(), event_base_get_method(base)) == 0));
  event_base_free(base);
}

static void the_last_init_counts(void) {
  struct event_base *first = event_init();
  struct event one;
  struct probe p = {.name = "of the first base", .ev = &one};
  event_set(&one, -1, 0, probe_cb, &p);
  struct event_base *second = event_init();
  struct event two;
  struct probe q = {.name = "of the second base", .ev = &two};
  event_set(&two, -1, 0, probe_cb, &q);
  event_active(&one, EV_READ, 1);
  event_active(&two, EV_READ, 1);
  ask(event_loop(0));
  ask(event_base_loop(first, 0));
  ask(event_base_set(second, &one));
  event_active(&one, EV_WRITE, 1);
  ask(event_loop(EVLOOP_ONCE));
  event_base_free(first);
  event_base_free(second);
}

static void exit_in_callback(struct probe *self) {
  (void)self;
  ask(event_loopexit(NULL));
}

static void break_in_callback(struct probe *self) {
  (void)self;
  ask(event_loopbreak());
}

static void loop_control(void) {
  struct event_base *base = event_init();
  struct event a, b;
  struct probe p = {.name = "exits", .then = exit_in_callback}, q = {.name = "other"};
  evtimer_set(&a, probe_cb, &p);
  evtimer_set(&b, probe_cb, &q);
  event_active(&a, EV_READ, 1);
  event_active(&b, EV_READ, 1);
  ask(event_dispatch());
  p.then = break_in_callback;
  event_active(&a, EV_READ, 1);
  event_active(&b, EV_READ, 1);
  ask(event_dispatch());
  ask(event_loop(EVLOOP_NONBLOCK));
  struct timeval tv = ms(10);
  ask(event_loopexit(&tv));
  ask(event_loop(EVLOOP_NO_EXIT_ON_EMPTY));
  event_base_free(base);
}

static void once(void) {
  struct event_base *base = event_init();
  evutil_socket_t fds[2];
  socket_pair(fds);
  put(fds[1], 1);
  struct timeval tv = ms(5);
  struct probe t = {.name = "timeout"}, r = {.name = "readable"};
  ask(event_once(fds[0], EV_READ, probe_cb, &r, NULL));
  ask(event_once(-1, EV_TIMEOUT, probe_cb, &t, &tv));
  ask(event_once(SIGUSR1, EV_SIGNAL, probe_cb, &t, NULL));
  ask(event_dispatch());
  event_base_free(base);
}

static void priorities(void) {
  struct event_base *base = event_init();
  ask(event_priority_init(3));
  struct event a, b;
  struct probe p = {.name = "less urgent"}, q = {.name = "urgent"};
  evtimer_set(&a, probe_cb, &p);
  evtimer_set(&b, probe_cb, &q);
  ask(event_get_priority(&a));
  ask(event_priority_set(&b, 0));
  event_active(&a, EV_READ, 1);
  event_active(&b, EV_READ, 1);
  ask(event_dispatch());
  ask(event_priority_init(0));
  event_base_free(base);
}

static void timeout_macros(void) {
  struct event_base *base = event_init();
  struct event ev;
  memset(&ev, 0, sizeof ev);
  struct probe p = {.name = "timeout"};
  struct timeval tv = ms(5), due;
  ask(timeout_initialized(&ev));
  timeout_set(&ev, probe_cb, &p);
  ask(timeout_initialized(&ev));
  ask_flags(timeout_pending(&ev, &due));
  ask(timeout_add(&ev, &tv));
  ask_flags(timeout_pending(&ev, &due));
  ask(timeout_del(&ev));
  ask(timeout_add(&ev, &tv));
  ask(event_dispatch());
  event_base_free(base);
}

static void signal_macros(void) {
  struct event_base *base = event_init();
  struct event ev, other;
  memset(&ev, 0, sizeof ev);
  struct probe p = {.name = "signal", .ev = &ev, .then = then_del};
  ask(signal_initialized(&ev));
  signal_set(&ev, SIGUSR1, probe_cb, &p);
  ask(signal_initialized(&ev));
  ask(EVENT_SIGNAL(&ev) == SIGUSR1);
  ask(EVENT_FD(&ev) == SIGUSR1);
  ask_flags(event_get_events(&ev));
  ask(signal_add(&ev, NULL));
  ask_flags(signal_pending(&ev, NULL));
  raise(SIGUSR1);
  ask(event_dispatch());
  ask(signal_del(&ev));
  evsignal_set(&other, SIGUSR2, probe_cb, &p);
  ask_flags(event_get_events(&other));
  event_base_free(base);
}

static void without_init(void) {
  struct event ev;
  memset(&ev, 0, sizeof ev);
  event_set(&ev, -1, 0, quiet_cb, NULL);
  say("  base of an event set without event_init: %s", null(event_get_base(&ev)));
  struct event_base *base = new_base();
  say("  event_base_new is no event_init: %s", null(event_get_base(&ev)));
  ask(event_base_set(base, &ev));
  say("  base: %s", yes(event_get_base(&ev) == base));
  event_base_free(base);
}

static void freed_current_base(void) {
  struct event_base *base = event_init();
  event_base_free(base);
  struct event ev;
  event_set(&ev, -1, 0, quiet_cb, NULL);
  say("  after the current base was freed: %s", null(event_get_base(&ev)));
}

static void base_free_null(void) {
  struct event_base *base = event_init();
  (void)base;
  watch_messages();
  event_base_free(NULL);
  say("  event_base_free(NULL), warned: %s", yes(message_count(EVENT_LOG_WARN) > 0));
  struct event ev;
  event_set(&ev, -1, 0, quiet_cb, NULL);
  say("  the current base afterwards: %s", null(event_get_base(&ev)));
}

int main(void) {
  situation("a program of old", classic_program);
  situation("the last event_init counts", the_last_init_counts);
  situation("event_loopexit and event_loopbreak", loop_control);
  situation("event_once", once);
  situation("event_priority_init", priorities);
  situation("timeout_ macros", timeout_macros);
  situation("signal_ macros", signal_macros);
  situation("without event_init", without_init);
  situation("the current base is freed", freed_current_base);
  situation("event_base_free(NULL)", base_free_null);
  return 0;
}
