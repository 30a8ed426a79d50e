/* event_enable_debug_mode: misuse ends in the fatal callback, correct use does not. The wording is
 * each library's own; that the message names the misuse is compared. */
#include "oracle.h"

#include <event2/event_struct.h>

static struct event_base *base;
static struct event held;

static void start(const char *word) {
  expect_fatal(word);
  event_enable_debug_mode();
  base = new_base();
  memset(&held, 0, sizeof held);
}

static void correct_use(void) {
  start("nothing");
  struct timeval tv = ms(1);
  struct probe p = {.name = "timer"};
  ask(event_assign(&held, base, -1, 0, probe_cb, &p));
  ask(event_add(&held, &tv));
  ask(event_base_loop(base, 0));
  ask(event_assign(&held, base, -1, EV_PERSIST, probe_cb, &p));
  ask(event_add(&held, &tv));
  ask(event_del(&held));
  event_debug_unassign(&held);
  struct event *ev = event_new(base, -1, 0, probe_cb, &p);
  event_active(ev, EV_READ, 1);
  ask(event_base_loop(base, 0));
  event_free(ev);
  event_base_free(base);
  libevent_global_shutdown();
}

static void add_without_assign(void) {
  start("event_add|non-initialized|not initialized|not assigned");
  ask(event_add(&held, NULL));
  say("  warned: %s", yes(message_count(EVENT_LOG_WARN) > 0));
}

static void del_without_assign(void) {
  start("event_del|non-initialized|not initialized|not assigned");
  ask(event_del(&held));
  say("  warned: %s", yes(message_count(EVENT_LOG_WARN) > 0));
}

static void active_without_assign(void) {
  start("event_active|non-initialized|not initialized|not assigned");
  event_active(&held, EV_READ, 1);
  say("  warned: %s", yes(message_count(EVENT_LOG_WARN) > 0));
}

static void pending_without_assign(void) {
  start("event_pending|non-initialized|not initialized|not assigned");
  ask(event_pending(&held, EV_READ, NULL));
  say("  warned: %s", yes(message_count(EVENT_LOG_WARN) > 0));
}

static void priority_without_assign(void) {
  start("event_priority_set|non-initialized|not initialized|not assigned");
  event_priority_set(&held, 0);
  say("  got away with it");
}

static void getter_without_assign(void) {
  start("event_get_fd|non-initialized|not initialized|not assigned");
  event_get_fd(&held);
  say("  got away with it");
}

static void assign_while_pending(void) {
  start("added|already|pending");
  struct timeval tv = ms(1000);
  event_assign(&held, base, -1, 0, quiet_cb, NULL);
  event_add(&held, &tv);
  event_assign(&held, base, -1, 0, quiet_cb, NULL);
  say("  got away with it");
}

static void unassign_while_pending(void) {
  start("event_debug_unassign|added|pending|non-initialized");
  struct timeval tv = ms(1000);
  event_assign(&held, base, -1, 0, quiet_cb, NULL);
  event_add(&held, &tv);
  event_debug_unassign(&held);
  say("  got away with it");
}

static void used_after_unassign(void) {
  start("non-initialized|not initialized|not assigned");
  event_assign(&held, base, -1, 0, quiet_cb, NULL);
  event_debug_unassign(&held);
  event_add(&held, NULL);
  say("  got away with it");
}

static void enabled_late(void) {
  expect_fatal("before|debug mode");
  base = new_base();
  event_enable_debug_mode();
  say("  got away with it");
}

static void enabled_twice(void) {
  expect_fatal("twice|debug mode");
  event_enable_debug_mode();
  event_enable_debug_mode();
  say("  got away with it");
}

static void blocking_socket(void) {
  start("nonblocking|non-blocking");
  evutil_socket_t fds[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0) broken("socketpair");
  int got = event_assign(&held, base, fds[0], EV_READ | EV_ET, quiet_cb, NULL);
  say("  edge-triggered on a blocking socket: %d", got);
}

static void unassign_without_debug_mode(void) {
  base = new_base();
  event_assign(&held, base, -1, 0, quiet_cb, NULL);
  event_debug_unassign(&held);
  ask(event_initialized(&held));
  event_base_free(base);
}

static void *with_threads_cb(void *arg) {
  event_active(arg, EV_READ, 1);
  return NULL;
}

static void with_threads(void) {
  expect_fatal("nothing");
  if (evthread_use_pthreads() != 0) broken("evthread_use_pthreads");
  event_enable_debug_mode();
  base = new_base();
  struct probe p = {.name = "activated", .then = then_break};
  struct timeval hour = {3600, 0};
  event_add(watch(base, &p, -1, EV_PERSIST), &hour);
  pthread_t thread;
  pthread_create(&thread, NULL, with_threads_cb, p.ev);
  ask(event_base_loop(base, 0));
  pthread_join(thread, NULL);
  event_free(p.ev);
  event_base_free(base);
}

int main(void) {
  situation("correct use", correct_use);
  situation("event_add without event_assign", add_without_assign);
  situation("event_del without event_assign", del_without_assign);
  situation("event_active without event_assign", active_without_assign);
  situation("event_pending without event_assign", pending_without_assign);
  situation("event_priority_set without event_assign", priority_without_assign);
  situation("event_get_fd without event_assign", getter_without_assign);
  situation("event_assign of a pending event", assign_while_pending);
  situation("event_debug_unassign of a pending event", unassign_while_pending);
  situation("used after event_debug_unassign", used_after_unassign);
  situation("enabled after a base was made", enabled_late);
  situation("enabled twice", enabled_twice);
  situation("edge-triggered on a blocking socket", blocking_socket);
  situation("event_debug_unassign without debug mode", unassign_without_debug_mode);
  situation("with threads", with_threads);
  return 0;
}
