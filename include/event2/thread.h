/* event2/thread.h - using one base from several threads.
 *
 * A base has a lock only if the library was told, before the base was made, how to lock. Call
 * evthread_use_pthreads() at the start of the program, before any other function of the library,
 * and other threads may then add, delete and activate events, and stop the loop, while one thread
 * runs it. Without it every base must be used by one thread alone. One thread at a time runs a
 * base's loop, always.
 *
 * A program with its own threading library gives its own functions with
 * evthread_set_lock_callbacks(), evthread_set_condition_callbacks() and evthread_set_id_callback()
 * instead, all three. All of this is process-wide, is not itself safe to call from two threads at
 * once, and cannot be changed any more once it was used. */
#ifndef EVENT2_THREAD_H_INCLUDED_
#define EVENT2_THREAD_H_INCLUDED_

#include <event2/visibility.h>

#include <event2/event-config.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The mode of a lock call: for a read-write lock one of the first two, otherwise 0. EVTHREAD_TRY
 * asks not to wait: the call then fails if another thread has the lock. */
#define EVTHREAD_WRITE 0x04
#define EVTHREAD_READ 0x08
#define EVTHREAD_TRY 0x10

/* Kinds of locks, as bits. A recursive lock may be taken again by the thread that has it. The
 * library itself uses no read-write locks. */
#define EVTHREAD_LOCKTYPE_RECURSIVE 1
#define EVTHREAD_LOCKTYPE_READWRITE 2

/* Goes into `lock_api_version`. */
#define EVTHREAD_LOCK_API_VERSION 1

/* How to lock. All functions may be called from any thread. */
struct evthread_lock_callbacks {
  /* EVTHREAD_LOCK_API_VERSION. */
  int lock_api_version;
  /* EVTHREAD_LOCKTYPE_ bits that `alloc` understands; plain locks always. The library needs
   * recursive ones. */
  unsigned supported_locktypes;
  /* A new, free lock of the given type, or NULL on failure. */
  void* (*alloc)(unsigned locktype);
  /* Releases what `alloc` returned for the same type. Nobody has the lock. */
  void (*free)(void* lock, unsigned locktype);
  /* Takes the lock: 0, or not 0 on failure. `mode` is 0 or EVTHREAD_ bits. */
  int (*lock)(unsigned mode, void* lock);
  /* Gives it back: 0, or not 0 on failure. */
  int (*unlock)(unsigned mode, void* lock);
};

/* Tells the library how to lock; the structure is copied. NULL takes the functions away again,
 * which is right only when no base is left.
 *
 * Returns 0, or -1 (and says so in the log) when a function is missing, or when functions were set
 * before: giving the very same ones again is accepted, others are refused, because locks of the old
 * kind may exist. */
EVENT2_EXPORT_SYMBOL
int evthread_set_lock_callbacks(const struct evthread_lock_callbacks* callbacks);

/* Goes into `condition_api_version`. */
#define EVTHREAD_CONDITION_API_VERSION 1

struct timeval;

/* How to wait for another thread. */
struct evthread_condition_callbacks {
  /* EVTHREAD_CONDITION_API_VERSION. */
  int condition_api_version;
  /* A new condition, or NULL on failure. `condtype` is 0 in this version. */
  void* (*alloc_condition)(unsigned condtype);
  /* Releases it. No thread waits for it. */
  void (*free_condition)(void* cond);
  /* Wakes one waiting thread, or all if `broadcast` is not 0. The caller has the lock that the
   * others wait with. 0, or -1 on failure. */
  int (*signal_condition)(void* cond, int broadcast);
  /* Gives `lock` back, waits until the condition is signalled, and takes the lock again. `timeout`
   * is relative; NULL waits for ever. 0 when signalled, 1 when the time ran out, -1 on failure; the
   * lock is held again in all three cases. Waking without a signal is allowed. */
  int (*wait_condition)(void* cond, void* lock, const struct timeval* timeout);
};

/* Tells the library how to wait; the rules are those of evthread_set_lock_callbacks(). */
EVENT2_EXPORT_SYMBOL
int evthread_set_condition_callbacks(const struct evthread_condition_callbacks* callbacks);

/* Tells the library which function gives a number that is different for each living thread. NULL,
 * or no call at all, leaves that to the library. */
EVENT2_EXPORT_SYMBOL
void evthread_set_id_callback(unsigned long (*id_fn)(void));

#if !defined(_WIN32)
/* Set where evthread_use_pthreads() exists. */
#define EVTHREAD_USE_PTHREADS_IMPLEMENTED 1

/* Uses POSIX threads for all of the above. Programs written for libevent link libevent_pthreads for
 * this; here it is in the one library. Returns 0, or -1 when other functions were set before.
 * Calling it again is allowed. */
EVENT2_EXPORT_SYMBOL
int evthread_use_pthreads(void);
#else
/* Set where evthread_use_windows_threads() exists. */
#define EVTHREAD_USE_WINDOWS_THREADS_IMPLEMENTED 1

/* Uses the critical sections and condition variables of Windows for all of the above. Returns 0, or
 * -1 when other functions were set before. Calling it again is allowed. */
EVENT2_EXPORT_SYMBOL
int evthread_use_windows_threads(void);
#endif

/* Checks each locking operation from now on: a lock that is given back by a thread that does not
 * have it, a lock of the plain kind that is taken twice by one thread, and a lock that is freed
 * while it is held end the program through the fatal callback with a message that names the
 * mistake. It costs time in every lock call. Call it before the first base is made, before or after
 * the locking functions are set; there is no way back. */
EVENT2_EXPORT_SYMBOL
void evthread_enable_lock_debugging(void);

/* The same function under the name that it had first, which old programs call. */
EVENT2_EXPORT_SYMBOL
void evthread_enable_lock_debuging(void);

struct event_base;

/* Prepares a base so that other threads can interrupt its wait. event_base_new() does this by
 * itself when threads were enabled before; it is needed only for a base made with
 * EVENT_BASE_FLAG_NOLOCK or before that. Returns 0, or -1 on failure; more calls do nothing. */
EVENT2_EXPORT_SYMBOL
int evthread_make_base_notifiable(struct event_base* base);

#ifdef __cplusplus
}
#endif

#endif /* EVENT2_THREAD_H_INCLUDED_ */
