/* event_base_once. */
#include "oracle.h"

static struct probe probe;

static void with_timeouts(void) {
  struct event_base *base = new_base();
  struct probe a = {.name = "20 ms"}, b = {.name = "zero"}, c = {.name = "NULL"},
               d = {.name = "negative"};
  struct timeval tv = ms(20), zero = ms(0), negative = {-1, 0};
  ask(event_base_once(base, -1, EV_TIMEOUT, probe_cb, &a, &tv));
  ask(event_base_once(base, -1, EV_TIMEOUT, probe_cb, &b, &zero));
  ask(event_base_once(base, -1, EV_TIMEOUT, probe_cb, &c, NULL));
  ask(event_base_get_num_events(base, EVENT_BASE_COUNT_ACTIVE));
  ask(event_base_loop(base, 0));
  ask(event_base_once(base, -1, EV_TIMEOUT, probe_cb, &d, &negative));
  ask(event_base_loop(base, 0));
  ask(a.fd);
  event_base_free(base);
}

static void with_descriptors(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  struct probe r = {.name = "reader"}, w = {.name = "writer"}, rw = {.name = "both"};
  struct timeval tv = ms(3000);
  ask(event_base_once(base, fds[0], EV_READ, probe_cb, &r, &tv));
  ask(event_base_once(base, fds[0], EV_WRITE, probe_cb, &w, NULL));
  ask(event_base_loop(base, EVLOOP_ONCE));
  put(fds[1], 1);
  ask(event_base_loop(base, EVLOOP_ONCE));
  ask(event_base_once(base, fds[1], EV_READ | EV_WRITE, probe_cb, &rw, NULL));
  ask(event_base_loop(base, 0));
  say("  the descriptor is told: %s", yes(r.fd == fds[0]));
  ask(event_base_loop(base, 0));
  event_base_free(base);
}

static void reader_times_out(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  struct probe r = {.name = "reader"};
  struct timeval tv = ms(10);
  ask(event_base_once(base, fds[0], EV_READ, probe_cb, &r, &tv));
  ask(event_base_loop(base, 0));
  put(fds[1], 1);
  ask(event_base_loop(base, 0));
  ask(r.count);
  event_base_free(base);
}

static void refused(void) {
  struct event_base *base = new_base();
  watch_messages();
  struct timeval tv = ms(1);
  ask(event_base_once(base, SIGUSR1, EV_SIGNAL, probe_cb, &probe, &tv));
  ask(event_base_once(base, SIGUSR1, EV_SIGNAL | EV_TIMEOUT, probe_cb, &probe, &tv));
  ask(event_base_once(base, -1, 0, probe_cb, &probe, &tv));
  ask(event_base_once(base, -1, EV_PERSIST, probe_cb, &probe, &tv));
  ask(event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED));
  ask(event_base_loop(base, 0));
  event_base_free(base);
}

static void persistent_is_once(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  put(fds[1], 1);
  probe.name = "persistent once";
  struct timeval stop = ms(30);
  ask(event_base_once(base, fds[0], EV_READ | EV_PERSIST, probe_cb, &probe, NULL));
  event_base_loopexit(base, &stop);
  probe.then = NULL;
  ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  event_base_free(base);
}

static void once_again(struct probe *self) {
  struct event_base *base = self->data;
  if (self->count < 3) ask(event_base_once(base, -1, EV_TIMEOUT, probe_cb, self, NULL));
}

static void from_its_own_callback(void) {
  struct event_base *base = new_base();
  struct probe p = {.name = "again", .then = once_again, .data = base};
  ask(event_base_once(base, -1, EV_TIMEOUT, probe_cb, &p, NULL));
  ask(event_base_loop(base, 0));
  ask(p.count);
  event_base_free(base);
}

static void freed_before_it_runs(void) {
  struct event_base *base = new_base();
  struct timeval tv = ms(1000);
  struct probe p = {.name = "never"};
  ask(event_base_once(base, -1, EV_TIMEOUT, probe_cb, &p, &tv));
  ask(event_base_once(base, -1, EV_TIMEOUT, probe_cb, &p, NULL));
  event_base_free(base);
  ask(p.count);
}

static void order_of_several(void) {
  struct event_base *base = new_base();
  struct probe p[] = {{.name = "1"}, {.name = "2"}, {.name = "3"}, {.name = "4"}};
  for (int i = 0; i < 4; ++i) event_base_once(base, -1, EV_TIMEOUT, probe_cb, &p[i], NULL);
  ask(event_base_loop(base, 0));
  event_base_free(base);
}

int main(void) {
  situation("timeouts", with_timeouts);
  situation("descriptors", with_descriptors);
  situation("a reader that times out", reader_times_out);
  situation("what is refused", refused);
  situation("EV_PERSIST", persistent_is_once);
  situation("from its own callback", from_its_own_callback);
  situation("the base is freed before it runs", freed_before_it_runs);
  situation("several at once keep their order", order_of_several);
  return 0;
}
