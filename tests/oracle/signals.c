/* Signal events. */
#include "oracle.h"

static void raised_before_the_loop(void) {
  struct event_base *base = new_base();
  struct probe p = {.name = "usr1", .then = then_del};
  p.ev = evsignal_new(base, SIGUSR1, probe_cb, &p);
  ask(evsignal_add(p.ev, NULL));
  ask_flags(evsignal_pending(p.ev, NULL));
  raise(SIGUSR1);
  ask(event_base_loop(base, 0));
  say("  the number is told: %s", yes(p.fd == SIGUSR1 && event_get_signal(p.ev) == SIGUSR1));
  ask_flags(evsignal_pending(p.ev, NULL));
  event_free(p.ev);
  event_base_free(base);
}

static void del_at_second(struct probe *self) {
  if (self->count == 2) event_del(self->ev);
}

static void raised_several_times(void) {
  struct event_base *base = new_base();
  struct probe p = {.name = "usr1"};
  p.ev = evsignal_new(base, SIGUSR1, probe_cb, &p);
  evsignal_add(p.ev, NULL);
  for (int i = 0; i < 5; ++i) raise(SIGUSR1);
  ask(event_base_loop(base, EVLOOP_ONCE));
  ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  ask(p.count);
  event_free(p.ev);
  event_base_free(base);
}

static void deleted_among_several_calls(void) {
  struct event_base *base = new_base();
  struct probe p = {.name = "usr1", .then = del_at_second};
  p.ev = evsignal_new(base, SIGUSR1, probe_cb, &p);
  evsignal_add(p.ev, NULL);
  for (int i = 0; i < 5; ++i) raise(SIGUSR1);
  ask(event_base_loop(base, 0));
  ask(p.count);
  event_free(p.ev);
  event_base_free(base);
}

static void two_events_on_one_signal(void) {
  struct event_base *base = new_base();
  struct probe a = {.name = "a", .then = then_del}, b = {.name = "b", .then = then_del};
  evsignal_add(a.ev = evsignal_new(base, SIGUSR1, probe_cb, &a), NULL);
  evsignal_add(b.ev = evsignal_new(base, SIGUSR1, probe_cb, &b), NULL);
  raise(SIGUSR1);
  ask(event_base_loop(base, 0));
  event_free(a.ev);
  event_free(b.ev);
  event_base_free(base);
}

static void two_signals_by_priority(void) {
  struct event_base *base = new_base();
  event_base_priority_init(base, 2);
  struct probe a = {.name = "usr1", .then = then_del}, b = {.name = "usr2", .then = then_del};
  event_priority_set(a.ev = evsignal_new(base, SIGUSR1, probe_cb, &a), 1);
  event_priority_set(b.ev = evsignal_new(base, SIGUSR2, probe_cb, &b), 0);
  evsignal_add(a.ev, NULL);
  evsignal_add(b.ev, NULL);
  raise(SIGUSR1);
  raise(SIGUSR2);
  ask(event_base_loop(base, 0));
  event_free(a.ev);
  event_free(b.ev);
  event_base_free(base);
}

static void one_shot(void) {
  struct event_base *base = new_base();
  struct probe p = {.name = "one-shot"}, keep = {.name = "persistent"};
  event_add(watch(base, &p, SIGUSR1, EV_SIGNAL), NULL);
  event_add(watch(base, &keep, SIGUSR1, EV_SIGNAL | EV_PERSIST), NULL);
  raise(SIGUSR1);
  ask(event_base_loop(base, EVLOOP_ONCE));
  raise(SIGUSR1);
  ask(event_base_loop(base, EVLOOP_ONCE));
  ask(p.count);
  ask(keep.count);
  event_free(p.ev);
  event_free(keep.ev);
  event_base_free(base);
}

static void with_timeout(void) {
  struct event_base *base = new_base();
  struct timeval tv = ms(10);
  struct probe p = {.name = "one-shot"};
  event_add(watch(base, &p, SIGUSR1, EV_SIGNAL), &tv);
  ask(event_base_loop(base, 0));
  ask_flags(event_pending(p.ev, EV_ANY, NULL));
  event_free(p.ev);
  event_base_free(base);
}

static volatile sig_atomic_t old_handler_ran;

static void old_handler(int number) {
  (void)number;
  old_handler_ran++;
}

static void handler_is_put_back(void) {
  struct event_base *base = new_base();
  struct sigaction before, during, after;
  memset(&before, 0, sizeof before);
  before.sa_handler = old_handler;
  sigaction(SIGUSR1, &before, NULL);
  struct event *ev = evsignal_new(base, SIGUSR1, quiet_cb, NULL);
  evsignal_add(ev, NULL);
  sigaction(SIGUSR1, NULL, &during);
  say("  taken while the event is added: %s", yes(during.sa_handler != old_handler));
  evsignal_del(ev);
  sigaction(SIGUSR1, NULL, &after);
  say("  back afterwards: %s", yes(after.sa_handler == old_handler));
  raise(SIGUSR1);
  ask(old_handler_ran);
  evsignal_add(ev, NULL);
  event_free(ev);
  sigaction(SIGUSR1, NULL, &after);
  say("  back after event_free: %s", yes(after.sa_handler == old_handler));
  event_base_free(base);
}

static void raise_inside(struct probe *self) {
  if (self->count == 1) raise(SIGUSR1);
  if (self->count == 2) event_del(self->ev);
}

static void raised_in_its_own_callback(void) {
  struct event_base *base = new_base();
  struct probe p = {.name = "usr1", .then = raise_inside};
  evsignal_add(p.ev = evsignal_new(base, SIGUSR1, probe_cb, &p), NULL);
  raise(SIGUSR1);
  ask(event_base_loop(base, 0));
  ask(p.count);
  event_free(p.ev);
  event_base_free(base);
}

static void bad_numbers(void) {
  struct event_base *base = new_base();
  watch_messages();
  const int numbers[] = {SIGKILL, SIGSTOP, 65, 100, -2};
  for (size_t i = 0; i < 3; ++i) {
    struct event *ev = evsignal_new(base, numbers[i], quiet_cb, NULL);
    say("  %d: event %s", numbers[i], null(ev));
    if (ev == NULL) continue;
    ask(event_add(ev, NULL));
    ask_flags(event_pending(ev, EV_ANY, NULL));
    event_free(ev);
  }
  event_base_free(base);
}

static void child_exits(void) {
  struct event_base *base = new_base();
  struct probe p = {.name = "chld", .then = then_del};
  evsignal_add(p.ev = evsignal_new(base, SIGCHLD, probe_cb, &p), NULL);
  pid_t child = fork();
  if (child == 0) _exit(7);
  ask(event_base_loop(base, 0));
  int status = 0;
  waitpid(child, &status, 0);
  ask(WEXITSTATUS(status));
  event_free(p.ev);
  event_base_free(base);
}

int main(void) {
  situation("raised before the loop", raised_before_the_loop);
  situation("raised five times", raised_several_times);
  situation("deleted in the second of five calls", deleted_among_several_calls);
  situation("two events on one signal", two_events_on_one_signal);
  situation("two signals by priority", two_signals_by_priority);
  situation("one-shot", one_shot);
  situation("a timeout on a signal event", with_timeout);
  situation("the old handler is put back", handler_is_put_back);
  situation("raised in its own callback", raised_in_its_own_callback);
  situation("numbers that cannot be caught", bad_numbers);
  situation("SIGCHLD", child_exits);
  return 0;
}
