/* Wake-ups between threads, each thread on a core of its own where there are two.
 *
 *   ping-pong  loop 0 wakes loop 1, whose callback wakes loop 0, ...: round trips per second
 *   flood      a thread wakes loop 1 as fast as it can. Wake-ups may be merged, but a callback must
 *              come after the last one; how many callbacks came is reported
 *   posts      a thread hands loop 1 single calls, each of which must run exactly once (where the
 *              library has such a thing: WAKEUP_HAS_POSTS)
 *
 * A contender defines the functions below and calls wakeup_arrived() from its callback. A lost
 * wake-up would hang the program: an alarm ends it with a message instead. */
#ifndef BENCH_WAKEUP_WAKEUP_H
#define BENCH_WAKEUP_WAKEUP_H

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "common/measure.h"

static void side_make(int side);
static void side_run(int side);  /* its loop, until side_stop() */
static void side_stop(int side); /* called on the loop's own thread */
static void side_wake(int side); /* called on any thread */
static void side_free(int side);
#ifdef WAKEUP_HAS_POSTS
static void side_post(int side); /* any thread: one call of wakeup_posted() on the loop's thread */
#endif

enum wakeup_mode { mode_ping_pong, mode_flood, mode_posts };

struct wakeups {
  enum wakeup_mode mode;
  long total;
  long rounds;      /* written by side 0 alone */
  long callbacks;   /* written by side 1 alone */
  atomic_long sent; /* wake-ups or posts so far */
  atomic_bool ended;
};

static struct wakeups wakeups;

static void wakeup_arrived(int side) {
  if (side == 0) {
    if (++wakeups.rounds < wakeups.total) {
      side_wake(1);
      return;
    }
    atomic_store(&wakeups.ended, 1);
    side_wake(1);
    side_stop(0);
    return;
  }
  ++wakeups.callbacks;
  if (wakeups.mode == mode_ping_pong) {
    if (atomic_load(&wakeups.ended))
      side_stop(1);
    else
      side_wake(0);
  } else if (wakeups.mode == mode_flood && atomic_load(&wakeups.sent) == wakeups.total) {
    side_stop(1);
  }
}

#ifdef WAKEUP_HAS_POSTS
static void wakeup_posted(void) {
  if (++wakeups.callbacks == wakeups.total) side_stop(1);
}
#endif

/* Side 0 on the first core that this process may use, side 1 on the last. */
static inline void wakeup_pin(int side) {
  cpu_set_t allowed, chosen;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  size_t core = CPU_SETSIZE;
  for (size_t i = 0; i < CPU_SETSIZE; ++i)
    if (CPU_ISSET(i, &allowed) && (side == 1 || core == CPU_SETSIZE)) core = i;
  CPU_ZERO(&chosen);
  CPU_SET(core, &chosen);
  pthread_setaffinity_np(pthread_self(), sizeof chosen, &chosen);
}

static void *wakeup_thread(void *arg) {
  (void)arg;
  wakeup_pin(1);
  side_run(1);
  return NULL;
}

static inline void wakeup_send_all(void) {
  for (long i = 1; i <= wakeups.total; ++i) {
    atomic_store(&wakeups.sent, i);
#ifdef WAKEUP_HAS_POSTS
    if (wakeups.mode == mode_posts) {
      side_post(1);
      continue;
    }
#endif
    side_wake(1);
  }
}

/* Runs one mode on fresh loops and prints its figures as members of a JSON object. */
static inline void wakeup_measure(enum wakeup_mode mode, const char *name, long total) {
  memset(&wakeups, 0, sizeof wakeups);
  wakeups.mode = mode;
  wakeups.total = total;
  side_make(0);
  side_make(1);
  uint64_t wall = wall_ns(), cpu = cpu_ns();
  pthread_t thread;
  if (pthread_create(&thread, NULL, wakeup_thread, NULL) != 0)
    bench_fail("pthread_create", "no thread");
  if (mode == mode_ping_pong) {
    side_wake(1);
    side_run(0);
  } else {
    wakeup_send_all();
  }
  pthread_join(thread, NULL);
  double seconds = (double)(wall_ns() - wall) * 1e-9;
  double cpu_each = (double)(cpu_ns() - cpu) / (double)total;
  printf(
      "\"%s_per_second\": %.0f, \"%s_cpu_ns\": %.1f, \"%s_callbacks\": %ld, "
      "\"%s_callbacks_per_second\": %.0f, ",
      name, (double)total / seconds, name, cpu_each, name, wakeups.callbacks, name,
      (double)wakeups.callbacks / seconds);
  side_free(0);
  side_free(1);
}

static void wakeup_lost(int number) {
  (void)number;
  static const char message[] = "bench: no progress for 60 s: a wake-up was lost\n";
  ssize_t ignored = write(2, message, sizeof message - 1);
  (void)ignored;
  _exit(1);
}

static inline int wakeup_main(int argc, char **argv) {
  long round_trips = bench_option(argc, argv, "--round-trips", 100000);
  long floods = bench_option(argc, argv, "--floods", 2000000);
  long posts = bench_option(argc, argv, "--posts", 500000);
  if (round_trips == 0 || floods == 0 || posts == 0) bench_fail("options", "must be at least 1");
  signal(SIGALRM, wakeup_lost);
  alarm(60);
  wakeup_pin(0);
  printf("{");
  wakeup_measure(mode_ping_pong, "ping_pong", round_trips);
  wakeup_measure(mode_flood, "flood", floods);
#ifdef WAKEUP_HAS_POSTS
  wakeup_measure(mode_posts, "posts", posts);
#endif
  printf("\"round_trips\": %ld}\n", round_trips);
  return 0;
}

#endif
