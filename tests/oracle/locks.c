/* Locking callbacks of the user's own. */
#include "oracle.h"

static long allocated, freed, locked, unlocked, tried, failed_try, wrong_type;
static long conditions, conditions_freed;

static void *lock_alloc(unsigned type) {
  pthread_mutex_t *mutex = malloc(sizeof *mutex);
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
  pthread_mutex_init(mutex, &attributes);
  pthread_mutexattr_destroy(&attributes);
  if ((type & ~(unsigned)EVTHREAD_LOCKTYPE_RECURSIVE) != 0) wrong_type++;
  __atomic_add_fetch(&allocated, 1, __ATOMIC_RELAXED);
  return mutex;
}

static void lock_free(void *lock, unsigned type) {
  (void)type;
  pthread_mutex_destroy(lock);
  free(lock);
  __atomic_add_fetch(&freed, 1, __ATOMIC_RELAXED);
}

static int lock_lock(unsigned mode, void *lock) {
  if ((mode & EVTHREAD_TRY) != 0) {
    __atomic_add_fetch(&tried, 1, __ATOMIC_RELAXED);
    int got = pthread_mutex_trylock(lock);
    if (got != 0) __atomic_add_fetch(&failed_try, 1, __ATOMIC_RELAXED);
    if (got == 0) __atomic_add_fetch(&locked, 1, __ATOMIC_RELAXED);
    return got;
  }
  __atomic_add_fetch(&locked, 1, __ATOMIC_RELAXED);
  return pthread_mutex_lock(lock);
}

static int lock_unlock(unsigned mode, void *lock) {
  (void)mode;
  __atomic_add_fetch(&unlocked, 1, __ATOMIC_RELAXED);
  return pthread_mutex_unlock(lock);
}

static void *condition_alloc(unsigned type) {
  (void)type;
  pthread_cond_t *condition = malloc(sizeof *condition);
  pthread_cond_init(condition, NULL);
  conditions++;
  return condition;
}

static void condition_free(void *condition) {
  pthread_cond_destroy(condition);
  free(condition);
  conditions_freed++;
}

static int condition_signal(void *condition, int broadcast) {
  return broadcast ? pthread_cond_broadcast(condition) : pthread_cond_signal(condition);
}

static int condition_wait(void *condition, void *lock, const struct timeval *tv) {
  if (tv != NULL) return 1;
  return pthread_cond_wait(condition, lock);
}

static unsigned long id(void) { return (unsigned long)pthread_self(); }

static const struct evthread_lock_callbacks lock_callbacks = {EVTHREAD_LOCK_API_VERSION,
                                                              EVTHREAD_LOCKTYPE_RECURSIVE,
                                                              lock_alloc,
                                                              lock_free,
                                                              lock_lock,
                                                              lock_unlock};
static const struct evthread_condition_callbacks condition_callbacks = {
    EVTHREAD_CONDITION_API_VERSION, condition_alloc, condition_free, condition_signal,
    condition_wait};

static void install(void) {
  ask(evthread_set_lock_callbacks(&lock_callbacks));
  ask(evthread_set_condition_callbacks(&condition_callbacks));
  evthread_set_id_callback(id);
}

static void some_work(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  put(fds[1], 1);
  struct timeval tv = ms(1);
  struct probe r = {.name = "reader"}, t = {.name = "timer"};
  event_add(watch(base, &r, fds[0], EV_READ), NULL);
  ask(event_base_loop(base, 0));
  evtimer_add(watch(base, &t, -1, 0), &tv);
  ask(event_base_loop(base, 0));
  event_free(r.ev);
  event_free(t.ev);
  event_base_free(base);
}

static void balanced(void) {
  install();
  some_work();
  libevent_global_shutdown();
  say("  used: %s; every lock given back: %s", yes(allocated > 0 && locked > 0),
      yes(locked == unlocked));
  say("  every lock freed: %s; every condition freed: %s", yes(allocated == freed),
      yes(conditions > 0 && conditions == conditions_freed));
  ask(wrong_type);
}

static void no_locks_for_a_base_without(void) {
  install();
  struct event_config *config = event_config_new();
  event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
  struct event_base *base = event_base_new_with_config(config);
  event_config_free(config);
  long before = locked;
  struct probe p = {.name = "p"};
  event_active(watch(base, &p, -1, 0), EV_READ, 1);
  ask(event_base_loop(base, 0));
  event_free(p.ev);
  say("  locked for it: %s", yes(locked != before));
  event_base_free(base);
}

static void set_twice(void) {
  install();
  ask(evthread_set_lock_callbacks(&lock_callbacks));
  ask(evthread_set_condition_callbacks(&condition_callbacks));
  watch_messages();
  struct evthread_lock_callbacks others = lock_callbacks;
  others.lock = lock_unlock;
  ask(evthread_set_lock_callbacks(&others));
  struct evthread_condition_callbacks other_conditions = condition_callbacks;
  other_conditions.alloc_condition = NULL;
  ask(evthread_set_condition_callbacks(&other_conditions));
  say("  warned: %s", yes(message_count(EVENT_LOG_WARN) > 0));
  some_work();
}

static void after_pthreads(void) {
  ask(evthread_use_pthreads());
  ask(evthread_use_pthreads());
  watch_messages();
  ask(evthread_set_lock_callbacks(&lock_callbacks));
  some_work();
  say("  the first ones stay: %s", yes(locked == 0));
}

static void incomplete(void) {
  struct evthread_lock_callbacks without = lock_callbacks;
  without.unlock = NULL;
  ask(evthread_set_lock_callbacks(&without));
}

static void taken_back_before_use(void) {
  install();
  watch_messages();
  ask(evthread_set_lock_callbacks(NULL));
  ask(evthread_set_condition_callbacks(NULL));
}

static void held_in_a_callback_then(struct probe *self) {
  /* The base is not locked while a callback runs: everything is allowed in it. */
  struct event *ev = evtimer_new(event_get_base(self->ev), quiet_cb, NULL);
  struct timeval tv = ms(1000);
  ask(evtimer_add(ev, &tv));
  say("  as many taken as given back: %s", yes(locked == unlocked));
  event_free(ev);
}

static void not_held_in_a_callback(void) {
  install();
  struct event_base *base = new_base();
  struct probe p = {.name = "callback", .then = held_in_a_callback_then};
  event_active(watch(base, &p, -1, 0), EV_READ, 1);
  ask(event_base_loop(base, 0));
  event_free(p.ev);
  event_base_free(base);
}

static void notifiable(void) {
  struct event_base *plain = new_base();
  watch_messages();
  int without_threads = evthread_make_base_notifiable(plain);
  say("  without threads: %d", without_threads);
  event_base_free(plain);
  install();
  struct event_base *base = new_base();
  ask(evthread_make_base_notifiable(base));
  ask(evthread_make_base_notifiable(base));
  ask(evthread_make_base_notifiable(NULL));
  ask(event_base_loop(base, EVLOOP_NONBLOCK));
  event_base_free(base);
}

int main(void) {
  situation("everything taken is given back", balanced);
  situation("EVENT_BASE_FLAG_NOLOCK", no_locks_for_a_base_without);
  situation("set twice, and others after that", set_twice);
  situation("after evthread_use_pthreads", after_pthreads);
  situation("incomplete callbacks", incomplete);
  situation("taken back", taken_back_before_use);
  situation("not held while a callback runs", not_held_in_a_callback);
  situation("evthread_make_base_notifiable", notifiable);
  return 0;
}
