/* event_set_mem_functions: balance, and failures at each allocation. */
#include "oracle.h"

static long live, calls, fail_at, foreign;

/* Each block carries a mark, so that a block of another allocator given to us is noticed. */
enum { mark = 0x5eed };

static int fails(void) {
  ++calls;
  return fail_at != 0 && calls == fail_at;
}

static void *my_malloc(size_t n) {
  if (fails()) return NULL;
  size_t *block = malloc(n + 16);
  if (block == NULL) return NULL;
  block[0] = mark;
  live++;
  return block + 2;
}

static void my_free(void *pointer) {
  if (pointer == NULL) return;
  size_t *block = (size_t *)pointer - 2;
  if (block[0] != mark) {
    foreign++;
    return;
  }
  block[0] = 0;
  live--;
  free(block);
}

static void *my_realloc(void *pointer, size_t n) {
  if (pointer == NULL) return my_malloc(n);
  if (fails()) return NULL;
  size_t *block = (size_t *)pointer - 2;
  if (block[0] != mark) {
    foreign++;
    return NULL;
  }
  block = realloc(block, n + 16);
  return block == NULL ? NULL : block + 2;
}

static void install(void) { event_set_mem_functions(my_malloc, my_realloc, my_free); }

static void use_everything(void) {
  struct event_config *config = event_config_new();
  event_config_avoid_method(config, "nothing");
  struct event_base *base = event_base_new_with_config(config);
  event_config_free(config);
  event_base_priority_init(base, 5);
  evutil_socket_t fds[2];
  socket_pair(fds);
  struct timeval tv = ms(1), hour = {3600, 0};
  struct probe p = {.name = "p", .then = then_drain};
  struct event *r = event_new(base, fds[0], EV_READ, quiet_cb, &p);
  p.ev = r;
  struct event *s = evsignal_new(base, SIGUSR1, quiet_cb, &(struct probe){.name = "s"});
  event_add(r, event_base_init_common_timeout(base, &hour));
  event_add(s, NULL);
  event_base_once(base, -1, EV_TIMEOUT, quiet_cb, &(struct probe){.name = "o"}, &tv);
  event_base_once(base, -1, EV_TIMEOUT, quiet_cb, &(struct probe){.name = "o"}, &hour);
  put(fds[1], 1);
  event_base_loop(base, EVLOOP_ONCE);
  event_free(r);
  event_free(s);
  event_base_free(base);
  struct evutil_monotonic_timer *timer = evutil_monotonic_timer_new();
  evutil_monotonic_timer_free(timer);
  close(fds[0]);
  close(fds[1]);
}

static void balance(void) {
  install();
  use_everything();
  libevent_global_shutdown();
  ask(live);
  ask(foreign);
  say("  the functions were used: %s", yes(calls > 0));
}

static void balance_with_threads(void) {
  install();
  if (evthread_use_pthreads() != 0) broken("evthread_use_pthreads");
  use_everything();
  libevent_global_shutdown();
  ask(live);
  ask(foreign);
}

static void balance_in_debug_mode(void) {
  install();
  event_enable_debug_mode();
  use_everything();
  libevent_global_shutdown();
  ask(live);
  ask(foreign);
}

static void balance_of_addresses(void) {
  install();
  struct evutil_addrinfo hints, *list = NULL;
  memset(&hints, 0, sizeof hints);
  hints.ai_flags = EVUTIL_AI_NUMERICHOST;
  hints.ai_socktype = SOCK_STREAM;
  ask(evutil_getaddrinfo("127.0.0.1", "80", &hints, &list));
  evutil_freeaddrinfo(list);
  libevent_global_shutdown();
  ask(live);
  ask(foreign);
}

/* The k-th allocation fails: no object, and nothing lost. How many allocations there are is each
 * library's own affair. */
static void base_without_memory(void) {
  install();
  watch_messages();
  int refused = 0, lost = 0;
  for (long k = 1; k <= 64; ++k) {
    long before = live;
    calls = 0;
    fail_at = k;
    struct event_base *base = event_base_new();
    int reached = calls >= k;
    fail_at = 0;
    if (base == NULL) {
      refused++;
    } else {
      event_base_free(base); /* made without what was refused */
    }
    if (live != before) lost++;
    if (!reached) break;
  }
  say("  refused at least once: %s", yes(refused > 0));
  say("  memory lost: %s", lost > 0 ? "sometimes" : "never");
}

static void event_without_memory(void) {
  install();
  struct event_base *base = new_base();
  calls = 0;
  fail_at = 1;
  struct event *ev = event_new(base, -1, 0, quiet_cb, NULL);
  fail_at = 0;
  say("  event_new: %s", null(ev));
  event_base_free(base);
}

static void others_without_memory(void) {
  install();
  watch_messages();
  struct event_base *base = new_base();
  struct timeval tv = ms(1000);
  calls = 0;
  fail_at = 1;
  say("  event_config_new: %s", null(event_config_new()));
  calls = 0;
  struct event_config *config = (fail_at = 0, event_config_new());
  calls = 0;
  fail_at = 1;
  ask(event_config_avoid_method(config, "x"));
  calls = 0;
  ask(event_base_once(base, -1, EV_TIMEOUT, quiet_cb, NULL, &tv));
  calls = 0;
  say("  event_base_init_common_timeout: %s", null(event_base_init_common_timeout(base, &tv)));
  calls = 0;
  say("  evutil_monotonic_timer_new: %s", null(evutil_monotonic_timer_new()));
  calls = 0;
  ask(event_base_priority_init(base, 100));
  fail_at = 0;
  event_config_free(config);
  event_base_free(base);
  libevent_global_shutdown();
  ask(live);
}

static void add_without_memory(void) {
  install();
  watch_messages();
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  struct event *r = event_new(base, fds[0], EV_READ, quiet_cb, NULL);
  struct event *t = evtimer_new(base, quiet_cb, NULL);
  struct timeval tv = ms(1000);
  calls = 0;
  fail_at = 1;
  int added = event_add(r, NULL);
  long asked = calls;
  /* Who asks for no memory cannot fail; who does has to say so and leave the event as it was. */
  say("  reader: %s", yes(asked == 0 ? added == 0 : added == -1 || calls > 1));
  fail_at = 0;
  event_add(t, &tv);
  ask_flags(event_pending(t, EV_TIMEOUT, NULL));
  ask(event_add(r, NULL));
  event_free(r);
  event_free(t);
  event_base_free(base);
  libevent_global_shutdown();
  ask(live);
}

static void back_to_the_usual_ones(void) {
  event_set_mem_functions(NULL, NULL, NULL);
  struct event_base *base = new_base();
  event_base_free(base);
  ask(calls);
}

int main(void) {
  situation("everything is released", balance);
  situation("with threads", balance_with_threads);
  situation("in debug mode", balance_in_debug_mode);
  situation("addresses", balance_of_addresses);
  situation("event_base_new: each allocation fails once", base_without_memory);
  situation("event_new", event_without_memory);
  situation("other makers", others_without_memory);
  situation("event_add", add_without_memory);
  situation("NULL: the usual functions", back_to_the_usual_ones);
  return 0;
}
