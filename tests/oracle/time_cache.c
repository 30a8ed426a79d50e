/* event_base_gettimeofday_cached, event_base_update_cache_time, monotonic clocks. */
#include "oracle.h"

static long difference_ms(const struct timeval *a, const struct timeval *b) {
  return (long)(a->tv_sec - b->tv_sec) * 1000 + (long)(a->tv_usec - b->tv_usec) / 1000;
}

static void outside(void) {
  struct event_base *base = new_base();
  struct timeval cached, now;
  ask(event_base_gettimeofday_cached(base, &cached));
  evutil_gettimeofday(&now, NULL);
  long off = difference_ms(&now, &cached);
  say("  the time now, to 500 ms: %s", yes(off > -500 && off < 500));
  struct timeval later;
  burn(20);
  ask(event_base_gettimeofday_cached(base, &later));
  say("  it moves outside of the loop: %s", yes(difference_ms(&later, &cached) >= 15));
  ask(event_base_gettimeofday_cached(NULL, &cached));
  event_base_free(base);
}

static void stands_still(struct probe *self) {
  struct event_base *base = event_get_base(self->ev);
  struct timeval one, two, three;
  ask(event_base_gettimeofday_cached(base, &one));
  burn(40);
  event_base_gettimeofday_cached(base, &two);
  say("  stands still in a callback: %s", yes(difference_ms(&two, &one) == 0));
  ask(event_base_update_cache_time(base));
  event_base_gettimeofday_cached(base, &three);
  say("  moved by an update: %s", yes(difference_ms(&three, &one) >= 30));
}

static void inside(void) {
  struct event_base *base = new_base();
  struct probe p = {.name = "callback", .then = stands_still};
  event_active(watch(base, &p, -1, 0), EV_READ, 1);
  ask(event_base_loop(base, 0));
  event_free(p.ev);
  event_base_free(base);
}

static void moves(struct probe *self) {
  struct event_base *base = event_get_base(self->ev);
  struct timeval one, two;
  event_base_gettimeofday_cached(base, &one);
  burn(40);
  event_base_gettimeofday_cached(base, &two);
  say("  moves in a callback: %s", yes(difference_ms(&two, &one) >= 30));
  ask(event_base_update_cache_time(base));
}

static void not_cached(void) {
  struct event_config *config = event_config_new();
  event_config_set_flag(config, EVENT_BASE_FLAG_NO_CACHE_TIME);
  struct event_base *base = event_base_new_with_config(config);
  event_config_free(config);
  struct probe p = {.name = "callback", .then = moves};
  event_active(watch(base, &p, -1, 0), EV_READ, 1);
  ask(event_base_loop(base, 0));
  event_free(p.ev);
  event_base_free(base);
}

static void update_outside(void) {
  struct event_base *base = new_base();
  watch_messages();
  ask(event_base_update_cache_time(base));
  ask(event_base_update_cache_time(NULL));
  say("  warned: %s", yes(message_count(EVENT_LOG_WARN) > 0));
  event_base_free(base);
}

/* A timer added late in a slow callback: does it count from then, or from the cached time? */
static void add_after_burning(struct probe *self) {
  struct probe *timer = self->data;
  struct timeval tv = ms(30);
  burn(60);
  evtimer_add(timer->ev, &tv);
}

static void timeout_added_in_a_slow_callback(void) {
  struct event_base *base = new_base();
  struct probe timer = {.name = "timer of 30 ms"};
  struct probe slow = {.name = "slow callback", .then = add_after_burning, .data = &timer};
  watch(base, &timer, -1, 0);
  event_active(watch(base, &slow, -1, 0), EV_READ, 1);
  long start = now_ms();
  ask(event_base_loop(base, 0));
  say("  it waited for 30 ms more: %s", yes(now_ms() - start >= 84));
  event_free(timer.ev);
  event_free(slow.ev);
  event_base_free(base);
}

static void monotonic_of_a_base(void) {
  struct event_base *base = new_base();
  struct timeval one, two;
  ask(event_gettime_monotonic(base, &one));
  burn(20);
  ask(event_gettime_monotonic(base, &two));
  long moved = difference_ms(&two, &one);
  say("  moved by 20 ms, give or take a tick: %s", yes(moved >= 10 && moved < 2000));
  event_base_free(base);
}

static void monotonic_timers(void) {
  const int all[] = {0, EV_MONOT_PRECISE, EV_MONOT_FALLBACK, EV_MONOT_PRECISE | EV_MONOT_FALLBACK};
  for (int i = 0; i < 4; ++i) {
    struct evutil_monotonic_timer *timer = evutil_monotonic_timer_new();
    say("  flags %d: %s", all[i], null(timer));
    ask(evutil_configure_monotonic_time(timer, all[i]));
    struct timeval one, two;
    ask(evutil_gettime_monotonic(timer, &one));
    int back = 0;
    long moved = 0;
    for (int j = 0; j < 1000; ++j) {
      evutil_gettime_monotonic(timer, &two);
      if (evutil_timercmp(&two, &one, <)) back++;
    }
    burn(20);
    evutil_gettime_monotonic(timer, &two);
    moved = difference_ms(&two, &one);
    say("  backwards %d times, moved: %s", back, yes(moved >= 10 && moved < 2000));
    evutil_monotonic_timer_free(timer);
  }
}

int main(void) {
  situation("outside of the loop", outside);
  situation("inside a callback", inside);
  situation("EVENT_BASE_FLAG_NO_CACHE_TIME", not_cached);
  situation("event_base_update_cache_time outside of the loop", update_outside);
  situation("a timeout added in a slow callback", timeout_added_in_a_slow_callback);
  situation("event_gettime_monotonic", monotonic_of_a_base);
  situation("evutil monotonic timers", monotonic_timers);
  return 0;
}
