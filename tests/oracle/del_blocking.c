/* event_del and its relatives while the callback runs in another thread. */
#include "oracle.h"

static struct event_base *base;
static int in_callback[2], go_on[2];
static volatile int callback_done;

static void wait_for(int fd) {
  char byte;
  while (read(fd, &byte, 1) != 1) {
    if (errno != EINTR) broken("read");
  }
}

/* Runs until told to end, or, when the other thread waits for its end, for a good while. */
static void slow_cb(evutil_socket_t fd, short what, void *arg) {
  (void)fd;
  (void)what;
  int *told = arg;
  put(in_callback[1], 1);
  if (*told) {
    wait_for(go_on[0]);
  } else {
    burn(150);
  }
  callback_done = 1;
}

static void *loop(void *arg) {
  (void)arg;
  event_base_loop(base, 0);
  return NULL;
}

static void while_it_runs(int events, int (*del)(struct event *), int blocks) {
  if (evthread_use_pthreads() != 0) broken("evthread_use_pthreads");
  if (pipe(in_callback) != 0 || pipe(go_on) != 0) broken("pipe");
  base = new_base();
  int told = !blocks;
  struct event *ev = event_new(base, -1, (short)events, slow_cb, &told);
  event_active(ev, EV_READ, 1);
  pthread_t thread;
  pthread_create(&thread, NULL, loop, NULL);
  wait_for(in_callback[0]);
  int got = del(ev);
  int done = callback_done;
  say("  returned %d, the callback had ended: %s", got, yes(done));
  if (told) put(go_on[1], 1);
  pthread_join(thread, NULL);
  event_free(ev);
  event_base_free(base);
}

static void plain(void) { while_it_runs(EV_PERSIST, event_del, 1); }

static void noblock(void) { while_it_runs(EV_PERSIST, event_del_noblock, 0); }

static void with_finalize(void) { while_it_runs(EV_PERSIST | EV_FINALIZE, event_del, 0); }

static void block_with_finalize(void) {
  while_it_runs(EV_PERSIST | EV_FINALIZE, event_del_block, 1);
}

static void block(void) { while_it_runs(EV_PERSIST, event_del_block, 1); }

static void ask_all_inside(struct probe *self) {
  ask(event_del(self->ev));
  ask(event_del_block(self->ev));
  ask(event_del_noblock(self->ev));
}

static void in_the_own_thread(void) {
  if (evthread_use_pthreads() != 0) broken("evthread_use_pthreads");
  base = new_base();
  struct probe p = {.name = "callback", .then = ask_all_inside};
  event_active(watch(base, &p, -1, EV_PERSIST), EV_READ, 1);
  ask(event_base_loop(base, 0));
  event_free(p.ev);
  event_base_free(base);
}

static struct event *other;

static void *delete_the_other(void *arg) {
  (void)arg;
  wait_for(in_callback[0]);
  int got = event_del(other);
  say("  deleted while another callback ran: %d, that had ended: %s", got, yes(callback_done));
  put(go_on[1], 1);
  return NULL;
}

static void of_an_event_that_does_not_run(void) {
  if (evthread_use_pthreads() != 0) broken("evthread_use_pthreads");
  if (pipe(in_callback) != 0 || pipe(go_on) != 0) broken("pipe");
  base = new_base();
  int told = 1;
  struct event *running = event_new(base, -1, EV_PERSIST, slow_cb, &told);
  struct probe p = {.name = "never"};
  other = watch(base, &p, -1, EV_PERSIST);
  event_active(running, EV_READ, 1);
  event_active(other, EV_READ, 1);
  pthread_t thread;
  pthread_create(&thread, NULL, delete_the_other, NULL);
  ask(event_base_loop(base, 0));
  pthread_join(thread, NULL);
  ask(p.count);
  event_free(running);
  event_free(other);
  event_base_free(base);
}

static void finalizer(struct event *ev, void *arg) {
  (void)ev;
  (void)arg;
  say("  finalizer, the callback had ended: %s", yes(callback_done));
}

static void finalized_while_it_runs(void) {
  if (evthread_use_pthreads() != 0) broken("evthread_use_pthreads");
  if (pipe(in_callback) != 0 || pipe(go_on) != 0) broken("pipe");
  base = new_base();
  int told = 1;
  struct event *ev = event_new(base, -1, EV_PERSIST | EV_FINALIZE, slow_cb, &told);
  event_active(ev, EV_READ, 1);
  pthread_t thread;
  pthread_create(&thread, NULL, loop, NULL);
  wait_for(in_callback[0]);
  int got = event_free_finalize(0, ev, finalizer);
  say("  event_free_finalize: %d, the callback had ended: %s", got, yes(callback_done));
  put(go_on[1], 1);
  pthread_join(thread, NULL);
  event_base_free(base);
}

static volatile int in_first_call = 1;

static void signal_cb(evutil_socket_t fd, short what, void *arg) {
  (void)fd;
  (void)what;
  int *calls = arg;
  ++*calls;
  if (in_first_call) {
    put(in_callback[1], 1);
    wait_for(go_on[0]);
    in_first_call = 0;
  }
}

static void stops_a_series_of_calls(void) {
  if (evthread_use_pthreads() != 0) broken("evthread_use_pthreads");
  if (pipe(in_callback) != 0 || pipe(go_on) != 0) broken("pipe");
  base = new_base();
  int calls = 0;
  struct event *ev = event_new(base, SIGUSR1, EV_SIGNAL | EV_PERSIST, signal_cb, &calls);
  event_active(ev, EV_SIGNAL, 5);
  pthread_t thread;
  pthread_create(&thread, NULL, loop, NULL);
  wait_for(in_callback[0]);
  ask(event_del_noblock(ev));
  put(go_on[1], 1);
  pthread_join(thread, NULL);
  ask(calls);
  event_free(ev);
  event_base_free(base);
}

int main(void) {
  situation("event_del waits for the callback", plain);
  situation("event_del_noblock does not", noblock);
  situation("event_del of an EV_FINALIZE event does not", with_finalize);
  situation("event_del_block of an EV_FINALIZE event does", block_with_finalize);
  situation("event_del_block", block);
  situation("in the callback itself nothing waits", in_the_own_thread);
  situation("of an event whose callback does not run", of_an_event_that_does_not_run);
  situation("event_free_finalize does not wait", finalized_while_it_runs);
  situation("a series of signal calls ends with event_del_noblock", stops_a_series_of_calls);
  return 0;
}
