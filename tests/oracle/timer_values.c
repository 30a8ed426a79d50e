/* Unusual timeouts, event_remove_timer, and what event_pending says of the time left. */
#include "oracle.h"

static void odd_values(void) {
  struct event_base *base = new_base();
  const struct timeval odd[] = {{0, 0}, {-1, 0}, {0, -1}, {0, 1500000}, {-5, 999999}, {0, 999999}};
  for (size_t i = 0; i < sizeof odd / sizeof odd[0]; ++i) {
    struct probe p = {.name = "called"};
    watch(base, &p, -1, 0);
    say("  {%ld, %ld}", (long)odd[i].tv_sec, (long)odd[i].tv_usec);
    ask(evtimer_add(p.ev, &odd[i]));
    ask(event_base_loop(base, EVLOOP_NONBLOCK));
    ask(p.count);
    event_free(p.ev);
  }
  event_base_free(base);
}

static void huge_values(void) {
  struct event_base *base = new_base();
  const time_t seconds[] = {86400, 2147483, 2147484, 4294967296, (time_t)1 << 40};
  struct probe p[5] = {{.name = "0"}, {.name = "1"}, {.name = "2"}, {.name = "3"}, {.name = "4"}};
  struct probe soon = {.name = "soon"};
  for (int i = 0; i < 5; ++i) {
    struct timeval tv = {seconds[i], 0};
    watch(base, &p[i], -1, 0);
    ask(evtimer_add(p[i].ev, &tv));
  }
  ask(event_base_loop(base, EVLOOP_NONBLOCK));
  struct timeval tv = ms(10);
  evtimer_add(watch(base, &soon, -1, 0), &tv);
  ask(event_base_loop(base, EVLOOP_ONCE));
  for (int i = 0; i < 5; ++i) {
    ask_flags(event_pending(p[i].ev, EV_TIMEOUT, NULL));
    event_free(p[i].ev);
  }
  event_free(soon.ev);
  event_base_free(base);
}

static void only_a_huge_one(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  put(fds[1], 1);
  struct timeval tv = {(time_t)1 << 33, 0};
  struct probe p = {.name = "reader"};
  event_add(watch(base, &p, fds[0], EV_READ), &tv);
  ask(event_base_loop(base, EVLOOP_ONCE));
  event_free(p.ev);
  event_base_free(base);
}

static void remove_timer(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  struct timeval tv = ms(10);
  struct probe timer = {.name = "timer"}, reader = {.name = "reader"};
  evtimer_add(watch(base, &timer, -1, 0), &tv);
  event_add(watch(base, &reader, fds[0], EV_READ), &tv);
  ask(event_remove_timer(timer.ev));
  ask_flags(event_pending(timer.ev, EV_ANY, NULL));
  ask(event_remove_timer(reader.ev));
  ask_flags(event_pending(reader.ev, EV_ANY, NULL));
  ask(event_remove_timer(reader.ev));
  burn(15);
  ask(event_base_loop(base, EVLOOP_NONBLOCK));
  put(fds[1], 1);
  ask(event_base_loop(base, 0));
  event_free(timer.ev);
  event_free(reader.ev);
  event_base_free(base);
}

static void remove_timer_of_a_persistent_event(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  struct timeval tv = ms(10);
  struct probe p = {.name = "reader", .then = then_drain};
  event_add(watch(base, &p, fds[0], EV_READ | EV_PERSIST), &tv);
  ask(event_remove_timer(p.ev));
  put(fds[1], 1);
  ask(event_base_loop(base, EVLOOP_ONCE));
  ask_flags(event_pending(p.ev, EV_ANY, NULL));
  burn(15);
  ask(event_base_loop(base, EVLOOP_NONBLOCK));
  event_free(p.ev);
  event_base_free(base);
}

static void time_left(void) {
  struct event_base *base = new_base();
  struct probe p = {.name = "timer"};
  struct timeval tv = {100, 0}, due = {-7, -7}, now;
  watch(base, &p, -1, 0);
  ask(event_pending(p.ev, EV_TIMEOUT, &due));
  say("  untouched when not pending: %s", yes(due.tv_sec == -7 && due.tv_usec == -7));
  evtimer_add(p.ev, &tv);
  ask_flags(evtimer_pending(p.ev, &due));
  evutil_gettimeofday(&now, NULL);
  long left = (long)(due.tv_sec - now.tv_sec);
  say("  the wall clock time of the deadline, to a second: %s", yes(left >= 98 && left <= 101));
  due.tv_sec = -7;
  ask_flags(event_pending(p.ev, EV_READ, &due));
  say("  untouched when not asked for EV_TIMEOUT: %s", yes(due.tv_sec == -7));
  event_free(p.ev);
  event_base_free(base);
}

static void due_twice(void) {
  struct event_base *base = new_base();
  struct probe p = {.name = "timer"};
  struct timeval tv = ms(5);
  evtimer_add(watch(base, &p, -1, EV_READ), &tv);
  burn(10);
  ask_flags(event_pending(p.ev, EV_ANY, NULL));
  ask(event_base_loop(base, EVLOOP_NONBLOCK));
  ask_flags(event_pending(p.ev, EV_ANY, NULL));
  event_free(p.ev);
  event_base_free(base);
}

static void never_early(void) {
  struct event_base *base = new_base();
  int early = 0;
  for (int i = 1; i <= 10; ++i) {
    struct timeval tv = ms(i);
    struct probe p = {.name = "timer"};
    struct event *ev = evtimer_new(base, quiet_cb, &p);
    long start = now_ms();
    evtimer_add(ev, &tv);
    event_base_loop(base, 0);
    /* The coarse clock that may stand behind a timer moves in steps of up to 4 ms. */
    if (now_ms() - start < i - 4) early++;
    event_free(ev);
  }
  ask(early);
  event_base_free(base);
}

int main(void) {
  situation("negative, zero and denormal timeouts", odd_values);
  situation("huge timeouts", huge_values);
  situation("a wait of centuries ends when there is something to read", only_a_huge_one);
  situation("event_remove_timer", remove_timer);
  situation("event_remove_timer on a persistent reader", remove_timer_of_a_persistent_event);
  situation("event_pending tells the deadline", time_left);
  situation("a timer that is due", due_twice);
  situation("timers are not early", never_early);
  return 0;
}
