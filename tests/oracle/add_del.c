/* event_add and event_del: return values and state, in good and bad use. */
#include "oracle.h"

static void add_twice(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  struct probe p = {.name = "p"};
  struct timeval tv = ms(20);
  watch(base, &p, fds[0], EV_READ | EV_WRITE);
  say("  before: %s", flags(event_pending(p.ev, EV_ANY, NULL)));
  ask(event_add(p.ev, NULL));
  ask_flags(event_pending(p.ev, EV_ANY, NULL));
  ask(event_add(p.ev, NULL));
  ask_flags(event_pending(p.ev, EV_ANY, NULL));
  ask(event_add(p.ev, &tv));
  ask_flags(event_pending(p.ev, EV_ANY, NULL));
  ask(event_add(p.ev, NULL));
  ask_flags(event_pending(p.ev, EV_ANY, NULL));
  say("  counted: %d", event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED));
  ask(event_del(p.ev));
  ask_flags(event_pending(p.ev, EV_ANY, NULL));
  say("  counted: %d", event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED));
  event_free(p.ev);
  event_base_free(base);
}

static void timeout_replaced(void) {
  struct event_base *base = new_base();
  struct probe a = {.name = "moved later"}, b = {.name = "fixed"}, c = {.name = "moved earlier"};
  struct timeval t10 = ms(10), t40 = ms(40), t80 = ms(80), t5000 = ms(5000);
  evtimer_add(watch(base, &a, -1, 0), &t10);
  evtimer_add(watch(base, &b, -1, 0), &t40);
  evtimer_add(watch(base, &c, -1, 0), &t5000);
  ask(evtimer_add(a.ev, &t80));
  ask(evtimer_add(c.ev, &t10));
  say("  loop: %d", event_base_loop(base, 0));
  event_free(a.ev);
  event_free(b.ev);
  event_free(c.ev);
  event_base_free(base);
}

static void null_keeps_the_old_timeout(void) {
  struct event_base *base = new_base();
  struct probe p = {.name = "p"};
  struct timeval tv = ms(15);
  watch(base, &p, -1, 0);
  event_add(p.ev, &tv);
  ask(event_add(p.ev, NULL));
  ask_flags(event_pending(p.ev, EV_ANY, NULL));
  say("  loop: %d", event_base_loop(base, 0));
  event_free(p.ev);
  event_base_free(base);
}

static void timer_without_timeout(void) {
  struct event_base *base = new_base();
  struct probe p = {.name = "p"};
  watch(base, &p, -1, 0);
  ask(event_add(p.ev, NULL));
  ask_flags(event_pending(p.ev, EV_ANY, NULL));
  say("  counted: %d", event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED));
  say("  loop: %d", event_base_loop(base, 0));
  say("  del: %d", event_del(p.ev));
  event_free(p.ev);
  event_base_free(base);
}

static void del_not_pending(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  struct event *kinds[] = {event_new(base, fds[0], EV_READ, quiet_cb, NULL),
                           evtimer_new(base, quiet_cb, NULL),
                           evsignal_new(base, SIGUSR1, quiet_cb, NULL)};
  for (int i = 0; i < 3; ++i) {
    ask(event_del(kinds[i]));
    ask(event_del(kinds[i]));
    ask(event_del_block(kinds[i]));
    ask(event_del_noblock(kinds[i]));
    say("  remove_timer: %d", event_remove_timer(kinds[i]));
    event_free(kinds[i]);
  }
  event_base_free(base);
}

static void bad_descriptors(void) {
  struct event_base *base = new_base();
  watch_messages();
  evutil_socket_t fds[2];
  socket_pair(fds);
  close(fds[0]);
  struct event *closed = event_new(base, fds[0], EV_READ, quiet_cb, NULL);
  struct event *negative = event_new(base, -1, EV_READ, quiet_cb, NULL);
  int got = event_add(negative, NULL);
  say("  add of fd -1 for reading: %d, pending %s", got,
      flags(event_pending(negative, EV_ANY, NULL)));
  const char *method = event_base_get_method(base);
  if (strcmp(method, "select") != 0 && strcmp(method, "poll") != 0) {
    got = event_add(closed, NULL);
    say("  add of a closed fd: %d, pending %s, warnings %s", got,
        flags(event_pending(closed, EV_ANY, NULL)), yes(message_count(EVENT_LOG_WARN) > 0));
  }
  event_del(closed);
  event_del(negative);
  say("  counted: %d", event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED));
  event_free(closed);
  event_free(negative);
  event_base_free(base);
}

static void regular_file(void) {
  struct event_base *base = new_base();
  watch_messages();
  FILE *file = tmpfile();
  if (file == NULL) broken("tmpfile");
  struct probe p = {.name = "file"};
  watch(base, &p, fileno(file), EV_READ);
  int got = event_add(p.ev, NULL);
  say("  add of a regular file: %d, pending %s, warned %s", got,
      flags(event_pending(p.ev, EV_ANY, NULL)), yes(message_count(EVENT_LOG_WARN) > 0));
  say("  nonblock: %d", event_base_loop(base, EVLOOP_NONBLOCK));
  event_free(p.ev);
  event_base_free(base);
  fclose(file);
}

static void del_from_own_callback(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  put(fds[1], 1);
  struct probe p = {.name = "p", .then = then_del};
  event_add(watch(base, &p, fds[0], EV_READ | EV_PERSIST), NULL);
  ask(event_base_loop(base, 0));
  ask(p.count);
  ask_flags(event_pending(p.ev, EV_ANY, NULL));
  event_free(p.ev);
  event_base_free(base);
}

static void free_from_own_callback_then(struct probe *self) { event_free(self->ev); }

static void free_from_own_callback(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  put(fds[1], 1);
  struct timeval tv = ms(1);
  struct probe p = {.name = "reader", .then = free_from_own_callback_then};
  struct probe q = {.name = "timer", .then = free_from_own_callback_then};
  event_add(watch(base, &p, fds[0], EV_READ | EV_PERSIST), NULL);
  event_add(watch(base, &q, -1, EV_PERSIST), &tv);
  ask(event_base_loop(base, 0));
  ask(p.count);
  ask(q.count);
  event_base_free(base);
}

static void without_a_base(void) {
  struct event *ev = event_new(NULL, -1, 0, quiet_cb, NULL);
  say("  event_new with NULL base: %s", null(ev));
  if (ev == NULL) return;
  say("  its base: %s", null(event_get_base(ev)));
  say("  del: %d", event_del(ev));
  event_free(ev);
}

int main(void) {
  situation("adding a pending event again", add_twice);
  situation("a second add replaces the timeout", timeout_replaced);
  situation("a second add without timeout keeps the first", null_keeps_the_old_timeout);
  situation("a timer added without timeout", timer_without_timeout);
  situation("deleting what is not pending", del_not_pending);
  situation("descriptors that are not open", bad_descriptors);
  situation("a regular file", regular_file);
  situation("deletes itself in its callback", del_from_own_callback);
  situation("frees itself in its callback", free_from_own_callback);
  situation("an event without a base", without_a_base);
  return 0;
}
