/* Other threads add, delete and activate while the loop waits. */
#include "oracle.h"

static struct event_base *base;
static struct event *keeper; /* keeps the loop alive, an hour if need be */

static void start(void) {
  if (evthread_use_pthreads() != 0) broken("evthread_use_pthreads");
  base = new_base();
  struct timeval hour = {3600, 0};
  keeper = event_new(base, -1, EV_PERSIST, quiet_cb, NULL);
  event_add(keeper, &hour);
}

static void finish(void) {
  event_free(keeper);
  event_base_free(base);
}

/* The other thread's work begins when the loop's thread is about to wait: a timer of the loop tells
 * it through a pipe. It may still be early by the time of a system call; both orders must do. */
static int gate[2];

static void open_gate(evutil_socket_t fd, short what, void *arg) {
  (void)fd;
  (void)what;
  (void)arg;
  put(gate[1], 1);
}

static void wait_for_gate(void) {
  char byte;
  while (read(gate[0], &byte, 1) != 1) {
    if (errno != EINTR) broken("read");
  }
}

static void run_with(void *(*other)(void *), void *arg) {
  if (pipe(gate) != 0) broken("pipe");
  struct timeval tv = ms(5);
  event_base_once(base, -1, EV_TIMEOUT, open_gate, NULL, &tv);
  pthread_t thread;
  if (pthread_create(&thread, NULL, other, arg) != 0) broken("pthread_create");
  ask(event_base_loop(base, 0));
  pthread_join(thread, NULL);
}

static void *activate(void *arg) {
  struct probe *p = arg;
  wait_for_gate();
  event_active(p->ev, EV_WRITE, 1);
  return NULL;
}

static void activated(void) {
  start();
  struct probe p = {.name = "activated", .then = then_break};
  watch(base, &p, -1, 0);
  run_with(activate, &p);
  event_free(p.ev);
  finish();
}

/* Told after the join: which thread is the first to write a line is nobody's promise. */
static int result = -7;

static void *add_reader(void *arg) {
  struct probe *p = arg;
  wait_for_gate();
  result = event_add(p->ev, NULL);
  return NULL;
}

static void added(void) {
  start();
  evutil_socket_t fds[2];
  socket_pair(fds);
  put(fds[1], 1);
  struct probe p = {.name = "added, already readable", .then = then_break};
  watch(base, &p, fds[0], EV_READ);
  run_with(add_reader, &p);
  ask(result);
  event_free(p.ev);
  finish();
}

static void *add_timer(void *arg) {
  struct probe *p = arg;
  struct timeval tv = ms(10);
  wait_for_gate();
  result = event_add(p->ev, &tv);
  return NULL;
}

static void timed(void) {
  start();
  struct probe p = {.name = "timer, earlier than the one waited for", .then = then_break};
  watch(base, &p, -1, 0);
  run_with(add_timer, &p);
  ask(result);
  event_free(p.ev);
  finish();
}

static void *delete_reader(void *arg) {
  struct probe *p = arg;
  evutil_socket_t *other_end = p->data;
  wait_for_gate();
  result = event_del(p->ev);
  put(*other_end, 1);
  event_base_loopexit(base, NULL);
  return NULL;
}

static void deleted(void) {
  start();
  evutil_socket_t fds[2];
  socket_pair(fds);
  struct probe p = {.name = "never", .data = &fds[1]};
  event_add(watch(base, &p, fds[0], EV_READ | EV_PERSIST), NULL);
  run_with(delete_reader, &p);
  ask(result);
  ask(p.count);
  event_free(p.ev);
  finish();
}

static void *stop(void *arg) {
  (void)arg;
  wait_for_gate();
  result = event_base_loopexit(base, NULL);
  return NULL;
}

static void exited(void) {
  start();
  run_with(stop, NULL);
  ask(result);
  ask(event_base_got_exit(base));
  finish();
}

static void *stop_at_once(void *arg) {
  (void)arg;
  wait_for_gate();
  result = event_base_loopbreak(base);
  return NULL;
}

static void broken_off(void) {
  start();
  run_with(stop_at_once, NULL);
  ask(result);
  ask(event_base_got_break(base));
  finish();
}

static void *schedule_once(void *arg) {
  wait_for_gate();
  event_base_once(base, -1, EV_TIMEOUT, probe_cb, arg, NULL);
  return NULL;
}

static void break_the_base(struct probe *self) {
  (void)self;
  event_base_loopbreak(base);
}

static void once(void) {
  start();
  struct probe p = {.name = "once", .then = break_the_base};
  run_with(schedule_once, &p);
  finish();
}

enum { many = 2000 };

static void counted_cb(evutil_socket_t fd, short what, void *arg) {
  (void)fd;
  (void)what;
  int *n = arg;
  if (++*n == 2 * many) event_base_loopbreak(base);
}

static void *post_many(void *arg) {
  for (int i = 0; i < many; ++i) {
    if (event_base_once(base, -1, EV_TIMEOUT, counted_cb, arg, NULL) != 0) broken("once");
  }
  return NULL;
}

static void none_is_lost(void) {
  start();
  int n = 0;
  pthread_t threads[2];
  for (int i = 0; i < 2; ++i) pthread_create(&threads[i], NULL, post_many, &n);
  ask(event_base_loop(base, 0));
  for (int i = 0; i < 2; ++i) pthread_join(threads[i], NULL);
  ask(n);
  finish();
}

static void finalized(struct event *ev, void *arg) {
  struct probe *self = arg;
  (void)ev;
  say("  finalizer of %s", self->name);
  event_base_loopbreak(base);
}

static void *finalize_elsewhere(void *arg) {
  struct probe *p = arg;
  wait_for_gate();
  event_free_finalize(0, p->ev, finalized);
  return NULL;
}

static void finalized_elsewhere(void) {
  start();
  evutil_socket_t fds[2];
  socket_pair(fds);
  struct probe p = {.name = "reader"};
  event_add(watch(base, &p, fds[0], EV_READ | EV_PERSIST | EV_FINALIZE), NULL);
  run_with(finalize_elsewhere, &p);
  finish();
}

int main(void) {
  situation("activated by another thread", activated);
  situation("added by another thread", added);
  situation("a timer added by another thread", timed);
  situation("deleted by another thread, then readable", deleted);
  situation("loopexit by another thread", exited);
  situation("loopbreak by another thread", broken_off);
  situation("event_base_once by another thread", once);
  situation("4,000 of two threads, none lost", none_is_lost);
  situation("finalized by another thread", finalized_elsewhere);
  return 0;
}
