/* A million timers: what adding, moving, deleting and firing one costs.
 *
 * Everything is done from inside a callback of the loop, as programs do, so that the loops may use
 * the time they took at the start of the turn. Each phase handles every timer once; its figure is
 * the CPU time of the phase divided by the number of timers. All contenders keep their timers by
 * value in one array and get the same seeded deadlines.
 *
 *   add             a random deadline, 100 to 1000 s away
 *   rearm_later     added again, in order, 1 to 10 s later than before: an idle timeout that moves
 *   rearm_random    added again, in order, with a new random deadline
 *   delete_ordered  deleted in the order of the array
 *   delete_random   deleted in random order
 *   fire            random deadlines all passed: the loop runs every callback
 *   fire_rearmed    the same after each timer was moved later: includes what a loop that puts the
 *                   work of moving off has to pay then
 *
 * A contender defines the four functions below and calls timers_run() from a callback of its loop
 * until that returns 0. */
#ifndef BENCH_TIMERS_TIMERS_H
#define BENCH_TIMERS_TIMERS_H

#include "common/measure.h"

static void add_timer(size_t index, uint64_t microseconds);
static void move_timer(size_t index, uint64_t microseconds);
static void delete_timer(size_t index);
/* Calls timers_run() again in another turn. */
static void timers_next_turn(void);

enum { soonest_us = 100 * 1000000, latest_us = 1000 * 1000000, firing_us = 20000 };

struct timers {
  size_t count;
  uint64_t *deadlines; /* microseconds after the start of the phase */
  uint32_t *shuffled;
  size_t fired;
  int stage;
  uint64_t firing_began;
  double add, rearm_later, rearm_random, delete_ordered, delete_random, fire, fire_rearmed;
};

static struct timers timers;

static inline double timers_per_timer(uint64_t began) {
  return (double)(cpu_ns() - began) / (double)timers.count;
}

static inline void timers_draw(uint64_t seed, uint64_t from, uint64_t to) {
  struct bench_random random = {seed};
  for (size_t i = 0; i < timers.count; ++i)
    timers.deadlines[i] = from + bench_below(&random, to - from);
}

static inline double timers_add_all(void) {
  uint64_t began = cpu_ns();
  for (size_t i = 0; i < timers.count; ++i) add_timer(i, timers.deadlines[i]);
  return timers_per_timer(began);
}

static inline double timers_again_all(void) {
  uint64_t began = cpu_ns();
  for (size_t i = 0; i < timers.count; ++i) move_timer(i, timers.deadlines[i]);
  return timers_per_timer(began);
}

/* Deletion is measured with deadlines that have not been moved since the add. */
static inline void timers_measure_pending(void) {
  timers_draw(1, soonest_us, latest_us);
  timers.add = timers_add_all();
  uint64_t began = cpu_ns();
  for (size_t i = 0; i < timers.count; ++i) delete_timer(i);
  timers.delete_ordered = timers_per_timer(began);

  timers_add_all();
  began = cpu_ns();
  for (size_t i = 0; i < timers.count; ++i) delete_timer(timers.shuffled[i]);
  timers.delete_random = timers_per_timer(began);

  timers_add_all();
  struct bench_random random = {2};
  for (size_t i = 0; i < timers.count; ++i)
    timers.deadlines[i] += 1000000 + bench_below(&random, 9000000);
  timers.rearm_later = timers_again_all();
  timers_draw(3, soonest_us, latest_us);
  timers.rearm_random = timers_again_all();
  for (size_t i = 0; i < timers.count; ++i) delete_timer(i);
}

/* Adds timers with deadlines within the next 20 ms, and stays in this callback until all have
 * passed, so that the loop never has to wait while they fire. */
static inline void timers_prepare_firing(uint64_t seed, int moved) {
  uint64_t began = wall_ns();
  timers_draw(seed, 1, firing_us);
  timers_add_all();
  if (moved) {
    for (size_t i = 0; i < timers.count; ++i) timers.deadlines[i] += 1 + firing_us / 2;
    timers_again_all();
  }
  while (wall_ns() - began < 3u * firing_us * 1000u) continue;
  timers.fired = 0;
  timers.firing_began = cpu_ns();
}

static inline void timers_report(const char *method) {
  printf(
      "{\"timers\": %zu, \"add_ns\": %.1f, \"rearm_later_ns\": %.1f, \"rearm_random_ns\": %.1f, "
      "\"delete_ordered_ns\": %.1f, \"delete_random_ns\": %.1f, \"fire_ns\": %.1f, "
      "\"fire_rearmed_ns\": %.1f, \"method\": \"%s\"}\n",
      timers.count, timers.add, timers.rearm_later, timers.rearm_random, timers.delete_ordered,
      timers.delete_random, timers.fire, timers.fire_rearmed, method);
}

/* The next stage; 0 when there is none. */
static inline int timers_run(void) {
  switch (timers.stage++) {
    case 0:
      timers_measure_pending();
      timers_next_turn();
      return 1;
    case 1:
      timers_prepare_firing(4, 0);
      return 1;
    case 2:
      timers_prepare_firing(5, 1);
      return 1;
    default:
      return 0;
  }
}

/* Every timer's callback calls this. Starts the next stage after the last one. */
static inline void timers_on_fired(void) {
  if (++timers.fired < timers.count) return;
  double each = timers_per_timer(timers.firing_began);
  if (timers.stage == 2)
    timers.fire = each;
  else
    timers.fire_rearmed = each;
  timers_next_turn();
}

static inline void timers_make(int argc, char **argv) {
  timers.count = (size_t)bench_option(argc, argv, "--timers", 1000000);
  if (timers.count == 0) bench_fail("--timers", "must be at least 1");
  timers.deadlines = (uint64_t *)calloc(timers.count, sizeof *timers.deadlines);
  timers.shuffled = (uint32_t *)calloc(timers.count, sizeof *timers.shuffled);
  if (timers.deadlines == NULL || timers.shuffled == NULL) bench_fail("calloc", "out of memory");
  struct bench_random random = {6};
  for (size_t i = 0; i < timers.count; ++i) {
    size_t other = bench_below(&random, i + 1);
    timers.shuffled[i] = timers.shuffled[other];
    timers.shuffled[other] = (uint32_t)i;
  }
}

#endif
