/* A wake-up by another thread is not an event: EVLOOP_ONCE goes on waiting for one. */
#include "oracle.h"

static struct event_base *base;
static int gate[2];

static void open_gate(struct probe *self) {
  (void)self;
  put(gate[1], 1);
}

static void *add_far_timer(void *arg) {
  struct event *ev = arg;
  struct timeval hour = {3600, 0};
  char byte;
  if (read(gate[0], &byte, 1) != 1) broken("read");
  event_add(ev, &hour);
  return NULL;
}

static void once_is_not_ended_by_a_wake_up(void) {
  if (evthread_use_pthreads() != 0 || pipe(gate) != 0) broken("threads");
  base = new_base();
  struct probe first = {.name = "first", .then = open_gate}, second = {.name = "second"};
  struct timeval soon = ms(5), later = ms(250);
  struct event *far = evtimer_new(base, quiet_cb, &first);
  event_add(watch(base, &first, -1, 0), &soon);
  ask(event_base_loop(base, EVLOOP_ONCE));
  event_add(watch(base, &second, -1, 0), &later);
  pthread_t thread;
  pthread_create(&thread, NULL, add_far_timer, far);
  ask(event_base_loop(base, EVLOOP_ONCE));
  ask(second.count);
  pthread_join(thread, NULL);
  event_free(far);
  event_free(first.ev);
  event_free(second.ev);
  event_base_free(base);
}

static void *only_activate(void *arg) {
  char byte;
  if (read(gate[0], &byte, 1) != 1) broken("read");
  event_active(arg, EV_READ, 1);
  return NULL;
}

static void an_empty_loop_is_kept_and_woken(void) {
  if (evthread_use_pthreads() != 0 || pipe(gate) != 0) broken("threads");
  base = new_base();
  struct probe p = {.name = "activated", .then = then_break};
  watch(base, &p, -1, 0);
  pthread_t thread;
  pthread_create(&thread, NULL, only_activate, p.ev);
  put(gate[1], 1);
  ask(event_base_loop(base, EVLOOP_NO_EXIT_ON_EMPTY));
  pthread_join(thread, NULL);
  event_free(p.ev);
  event_base_free(base);
}

static int calls;

static void count_call(evutil_socket_t fd, short what, void *arg) {
  (void)fd;
  (void)what;
  (void)arg;
  if (++calls == 1) put(gate[1], 1);
}

static void *signal_the_process(void *arg) {
  (void)arg;
  char byte;
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  pthread_sigmask(SIG_UNBLOCK, &set, NULL);
  if (read(gate[0], &byte, 1) != 1) broken("read");
  pthread_kill(pthread_self(), SIGUSR1);
  return NULL;
}

static void signal_caught_by_another_thread(void) {
  if (evthread_use_pthreads() != 0 || pipe(gate) != 0) broken("threads");
  base = new_base();
  struct probe p = {.name = "usr1", .then = then_break};
  event_add(watch(base, &p, SIGUSR1, EV_SIGNAL | EV_PERSIST), NULL);
  event_base_once(base, -1, EV_TIMEOUT, count_call, NULL, NULL);
  pthread_t thread;
  pthread_create(&thread, NULL, signal_the_process, NULL);
  ask(event_base_loop(base, 0));
  pthread_join(thread, NULL);
  event_free(p.ev);
  event_base_free(base);
}

/* Two loops in two threads hand a token back and forth. */
enum { rounds = 500 };
static struct event *ping, *pong;
static struct event_base *other_base;
static int pings, pongs;

static void on_ping(evutil_socket_t fd, short what, void *arg) {
  (void)fd;
  (void)what;
  (void)arg;
  if (++pings == rounds) {
    event_base_loopbreak(base);
    event_base_loopbreak(other_base);
    return;
  }
  event_active(pong, EV_WRITE, 1);
}

static void on_pong(evutil_socket_t fd, short what, void *arg) {
  (void)fd;
  (void)what;
  (void)arg;
  ++pongs;
  event_active(ping, EV_WRITE, 1);
}

static void *other_loop(void *arg) {
  (void)arg;
  event_base_loop(other_base, EVLOOP_NO_EXIT_ON_EMPTY);
  return NULL;
}

static void token_between_two_loops(void) {
  if (evthread_use_pthreads() != 0) broken("threads");
  base = new_base();
  other_base = new_base();
  ping = event_new(base, -1, 0, on_ping, NULL);
  pong = event_new(other_base, -1, 0, on_pong, NULL);
  event_active(ping, EV_WRITE, 1);
  pthread_t thread;
  pthread_create(&thread, NULL, other_loop, NULL);
  ask(event_base_loop(base, EVLOOP_NO_EXIT_ON_EMPTY));
  pthread_join(thread, NULL);
  ask(pings);
  ask(pongs);
  event_free(ping);
  event_free(pong);
  event_base_free(base);
  event_base_free(other_base);
}

static void *enter_the_loop_too(void *arg) {
  int *got = arg;
  char byte;
  if (read(gate[0], &byte, 1) != 1) broken("read");
  *got = event_base_loop(base, EVLOOP_NONBLOCK);
  event_base_loopbreak(base);
  return NULL;
}

static void entered_by_two_threads(void) {
  if (evthread_use_pthreads() != 0 || pipe(gate) != 0) broken("threads");
  base = new_base();
  watch_messages();
  struct probe p = {.name = "runs", .then = open_gate};
  struct timeval hour = {3600, 0};
  event_add(watch(base, &p, -1, EV_PERSIST), &hour);
  event_active(p.ev, EV_READ, 1);
  int got = 7;
  pthread_t thread;
  pthread_create(&thread, NULL, enter_the_loop_too, &got);
  ask(event_base_loop(base, 0));
  pthread_join(thread, NULL);
  ask(got);
  say("  warned: %s", yes(message_count(EVENT_LOG_WARN) > 0));
  event_free(p.ev);
  event_base_free(base);
}

int main(void) {
  situation("EVLOOP_ONCE and a wake-up without an event", once_is_not_ended_by_a_wake_up);
  situation("an empty loop, woken by an activation", an_empty_loop_is_kept_and_woken);
  situation("a signal caught by another thread", signal_caught_by_another_thread);
  situation("a token between two loops", token_between_two_loops);
  situation("entered by two threads", entered_by_two_threads);
  return 0;
}
