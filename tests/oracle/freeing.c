/* Freeing bases and events in odd states, and closing descriptors early. */
#include "oracle.h"

#include <event2/event_struct.h>

static void base_with_pending_and_active(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  struct timeval tv = ms(1000);
  static struct probe p = {.name = "never"};
  static struct event r, t, a, s;
  event_assign(&r, base, fds[0], EV_READ | EV_PERSIST, probe_cb, &p);
  event_assign(&t, base, -1, EV_PERSIST, probe_cb, &p);
  event_assign(&a, base, -1, 0, probe_cb, &p);
  event_assign(&s, base, SIGUSR1, EV_SIGNAL | EV_PERSIST, probe_cb, &p);
  event_add(&r, &tv);
  event_add(&t, &tv);
  event_add(&s, NULL);
  event_active(&a, EV_READ, 1);
  event_base_free(base);
  ask(p.count);
}

static void events_freed_after_their_base(void) {
  struct event_base *base = new_base();
  struct timeval tv = ms(1000);
  struct event *never_added = evtimer_new(base, quiet_cb, NULL);
  struct event *added = evtimer_new(base, quiet_cb, NULL);
  evtimer_add(added, &tv);
  event_del(added);
  event_base_free(base);
  /* event_free looks at the base only for what is pending or active. */
  say("  freed");
  free(never_added);
  free(added);
}

static void free_null(void) {
  watch_messages();
  event_config_free(event_config_new());
  say("  event_config_free of a fresh one");
}

static void close_own_descriptor(struct probe *self) {
  event_del(self->ev);
  close(event_get_fd(self->ev));
}

static void descriptor_closed_in_its_callback(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  put(fds[1], 1);
  struct probe p = {.name = "reader", .then = close_own_descriptor};
  event_add(watch(base, &p, fds[0], EV_READ | EV_PERSIST), NULL);
  ask(event_base_loop(base, 0));
  event_free(p.ev);
  event_base_free(base);
}

static evutil_socket_t reused[2];

static void close_and_reuse(struct probe *self) {
  struct probe *fresh = self->data;
  evutil_socket_t old = event_get_fd(self->ev);
  event_del(self->ev);
  close(old);
  socket_pair(reused); /* the lowest free number: the old one */
  say("  the number was used again: %s", yes(reused[0] == old || reused[1] == old));
  event_assign(fresh->ev, event_get_base(self->ev), old, EV_READ, probe_cb, fresh);
  ask(event_add(fresh->ev, NULL));
}

static void number_used_again(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  put(fds[1], 1);
  struct event held;
  struct probe fresh = {.name = "the new socket", .ev = &held};
  struct probe p = {.name = "the old socket", .then = close_and_reuse, .data = &fresh};
  event_add(watch(base, &p, fds[0], EV_READ | EV_PERSIST), NULL);
  ask(event_base_loop(base, EVLOOP_ONCE));
  ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  ask(fresh.count);
  put(reused[0] == fds[0] ? reused[1] : reused[0], 1);
  ask(event_base_loop(base, EVLOOP_ONCE));
  event_free(p.ev);
  event_base_free(base);
}

static void delete_other(struct probe *self) {
  struct probe *other = self->data;
  if (other->ev != NULL) event_free(other->ev);
  other->ev = NULL;
}

static void each_frees_the_other(void) {
  struct event_base *base = new_base();
  evutil_socket_t one[2], two[2];
  socket_pair(one);
  socket_pair(two);
  put(one[1], 1);
  put(two[1], 1);
  struct probe a = {.name = "one of the two", .then = delete_other};
  struct probe b = {.name = "one of the two", .then = delete_other, .data = &a};
  a.data = &b;
  event_add(watch(base, &a, one[0], EV_READ), NULL);
  event_add(watch(base, &b, two[0], EV_READ), NULL);
  ask(event_base_loop(base, 0));
  ask(a.count + b.count);
  if (a.ev != NULL) event_free(a.ev);
  if (b.ev != NULL) event_free(b.ev);
  event_base_free(base);
}

static void timer_frees_timer(void) {
  struct event_base *base = new_base();
  struct timeval t2 = ms(2), t4 = ms(4);
  struct probe b = {.name = "second"};
  struct probe a = {.name = "first", .then = delete_other, .data = &b};
  evtimer_add(watch(base, &a, -1, 0), &t2);
  evtimer_add(watch(base, &b, -1, 0), &t4);
  burn(10);
  ask(event_base_loop(base, 0));
  ask(b.count);
  event_free(a.ev);
  event_base_free(base);
}

static void duplicated_descriptor(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  int copy = dup(fds[0]);
  struct probe p = {.name = "original"}, q = {.name = "copy"};
  event_base_priority_init(base, 2);
  event_priority_set(watch(base, &p, fds[0], EV_READ), 0);
  event_priority_set(watch(base, &q, copy, EV_READ), 1);
  event_add(p.ev, NULL);
  event_add(q.ev, NULL);
  put(fds[1], 1);
  ask(event_base_loop(base, 0));
  event_add(q.ev, NULL);
  event_add(p.ev, NULL);
  event_del(p.ev);
  close(fds[0]);
  ask(event_base_loop(base, 0));
  event_free(p.ev);
  event_free(q.ev);
  event_base_free(base);
}

static void several_bases(void) {
  struct event_base *bases[10];
  struct probe p[10];
  struct timeval tv = ms(1);
  memset(p, 0, sizeof p);
  for (int i = 0; i < 10; ++i) {
    bases[i] = new_base();
    p[i].name = "timer";
    p[i].ev = evtimer_new(bases[i], quiet_cb, &p[i]);
    evtimer_add(p[i].ev, &tv);
  }
  int ran = 0;
  for (int i = 9; i >= 0; --i) {
    event_base_loop(bases[i], 0);
    ran += p[i].count;
    event_free(p[i].ev);
    event_base_free(bases[i]);
  }
  ask(ran);
}

int main(void) {
  situation("a base with pending and active events", base_with_pending_and_active);
  situation("events that are left when the base is freed", events_freed_after_their_base);
  situation("an unused configuration", free_null);
  situation("a descriptor closed in its callback", descriptor_closed_in_its_callback);
  situation("a number used again in the callback", number_used_again);
  situation("each of two callbacks frees the other event", each_frees_the_other);
  situation("a timer frees the next one", timer_frees_timer);
  situation("a duplicated descriptor", duplicated_descriptor);
  situation("ten bases", several_bases);
  return 0;
}
