/* event_reinit after fork: parent and child go their own ways. */
#include "oracle.h"

/* Runs `body` in a child process, and waits for its end, so that the lines keep their order. */
static void in_child(struct event_base *base, void (*body)(struct event_base *)) {
  pid_t child = fork();
  if (child < 0) broken("fork");
  if (child == 0) {
    alarm(6);
    body(base);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (status != 0) say("  the child ended with 0x%x", (unsigned)status);
}

static evutil_socket_t fds[2];
static struct probe reader = {.name = "reader", .then = then_drain};
static struct probe timer = {.name = "timer"};

static void child_reads(struct event_base *base) {
  ask(event_reinit(base));
  put(fds[1], 1);
  ask(event_base_loop(base, EVLOOP_ONCE));
  event_del(reader.ev);
  ask(event_base_loop(base, 0));
}

static void pending_events_go_on_in_both(void) {
  struct event_base *base = new_base();
  socket_pair(fds);
  event_add(watch(base, &reader, fds[0], EV_READ | EV_PERSIST), NULL);
  ask(event_base_loop(base, EVLOOP_NONBLOCK));
  say("  child");
  in_child(base, child_reads);
  say("  parent");
  put(fds[1], 1);
  ask(event_base_loop(base, EVLOOP_ONCE));
  ask(reader.count);
  event_free(reader.ev);
  event_base_free(base);
}

static void child_has_the_timer(struct event_base *base) {
  ask(event_reinit(base));
  ask(event_base_loop(base, 0));
}

static void timers_go_on_in_both(void) {
  struct event_base *base = new_base();
  struct timeval tv = ms(20);
  evtimer_add(watch(base, &timer, -1, 0), &tv);
  say("  child");
  in_child(base, child_has_the_timer);
  say("  parent");
  ask(event_base_loop(base, 0));
  event_free(timer.ev);
  event_base_free(base);
}

static struct probe usr1 = {.name = "usr1", .then = then_del};

static void child_raises(struct event_base *base) {
  ask(event_reinit(base));
  raise(SIGUSR1);
  ask(event_base_loop(base, 0));
}

static void signals_stay_apart(void) {
  struct event_base *base = new_base();
  evsignal_add(usr1.ev = evsignal_new(base, SIGUSR1, probe_cb, &usr1), NULL);
  say("  child");
  in_child(base, child_raises);
  say("  parent: nothing of the child's signal");
  ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  raise(SIGUSR1);
  ask(event_base_loop(base, 0));
  event_free(usr1.ev);
  event_base_free(base);
}

static void child_deletes(struct event_base *base) {
  ask(event_reinit(base));
  ask(event_del(reader.ev));
  ask(event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED));
  event_free(reader.ev);
  event_base_free(base);
}

static void a_child_that_frees_leaves_the_parent(void) {
  struct event_base *base = new_base();
  socket_pair(fds);
  event_add(watch(base, &reader, fds[0], EV_READ | EV_PERSIST), NULL);
  say("  child");
  in_child(base, child_deletes);
  say("  parent");
  put(fds[1], 1);
  ask(event_base_loop(base, EVLOOP_ONCE));
  event_free(reader.ev);
  event_base_free(base);
}

static void child_runs_the_active(struct event_base *base) {
  ask(event_reinit(base));
  ask(event_base_loop(base, 0));
}

static void active_events(void) {
  struct event_base *base = new_base();
  event_active(watch(base, &timer, -1, 0), EV_READ, 1);
  say("  child");
  in_child(base, child_runs_the_active);
  say("  parent");
  ask(event_base_loop(base, 0));
  event_free(timer.ev);
  event_base_free(base);
}

static void without_fork(void) {
  struct event_base *base = new_base();
  socket_pair(fds);
  event_add(watch(base, &reader, fds[0], EV_READ | EV_PERSIST), NULL);
  evsignal_add(usr1.ev = evsignal_new(base, SIGUSR1, probe_cb, &usr1), NULL);
  ask(event_reinit(base));
  ask(event_reinit(base));
  put(fds[1], 1);
  ask(event_base_loop(base, EVLOOP_ONCE));
  raise(SIGUSR1);
  ask(event_base_loop(base, EVLOOP_ONCE));
  event_free(reader.ev);
  event_free(usr1.ev);
  event_base_free(base);
}

static void with_threads_enabled(void) {
  if (evthread_use_pthreads() != 0) broken("evthread_use_pthreads");
  pending_events_go_on_in_both();
}

static void a_closed_descriptor(void) {
  struct event_base *base = new_base();
  watch_messages();
  socket_pair(fds);
  event_add(watch(base, &reader, fds[0], EV_READ | EV_PERSIST), NULL);
  close(fds[0]);
  int got = event_reinit(base);
  if ((event_base_get_features(base) & EV_FEATURE_ET) == 0) {
    not_here("this method does not look at descriptors before it waits");
  }
  say("  event_reinit with a closed descriptor: %d", got);
}

int main(void) {
  situation("pending events", pending_events_go_on_in_both);
  situation("timers", timers_go_on_in_both);
  situation("signals", signals_stay_apart);
  situation("the child frees its copy", a_child_that_frees_leaves_the_parent);
  situation("active events", active_events);
  situation("without a fork", without_fork);
  situation("with threads enabled", with_threads_enabled);
  situation("a descriptor that is closed by now", a_closed_descriptor);
  return 0;
}
