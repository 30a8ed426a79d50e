/* Sizes of the public objects, and what an event and a loop cost in heap, descriptors and mappings.
 * Compiled twice: against libevent and against eddy. */
#define _GNU_SOURCE
#include <event2/event.h>
#include <event2/event_struct.h>
#include <event2/keyvalq_struct.h>
#include <event2/thread.h>
#include <event2/util.h>

#include <dirent.h>

#include "common/listen.h"
#include "common/memory.h"

static long open_descriptors(void) {
  DIR *folder = opendir("/proc/self/fd");
  if (folder == NULL) bench_fail("/proc/self/fd", "cannot be read");
  long count = 0;
  while (readdir(folder) != NULL) ++count;
  closedir(folder);
  return count;
}

static void ignore(evutil_socket_t fd, short what, void *arg) {
  (void)fd;
  (void)what;
  (void)arg;
}

static void print_sizes(void) {
#define SIZE(type) printf("\"sizeof %s\": %zu, ", #type, sizeof(type))
  SIZE(struct event);
  SIZE(struct event_callback);
  SIZE(struct evkeyval);
  SIZE(struct evkeyvalq);
  SIZE(struct event_list);
  SIZE(struct evthread_lock_callbacks);
  SIZE(struct evthread_condition_callbacks);
  SIZE(evutil_socket_t);
#undef SIZE
}

/* The loops are kept until the end, so that what one frees cannot hide what the next one takes. */
static void print_loops(size_t loops) {
  struct event_base **bases = calloc(loops, sizeof *bases);
  if (bases == NULL) bench_fail("calloc", "out of memory");
  event_base_free(event_base_new()); /* what the first loop of a process sets up once */
  double heap = bench_heap_bytes(), mapped = bench_statm_bytes(0);
  long descriptors = open_descriptors();
  for (size_t i = 0; i < loops; ++i)
    if ((bases[i] = event_base_new()) == NULL) bench_fail("event_base_new", "no loop");
  double count = (double)loops;
  printf("\"heap bytes per loop\": %.0f, \"descriptors per loop\": %.1f, ",
         (bench_heap_bytes() - heap) / count, (double)(open_descriptors() - descriptors) / count);
  printf("\"address space per loop\": %.0f, ", (bench_statm_bytes(0) - mapped) / count);
  for (size_t i = 0; i < loops; ++i) event_base_free(bases[i]);
  free(bases);
}

struct subject {
  int fd;
  struct event event;
};

static void add_events(struct event_base *base, struct subject *subjects, size_t count, short what,
                       const struct timeval *after) {
  for (size_t i = 0; i < count; ++i) {
    event_assign(&subjects[i].event, base, what & EV_READ ? subjects[i].fd : -1, what, ignore,
                 NULL);
    bench_check(event_add(&subjects[i].event, after) == 0, "event_add");
  }
}

/* The heap that `count` added events take beyond their own struct event, after one turn. */
static void print_added(const char *name, struct subject *subjects, size_t count, short what) {
  static const struct timeval hour = {3600, 0};
  struct event_base *base = event_base_new();
  if (base == NULL) bench_fail("event_base_new", "no loop");
  event_base_loop(base, EVLOOP_NONBLOCK);
  double heap = bench_heap_bytes();
  add_events(base, subjects, count, what, what & EV_TIMEOUT ? &hour : NULL);
  event_base_loop(base, EVLOOP_NONBLOCK);
  printf("\"heap bytes per added %s\": %.1f, ", name, (bench_heap_bytes() - heap) / (double)count);
  for (size_t i = 0; i < count; ++i) event_del(&subjects[i].event);
  event_base_free(base);
}

static void print_created(size_t count) {
  struct event_base *base = event_base_new();
  struct event **events = calloc(count, sizeof *events);
  if (base == NULL || events == NULL) bench_fail("event_base_new", "no loop");
  double heap = bench_heap_bytes();
  for (size_t i = 0; i < count; ++i) events[i] = event_new(base, -1, 0, ignore, NULL);
  printf("\"heap bytes per event_new\": %.1f, ", (bench_heap_bytes() - heap) / (double)count);
  for (size_t i = 0; i < count; ++i) event_free(events[i]);
  free(events);
  event_base_free(base);
}

int main(int argc, char **argv) {
  size_t loops = (size_t)bench_option(argc, argv, "--loops", 100);
  size_t count = (size_t)bench_option(argc, argv, "--events", 1000);
  if (loops == 0 || count == 0) bench_fail("--loops, --events", "must be at least 1");
  bench_raise_descriptors();

  struct subject *subjects = calloc(count, sizeof *subjects);
  if (subjects == NULL) bench_fail("calloc", "out of memory");
  for (size_t i = 0; i < count; ++i) {
    int ends[2]; /* nothing is ever written, so no event fires */
    bench_check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "socketpair");
    subjects[i].fd = ends[0];
  }
  printf("{");
  print_sizes();
  print_loops(loops);
  print_created(count);
  print_added("reader", subjects, count, EV_READ | EV_PERSIST);
  print_added("timer", subjects, count, EV_TIMEOUT);
  print_added("reader with a timeout", subjects, count, EV_READ | EV_TIMEOUT | EV_PERSIST);
  printf("\"version\": \"%s\"}\n", event_get_version());
  return 0;
}
