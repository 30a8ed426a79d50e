/* What every benchmark program here shares: clocks, options, a seeded generator, and the one way to
 * stop on an error. C and C++. */
#ifndef BENCH_COMMON_MEASURE_H
#define BENCH_COMMON_MEASURE_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static inline uint64_t bench_clock_ns(clockid_t id) {
  struct timespec now;
  clock_gettime(id, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* User plus system time of the whole process: what a figure "per event" is made of. Unlike elapsed
 * time it does not count what other processes do on the same core. */
static inline uint64_t cpu_ns(void) { return bench_clock_ns(CLOCK_PROCESS_CPUTIME_ID); }

static inline uint64_t wall_ns(void) { return bench_clock_ns(CLOCK_MONOTONIC); }

__attribute__((noreturn)) static inline void bench_fail(const char *what, const char *why) {
  fprintf(stderr, "bench: %s: %s\n", what, why);
  exit(1);
}

static inline void bench_check(int succeeded, const char *what) {
  if (!succeeded) bench_fail(what, strerror(errno));
}

/* The value of `--name VALUE`, or `fallback` when the option is not given. */
static inline long bench_option(int argc, char **argv, const char *name, long fallback) {
  for (int i = 1; i + 1 < argc; i += 2) {
    if (strcmp(argv[i], name) != 0) continue;
    char *end;
    errno = 0;
    long value = strtol(argv[i + 1], &end, 10);
    if (*end != '\0' || end == argv[i + 1] || errno != 0 || value < 0)
      bench_fail(name, "takes a number that is not negative");
    return value;
  }
  return fallback;
}

/* splitmix64: the same seed gives the same sequence to every contender. */
struct bench_random {
  uint64_t state;
};

static inline uint64_t bench_next(struct bench_random *random) {
  uint64_t z = (random->state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/* A number in [0, limit). The bias of the remainder does not matter at these sizes. */
static inline uint64_t bench_below(struct bench_random *random, uint64_t limit) {
  return bench_next(random) % limit;
}

#endif
