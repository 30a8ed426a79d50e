/* event_active: on what, with what, how often. */
#include "oracle.h"

static void results_reach_the_callback(void) {
  struct event_base *base = new_base();
  const int results[] = {0,         EV_TIMEOUT, EV_READ, EV_WRITE,  EV_READ | EV_WRITE | EV_TIMEOUT,
                         EV_SIGNAL, EV_PERSIST, EV_ET,   EV_CLOSED, 0x4000};
  for (size_t i = 0; i < sizeof results / sizeof results[0]; ++i) {
    struct probe p = {.name = "called"};
    watch(base, &p, -1, 0);
    event_active(p.ev, results[i], 1);
    ask_flags(results[i]);
    ask(event_base_loop(base, 0));
    event_free(p.ev);
  }
  event_base_free(base);
}

static void not_pending(void) {
  struct event_base *base = new_base();
  struct probe p = {.name = "never added"};
  watch(base, &p, -1, 0);
  event_active(p.ev, EV_READ, 1);
  say("  pending TIMEOUT|READ: %s", flags(event_pending(p.ev, EV_TIMEOUT | EV_READ, NULL)));
  say("  loop: %d", event_base_loop(base, 0));
  say("  pending after: %s", flags(event_pending(p.ev, EV_TIMEOUT | EV_READ, NULL)));
  say("  loop again: %d", event_base_loop(base, 0));
  event_free(p.ev);
  event_base_free(base);
}

static void twice_merges(void) {
  struct event_base *base = new_base();
  struct probe p = {.name = "merged"};
  watch(base, &p, -1, 0);
  event_active(p.ev, EV_READ, 1);
  event_active(p.ev, EV_WRITE, 1);
  event_active(p.ev, EV_READ, 1);
  say("  pending: %s", flags(event_pending(p.ev, EV_READ | EV_WRITE | EV_TIMEOUT, NULL)));
  ask(event_base_loop(base, 0));
  ask(p.count);
  event_free(p.ev);
  event_base_free(base);
}

static void ncalls(void) {
  struct event_base *base = new_base();
  for (short n = 0; n <= 5; n = (short)(n + 5)) {
    struct probe p = {.name = "plain"}, s = {.name = "signal"};
    watch(base, &p, -1, 0);
    watch(base, &s, SIGUSR1, EV_SIGNAL);
    event_active(p.ev, EV_WRITE, n);
    event_active(s.ev, EV_SIGNAL, n);
    ask(n);
    ask(event_base_loop(base, 0));
    ask(p.count);
    ask(s.count);
    event_free(p.ev);
    event_free(s.ev);
  }
  event_base_free(base);
}

static void activate_self(struct probe *self) {
  if (self->count < 3) event_active(self->ev, EV_READ, 1);
}

static void itself_from_its_callback(void) {
  struct event_base *base = new_base();
  struct probe p = {.name = "again", .then = activate_self};
  watch(base, &p, -1, 0);
  event_active(p.ev, EV_WRITE, 1);
  say("  once: %d", event_base_loop(base, EVLOOP_ONCE));
  ask(event_base_loop(base, 0));
  ask(p.count);
  event_free(p.ev);
  event_base_free(base);
}

static void then_deleted(void) {
  struct event_base *base = new_base();
  struct probe p = {.name = "deleted"};
  watch(base, &p, -1, 0);
  event_active(p.ev, EV_WRITE, 1);
  say("  del: %d", event_del(p.ev));
  say("  pending: %s", flags(event_pending(p.ev, EV_WRITE | EV_TIMEOUT, NULL)));
  ask(event_base_loop(base, 0));
  ask(p.count);
  event_free(p.ev);
  event_base_free(base);
}

static void pending_one_shot(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  struct timeval tv = ms(5000);
  struct probe p = {.name = "one-shot"}, q = {.name = "persistent", .then = then_del};
  event_add(watch(base, &p, fds[0], EV_READ), &tv);
  event_add(watch(base, &q, fds[0], EV_READ | EV_PERSIST), &tv);
  event_active(p.ev, EV_WRITE, 1);
  event_active(q.ev, EV_TIMEOUT, 1);
  say("  before: %s and %s", flags(event_pending(p.ev, EV_ANY, NULL)),
      flags(event_pending(q.ev, EV_ANY, NULL)));
  say("  loop: %d", event_base_loop(base, 0));
  say("  after: %s and %s", flags(event_pending(p.ev, EV_ANY, NULL)),
      flags(event_pending(q.ev, EV_ANY, NULL)));
  event_free(p.ev);
  event_free(q.ev);
  event_base_free(base);
}

static void persistent_stays(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  struct probe p = {.name = "persistent"};
  event_add(watch(base, &p, fds[0], EV_READ | EV_PERSIST), NULL);
  event_active(p.ev, EV_READ, 1);
  say("  nonblock: %d", event_base_loop(base, EVLOOP_NONBLOCK));
  say("  pending: %s", flags(event_pending(p.ev, EV_ANY, NULL)));
  ask(event_base_loop(base, EVLOOP_NONBLOCK));
  ask(p.count);
  event_free(p.ev);
  event_base_free(base);
}

static void user_events(void) {
  struct event_base *base = new_base();
  struct probe p = {.name = "user"};
  p.ev = evuser_new(base, probe_cb, &p);
  say("  initialized: %s", yes(evuser_initialized(p.ev)));
  say("  pending: %s", yes(evuser_pending(p.ev, NULL)));
  evuser_trigger(p.ev);
  say("  loop: %d", event_base_loop(base, 0));
  evuser_trigger(p.ev);
  say("  del: %d", evuser_del(p.ev));
  say("  loop: %d", event_base_loop(base, 0));
  event_free(p.ev);
  event_base_free(base);
}

int main(void) {
  situation("the results given reach the callback", results_reach_the_callback);
  situation("an event that was never added", not_pending);
  situation("activated twice before it runs", twice_merges);
  situation("ncalls", ncalls);
  situation("activates itself from its callback", itself_from_its_callback);
  situation("deleted before it runs", then_deleted);
  situation("a pending one-shot and a pending persistent event", pending_one_shot);
  situation("a persistent event stays pending", persistent_stays);
  situation("evuser macros", user_events);
  return 0;
}
