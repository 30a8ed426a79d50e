/* evthread_enable_lock_debugging: correct use stays quiet; the old misspelled name exists. */
#include "oracle.h"

static void work(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  put(fds[1], 1);
  struct probe r = {.name = "reader"}, s = {.name = "signal", .then = then_del};
  event_add(watch(base, &r, fds[0], EV_READ), NULL);
  event_add(watch(base, &s, SIGUSR1, EV_SIGNAL | EV_PERSIST), NULL);
  ask(event_base_loop(base, EVLOOP_ONCE));
  raise(SIGUSR1);
  ask(event_base_loop(base, 0));
  event_free(r.ev);
  event_free(s.ev);
  event_base_free(base);
}

static void correct_use(void) {
  expect_fatal("lock");
  evthread_enable_lock_debugging();
  if (evthread_use_pthreads() != 0) broken("evthread_use_pthreads");
  work();
  libevent_global_shutdown();
}

static void old_name(void) {
  expect_fatal("lock");
  evthread_enable_lock_debuging();
  if (evthread_use_pthreads() != 0) broken("evthread_use_pthreads");
  work();
}

static void after_the_callbacks(void) {
  expect_fatal("lock");
  if (evthread_use_pthreads() != 0) broken("evthread_use_pthreads");
  evthread_enable_lock_debugging();
  work();
}

static void twice(void) {
  expect_fatal("lock");
  evthread_enable_lock_debugging();
  evthread_enable_lock_debugging();
  if (evthread_use_pthreads() != 0) broken("evthread_use_pthreads");
  work();
}

static void without_threads(void) {
  expect_fatal("lock");
  evthread_enable_lock_debugging();
  work();
}

static void *activate(void *arg) {
  struct event *ev = arg;
  event_active(ev, EV_READ, 1);
  return NULL;
}

static void two_threads(void) {
  expect_fatal("lock");
  evthread_enable_lock_debugging();
  if (evthread_use_pthreads() != 0) broken("evthread_use_pthreads");
  struct event_base *base = new_base();
  struct probe p = {.name = "activated by another thread", .then = then_break};
  struct timeval hour = {3600, 0};
  event_add(watch(base, &p, -1, EV_PERSIST), &hour);
  pthread_t thread;
  pthread_create(&thread, NULL, activate, p.ev);
  ask(event_base_loop(base, 0));
  pthread_join(thread, NULL);
  event_free(p.ev);
  event_base_free(base);
}

int main(void) {
  situation("correct use", correct_use);
  situation("evthread_enable_lock_debuging", old_name);
  situation("enabled after the callbacks", after_the_callbacks);
  situation("enabled twice", twice);
  situation("without threads", without_threads);
  situation("two threads", two_threads);
  return 0;
}
