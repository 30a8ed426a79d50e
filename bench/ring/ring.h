/* The pipe ring: N socket pairs, some of them holding one byte. Who finds a byte in pair i takes it
 * out and puts one into pair i + 1, until a fixed number of bytes has been written. So the work of
 * each event is one recv and one send, the same for every contender, and what differs is what the
 * loop costs around it.
 *
 * A contender includes this, registers every `ring_pair.in` with its loop, calls ring_step() for
 * each readable pair, and leaves its loop when that returns 1. */
#ifndef BENCH_RING_RING_H
#define BENCH_RING_RING_H

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "common/measure.h"

struct ring_pair {
  int in;  /* watched for reading */
  int out; /* its other end */
  struct ring_pair *next;
};

struct ring {
  size_t pairs;
  size_t active;
  long warm_up; /* bytes that the section before the timed one writes */
  long writes;  /* bytes that the timed section writes */
  long left;    /* events to come in the section that runs now */
  long silent;  /* the last so many events pass nothing on */
};

static inline void ring_write(struct ring_pair *pair) {
  char byte = 'e';
  bench_check(send(pair->out, &byte, 1, 0) == 1, "send into the ring");
}

/* One event: takes the byte out and passes it on. 1 when it was the section's last. */
static inline int ring_step(struct ring *ring, struct ring_pair *pair) {
  char byte;
  bench_check(recv(pair->in, &byte, 1, 0) == 1, "recv from the ring");
  if (--ring->left >= ring->silent) ring_write(pair->next);
  return ring->left == 0;
}

/* Puts the first bytes in, evenly spread. `stride` is the distance in bytes from one contender's
 * watcher (which starts with its ring_pair) to the next. */
static inline void ring_start(struct ring *ring, void *watchers, size_t stride, long writes) {
  ring->silent = (long)ring->active;
  ring->left = writes + ring->silent;
  for (size_t i = 0; i < ring->active; ++i) {
    size_t index = i * (ring->pairs / ring->active);
    ring_write((struct ring_pair *)(void *)((char *)watchers + index * stride));
  }
}

/* Reads the options, allows as many descriptors as are needed, and makes the pairs: `*watchers` is
 * an array of elements of `stride` bytes, zeroed, each beginning with its ring_pair. */
static inline struct ring ring_make(int argc, char **argv, void **watchers, size_t stride) {
  struct ring ring;
  memset(&ring, 0, sizeof ring);
  ring.pairs = (size_t)bench_option(argc, argv, "--pairs", 100);
  ring.active = (size_t)bench_option(argc, argv, "--active", 100);
  ring.warm_up = bench_option(argc, argv, "--warm-up", 10000);
  ring.writes = bench_option(argc, argv, "--writes", 100000);
  if (ring.pairs == 0 || ring.active == 0) bench_fail("--pairs, --active", "must be at least 1");
  if (ring.active > ring.pairs) ring.active = ring.pairs;

  struct rlimit limit;
  bench_check(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
  limit.rlim_cur = limit.rlim_max;
  bench_check(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");

  char *array = (char *)calloc(ring.pairs, stride);
  if (array == NULL) bench_fail("calloc", "out of memory");
  for (size_t i = 0; i < ring.pairs; ++i) {
    struct ring_pair *pair = (struct ring_pair *)(void *)(array + i * stride);
    int ends[2];
    bench_check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0,
                "socketpair (raise the limit of open files: ulimit -n)");
    pair->in = ends[0];
    pair->out = ends[1];
    pair->next = (struct ring_pair *)(void *)(array + (i + 1) % ring.pairs * stride);
  }
  *watchers = array;
  return ring;
}

static inline void ring_report(const struct ring *ring, uint64_t cpu, uint64_t wall,
                               const char *method) {
  long count = ring->writes + (long)ring->active;
  double events = (double)count;
  printf(
      "{\"pairs\": %zu, \"active\": %zu, \"events\": %ld, \"cpu_ns_per_event\": %.2f, "
      "\"wall_ns_per_event\": %.2f, \"method\": \"%s\"}\n",
      ring->pairs, ring->active, count, (double)cpu / events, (double)wall / events, method);
}

/* Runs a short section to warm up and then the timed one. `turn` runs the contender's loop until
 * ring_step() has returned 1. */
static inline void ring_measure(struct ring *ring, void *watchers, size_t stride,
                                void (*turn)(void *loop), void *loop, const char *method) {
  ring_start(ring, watchers, stride, ring->warm_up);
  turn(loop);
  ring_start(ring, watchers, stride, ring->writes);
  uint64_t wall = wall_ns(), cpu = cpu_ns();
  turn(loop);
  cpu = cpu_ns() - cpu;
  wall = wall_ns() - wall;
  ring_report(ring, cpu, wall, method);
}

#endif
