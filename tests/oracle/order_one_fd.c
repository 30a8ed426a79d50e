/* Several events on one descriptor: who is called, with what, and in which order. */
#include "oracle.h"

static evutil_socket_t fds[2];

static struct event_base *ready_both_ways(void) {
  socket_pair(fds);
  put(fds[1], 1);
  return new_base();
}

static void two_readers(void) {
  struct event_base *base = ready_both_ways();
  struct probe a = {.name = "a"}, b = {.name = "b"}, c = {.name = "c"};
  event_add(watch(base, &a, fds[0], EV_READ), NULL);
  event_add(watch(base, &b, fds[0], EV_READ), NULL);
  event_add(watch(base, &c, fds[0], EV_READ), NULL);
  say("  loop: %d", event_base_loop(base, 0));
  say("  each got the descriptor: %s", yes(a.fd == fds[0] && b.fd == fds[0] && c.fd == fds[0]));
  event_free(a.ev);
  event_free(b.ev);
  event_free(c.ev);
  event_base_free(base);
}

static void reader_writer_both(void) {
  struct event_base *base = ready_both_ways();
  struct probe r = {.name = "reader"}, w = {.name = "writer"}, rw = {.name = "both"};
  event_add(watch(base, &r, fds[0], EV_READ), NULL);
  event_add(watch(base, &w, fds[0], EV_WRITE), NULL);
  event_add(watch(base, &rw, fds[0], EV_READ | EV_WRITE), NULL);
  say("  loop: %d", event_base_loop(base, 0));
  event_free(r.ev);
  event_free(w.ev);
  event_free(rw.ev);
  event_base_free(base);
}

static void only_what_was_asked(void) {
  struct event_base *base = new_base();
  socket_pair(fds); /* writable, not readable */
  struct probe r = {.name = "reader"}, rw = {.name = "both"};
  event_add(watch(base, &r, fds[0], EV_READ), NULL);
  event_add(watch(base, &rw, fds[0], EV_READ | EV_WRITE), NULL);
  say("  nonblock: %d", event_base_loop(base, EVLOOP_NONBLOCK));
  say("  reader pending: %s", flags(event_pending(r.ev, EV_READ | EV_WRITE, NULL)));
  say("  both pending: %s", flags(event_pending(rw.ev, EV_READ | EV_WRITE, NULL)));
  event_free(r.ev);
  event_free(rw.ev);
  event_base_free(base);
}

static void first_deletes_the_others(struct probe *self) {
  struct probe **others = self->data;
  for (; *others != NULL; ++others) event_del((*others)->ev);
}

static void deleted_while_active(void) {
  struct event_base *base = ready_both_ways();
  event_base_priority_init(base, 2);
  struct probe b = {.name = "b"}, c = {.name = "c"};
  struct probe *others[] = {&b, &c, NULL};
  struct probe a = {.name = "a", .then = first_deletes_the_others, .data = others};
  event_priority_set(watch(base, &a, fds[0], EV_READ), 0);
  event_priority_set(watch(base, &b, fds[0], EV_READ | EV_PERSIST), 1);
  event_priority_set(watch(base, &c, fds[0], EV_WRITE), 1);
  event_add(a.ev, NULL);
  event_add(b.ev, NULL);
  event_add(c.ev, NULL);
  ask(event_base_loop(base, 0));
  ask(a.count);
  ask(b.count);
  ask(c.count);
  event_free(a.ev);
  event_free(b.ev);
  event_free(c.ev);
  event_base_free(base);
}

static void one_of_two_deleted(void) {
  struct event_base *base = ready_both_ways();
  struct probe a = {.name = "a", .then = then_drain}, b = {.name = "b"};
  event_add(watch(base, &a, fds[0], EV_READ | EV_PERSIST), NULL);
  event_add(watch(base, &b, fds[0], EV_READ | EV_WRITE | EV_PERSIST), NULL);
  event_del(b.ev);
  say("  nonblock: %d", event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  say("  nothing left to read: %d", event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  put(fds[1], 1);
  say("  once: %d", event_base_loop(base, EVLOOP_ONCE));
  event_add(b.ev, NULL);
  event_del(a.ev);
  say("  the other way round: %d", event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  event_free(a.ev);
  event_free(b.ev);
  event_base_free(base);
}

static void timeouts_of_their_own(void) {
  struct event_base *base = new_base();
  socket_pair(fds);
  struct timeval soon = ms(10), later = ms(60);
  struct probe a = {.name = "short"}, b = {.name = "long"};
  event_add(watch(base, &b, fds[0], EV_READ), &later);
  event_add(watch(base, &a, fds[0], EV_READ), &soon);
  say("  loop: %d", event_base_loop(base, 0));
  event_free(a.ev);
  event_free(b.ev);
  event_base_free(base);
}

int main(void) {
  situation("three readers of one socket", two_readers);
  situation("reader, writer and both", reader_writer_both);
  situation("readiness that was not asked for is not told", only_what_was_asked);
  situation("a callback deletes other active events of the fd", deleted_while_active);
  situation("deleting one of two events leaves the other", one_of_two_deleted);
  situation("two timeouts on one socket", timeouts_of_their_own);
  return 0;
}
