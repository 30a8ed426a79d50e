/* Finalizers. */
#include "oracle.h"

#include <event2/event_struct.h>

static void finalizer(struct event *ev, void *arg) {
  struct probe *self = arg;
  say("  finalizer of %s, fd %s", self->name, event_get_fd(ev) == -1 ? "-1" : "a socket");
}

static void runs_in_the_loop(void) {
  struct event_base *base = new_base();
  struct probe p = {.name = "p"};
  struct timeval tv = ms(1);
  watch(base, &p, -1, 0);
  evtimer_add(p.ev, &tv);
  ask(event_free_finalize(0, p.ev, finalizer));
  say("  not yet");
  ask(event_base_get_num_events(base, EVENT_BASE_COUNT_ACTIVE));
  ask(event_base_loop(base, 0));
  ask(p.count);
  event_base_free(base);
}

static void event_stays_after_finalize(void) {
  struct event_base *base = new_base();
  struct probe p = {.name = "p"};
  struct event ev;
  event_assign(&ev, base, -1, 0, probe_cb, &p);
  ask(event_finalize(0, &ev, finalizer));
  struct timeval tv = ms(1);
  ask(event_add(&ev, &tv));
  event_active(&ev, EV_READ, 1);
  ask(event_del(&ev));
  ask(event_base_loop(base, 0));
  ask(p.count);
  event_base_free(base);
}

static void base_free_runs_them(void) {
  struct event_base *base = new_base();
  struct probe p = {.name = "p"};
  watch(base, &p, -1, 0);
  event_free_finalize(0, p.ev, finalizer);
  say("  event_base_free");
  event_base_free(base);
  say("  freed");
}

static void base_free_nofinalize_does_not(void) {
  struct event_base *base = new_base();
  struct probe p = {.name = "p"};
  struct event ev;
  event_assign(&ev, base, -1, 0, probe_cb, &p);
  event_finalize(0, &ev, finalizer);
  say("  event_base_free_nofinalize");
  event_base_free_nofinalize(base);
  say("  freed");
}

static void in_order_and_by_priority(void) {
  struct event_base *base = new_base();
  event_base_priority_init(base, 3);
  struct probe p[] = {{.name = "low"}, {.name = "high"}, {.name = "middle"}, {.name = "low 2"}};
  const int priorities[] = {2, 0, 1, 2};
  for (int i = 0; i < 4; ++i) {
    event_priority_set(watch(base, &p[i], -1, 0), priorities[i]);
    ask(event_free_finalize(0, p[i].ev, finalizer));
  }
  struct probe plain = {.name = "an event of middle priority"};
  event_active(watch(base, &plain, -1, 0), EV_READ, 1);
  ask(event_base_loop(base, 0));
  event_free(plain.ev);
  event_base_free(base);
}

static void of_an_active_event(void) {
  struct event_base *base = new_base();
  struct probe p = {.name = "active"};
  watch(base, &p, -1, 0);
  event_active(p.ev, EV_READ, 1);
  ask(event_free_finalize(0, p.ev, finalizer));
  ask(event_base_loop(base, 0));
  ask(p.count);
  event_base_free(base);
}

static void finalize_self(struct probe *self) { ask(event_free_finalize(0, self->ev, finalizer)); }

static void in_its_own_callback(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  put(fds[1], 1);
  struct probe p = {.name = "reader", .then = finalize_self};
  event_add(watch(base, &p, fds[0], EV_READ | EV_PERSIST | EV_FINALIZE), NULL);
  ask(event_base_loop(base, 0));
  ask(p.count);
  event_base_free(base);
}

static void pending_reader(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  struct probe p = {.name = "reader"};
  event_add(watch(base, &p, fds[0], EV_READ | EV_PERSIST), NULL);
  ask(event_finalize(0, p.ev, finalizer));
  ask_flags(event_pending(p.ev, EV_ANY, NULL));
  put(fds[1], 1);
  ask(event_base_loop(base, 0));
  ask(p.count);
  event_base_free(base);
  free(p.ev);
}

static void free_memory(struct event *ev, void *arg) {
  struct probe *self = arg;
  (void)ev;
  say("  finalizer frees what belongs to %s", self->name);
  free(self);
}

static void frees_the_argument(void) {
  struct event_base *base = new_base();
  struct probe *p = calloc(1, sizeof *p);
  if (p == NULL) broken("calloc");
  p->name = "p";
  watch(base, p, -1, 0);
  ask(event_free_finalize(0, p->ev, free_memory));
  ask(event_base_loop(base, EVLOOP_NONBLOCK));
  event_base_free(base);
}

static void flag_is_kept(void) {
  struct event_base *base = new_base();
  struct event *ev = event_new(base, -1, EV_PERSIST | EV_FINALIZE, quiet_cb, NULL);
  ask_flags(event_get_events(ev));
  struct timeval tv = ms(1000);
  ask(event_add(ev, &tv));
  ask(event_del(ev));
  event_free(ev);
  event_base_free(base);
}

int main(void) {
  situation("runs in the loop", runs_in_the_loop);
  situation("what a finalized event still takes", event_stays_after_finalize);
  situation("event_base_free runs what is left", base_free_runs_them);
  situation("event_base_free_nofinalize does not", base_free_nofinalize_does_not);
  situation("in order, and by priority", in_order_and_by_priority);
  situation("of an active event", of_an_active_event);
  situation("in its own callback", in_its_own_callback);
  situation("of a pending reader", pending_reader);
  situation("frees the argument", frees_the_argument);
  situation("EV_FINALIZE", flag_is_kept);
  return 0;
}
