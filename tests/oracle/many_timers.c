/* Many timers: order by deadline whatever the order of adding, moving and deleting. */
#include "oracle.h"

enum { n_timers = 2000 };

static struct event_base *base;
static struct event *timers[n_timers];
static long deadlines[n_timers];
static long last;
static int ran, wrong_order, wrongly_ran;
static unsigned long long state;

static int draw(int n) {
  state = state * 6364136223846793005ull + 1442695040888963407ull;
  return (int)((state >> 33) % (unsigned long long)n);
}

static void fired(evutil_socket_t fd, short what, void *arg) {
  (void)fd;
  (void)what;
  long *deadline = arg;
  if (*deadline < 0) wrongly_ran++;
  if (*deadline < last) wrong_order++;
  last = *deadline;
  ran++;
}

/* `n` in units of 50 microseconds from now. */
static void set(int i, long n) {
  deadlines[i] = n;
  struct timeval tv = {0, n * 50};
  event_add(timers[i], &tv);
}

static void make(void) {
  base = new_base();
  for (int i = 0; i < n_timers; ++i) {
    timers[i] = evtimer_new(base, fired, &deadlines[i]);
    deadlines[i] = -1;
  }
}

static void finish(void) {
  for (int i = 0; i < n_timers; ++i) event_free(timers[i]);
  event_base_free(base);
}

static void all_ran(void) {
  ask(event_base_loop(base, 0));
  ask(ran);
  ask(wrongly_ran);
}

static void each_runs_once(void) {
  make();
  state = 1;
  for (int i = 0; i < n_timers; ++i) set(i, draw(2000));
  all_ran();
  finish();
}

static void deleted_ones_do_not_run(void) {
  make();
  state = 2;
  for (int i = 0; i < n_timers; ++i) set(i, draw(2000) + 400);
  for (int i = 0; i < n_timers; i += 3) {
    event_del(timers[i]);
    deadlines[i] = -1;
  }
  all_ran();
  finish();
}

static void moved_ones_run_once(void) {
  make();
  state = 3;
  struct timeval hour = {3600, 0};
  for (int i = 0; i < n_timers; ++i) event_add(timers[i], &hour);
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < n_timers; ++i) set(i, draw(1000) + 1000);
  }
  all_ran();
  finish();
}

static void apart(void) {
  make();
  state = 4;
  enum { few = 20 };
  int order[few];
  for (int i = 0; i < few; ++i) order[i] = i;
  for (int i = few - 1; i > 0; --i) {
    int j = draw(i + 1), old = order[i];
    order[i] = order[j];
    order[j] = old;
  }
  /* 12 ms apart: no step of a coarse clock is that wide. */
  for (int i = 0; i < few; ++i) set(i, order[i] * 240L);
  all_ran();
  ask(wrong_order);
  finish();
}

static void add_next(struct probe *self) {
  struct timeval tv = ms(0);
  if (self->count < 1000) event_add(self->ev, &tv);
}

static void a_thousand_in_a_row(void) {
  base = new_base();
  struct probe p = {.name = "timer", .then = add_next};
  p.ev = evtimer_new(base, quiet_cb, &p);
  struct timeval tv = ms(0);
  event_add(p.ev, &tv);
  ask(event_base_loop(base, 0));
  ask(p.count);
  event_free(p.ev);
  event_base_free(base);
}

int main(void) {
  situation("2,000 timers, each runs once", each_runs_once);
  situation("a third deleted", deleted_ones_do_not_run);
  situation("all moved three times", moved_ones_run_once);
  situation("well apart: in order", apart);
  situation("a thousand timers of zero, one after the other", a_thousand_in_a_row);
  return 0;
}
