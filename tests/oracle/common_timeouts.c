/* event_base_init_common_timeout. */
#include "oracle.h"

static void given_twice(void) {
  struct event_base *base = new_base();
  struct timeval tv = ms(20), other = ms(30);
  const struct timeval *a = event_base_init_common_timeout(base, &tv);
  const struct timeval *b = event_base_init_common_timeout(base, &tv);
  const struct timeval *c = event_base_init_common_timeout(base, &other);
  say("  made: %s %s %s", null(a), null(b), null(c));
  say("  the same for the same: %s; another for another: %s", yes(a == b), yes(a != c));
  say("  seconds kept: %s", yes(a->tv_sec == tv.tv_sec));
  const struct timeval *d = event_base_init_common_timeout(base, a);
  say("  of a common one: itself: %s", yes(d == a));
  event_base_free(base);
}

static void order_in_the_queue(void) {
  struct event_base *base = new_base();
  struct timeval tv = ms(20);
  const struct timeval *common = event_base_init_common_timeout(base, &tv);
  struct probe p[] = {{.name = "1"}, {.name = "2"}, {.name = "3"}, {.name = "4"}};
  for (int i = 0; i < 4; ++i) ask(evtimer_add(watch(base, &p[i], -1, 0), common));
  ask(evtimer_del(p[1].ev));
  ask(event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED));
  ask(event_base_loop(base, 0));
  for (int i = 0; i < 4; ++i) event_free(p[i].ev);
  event_base_free(base);
}

static void among_ordinary_ones(void) {
  struct event_base *base = new_base();
  struct timeval t20 = ms(20), t5 = ms(5), t40 = ms(40), t80 = ms(80);
  const struct timeval *c20 = event_base_init_common_timeout(base, &t20);
  const struct timeval *c80 = event_base_init_common_timeout(base, &t80);
  struct probe p[] = {{.name = "80 common"}, {.name = "20 common"}, {.name = "5"}, {.name = "40"}};
  evtimer_add(watch(base, &p[0], -1, 0), c80);
  evtimer_add(watch(base, &p[1], -1, 0), c20);
  evtimer_add(watch(base, &p[2], -1, 0), &t5);
  evtimer_add(watch(base, &p[3], -1, 0), &t40);
  ask(event_base_loop(base, 0));
  for (int i = 0; i < 4; ++i) event_free(p[i].ev);
  event_base_free(base);
}

static void del_at_three(struct probe *self) {
  if (self->count == 3) event_del(self->ev);
}

static void persistent(void) {
  struct event_base *base = new_base();
  struct timeval tv = ms(5);
  struct probe p = {.name = "period", .then = del_at_three};
  event_add(watch(base, &p, -1, EV_PERSIST), event_base_init_common_timeout(base, &tv));
  ask(event_base_loop(base, 0));
  event_free(p.ev);
  event_base_free(base);
}

static void re_added(void) {
  struct event_base *base = new_base();
  struct timeval tv = ms(20), t300 = ms(300);
  const struct timeval *common = event_base_init_common_timeout(base, &tv);
  struct probe a = {.name = "a"}, b = {.name = "b"}, c = {.name = "c, moved to an ordinary one"};
  evtimer_add(watch(base, &a, -1, 0), common);
  evtimer_add(watch(base, &b, -1, 0), common);
  evtimer_add(watch(base, &c, -1, 0), common);
  evtimer_add(a.ev, common);
  evtimer_add(c.ev, &t300);
  ask(event_base_loop(base, 0));
  event_free(a.ev);
  event_free(b.ev);
  event_free(c.ev);
  event_base_free(base);
}

static void told_by_pending(void) {
  struct event_base *base = new_base();
  struct timeval tv = {100, 0}, due = {0, 0}, now;
  struct event *ev = evtimer_new(base, quiet_cb, NULL);
  evtimer_add(ev, event_base_init_common_timeout(base, &tv));
  ask_flags(event_pending(ev, EV_TIMEOUT, &due));
  evutil_gettimeofday(&now, NULL);
  long left = (long)(due.tv_sec - now.tv_sec);
  say("  a proper time: %s", yes(left >= 98 && left <= 101 && due.tv_usec < 1000000));
  ask(event_remove_timer(ev));
  ask_flags(event_pending(ev, EV_TIMEOUT, NULL));
  event_free(ev);
  event_base_free(base);
}

static void how_many(void) {
  struct event_base *base = new_base();
  watch_messages();
  int made = 0;
  for (int i = 1; i <= 300; ++i) {
    struct timeval tv = ms(1000 + i);
    if (event_base_init_common_timeout(base, &tv) != NULL) made++;
  }
  ask(made);
  say("  warned: %s", yes(message_count(EVENT_LOG_WARN) > 0));
  struct timeval known = ms(1001);
  say("  a known one is still given: %s", null(event_base_init_common_timeout(base, &known)));
  event_base_free(base);
}

static void denormal(void) {
  struct event_base *base = new_base();
  struct timeval odd = {0, 1500000}, plain = {1, 500000};
  const struct timeval *a = event_base_init_common_timeout(base, &odd);
  const struct timeval *b = event_base_init_common_timeout(base, &plain);
  say("  made %s, the same as the normal form: %s", null(a), yes(a == b));
  event_base_free(base);
}

static void of_another_base(void) {
  struct event_base *one = new_base(), *two = new_base();
  struct timeval tv = ms(10);
  const struct timeval *common = event_base_init_common_timeout(two, &tv);
  struct probe p = {.name = "timer"};
  /* Index 0 exists in both when both have one of that duration. */
  event_base_init_common_timeout(one, &tv);
  evtimer_add(watch(one, &p, -1, 0), common);
  ask(event_base_loop(one, 0));
  event_free(p.ev);
  event_base_free(one);
  event_base_free(two);
}

int main(void) {
  situation("asked for twice", given_twice);
  situation("the queue keeps the order", order_in_the_queue);
  situation("among ordinary timeouts", among_ordinary_ones);
  situation("persistent", persistent);
  situation("added again", re_added);
  situation("event_pending and event_remove_timer", told_by_pending);
  situation("how many there can be", how_many);
  situation("a duration that is not normalised", denormal);
  situation("one base's common timeout used with another", of_another_base);
  return 0;
}
