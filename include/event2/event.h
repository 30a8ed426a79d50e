/* event2/event.h - bases, events, and the loop: the core of the C face.
 *
 * This is the interface of libevent 2.1. A program compiled against libevent's own header runs on
 * this library as it is.
 *
 *     struct event_base *base = event_base_new();
 *     struct event *ev = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, argument);
 *     event_add(ev, NULL);
 *     event_base_dispatch(base);            // calls on_readable(fd, EV_READ, argument), ...
 *     event_free(ev);
 *     event_base_free(base);
 *
 * Words. A base holds a loop and the method (epoll, io_uring, poll, select) with which it waits. An
 * event is an interest in a descriptor, a signal, the passing of time, or a descriptor or signal
 * with a time limit; it is made for one base and keeps its memory address. After event_new() or
 * event_assign() it is *initialised*. After event_add() it is *pending*: it is waited for. When
 * what it waits for has come, it is *active*: its callback is about to be called. An event without
 * EV_PERSIST stops being pending just before its callback is called.
 *
 * Callbacks. In a callback everything is allowed: adding, deleting, freeing any event, also the
 * running one, closing its descriptor, ending the loop. Only event_base_free() of the running base
 * and running the same base's loop from within it are not. After event_del() or event_free()
 * returned on the thread that runs the loop, that event's callback is not called.
 *
 * Threads. Without the calls of <event2/thread.h> a base and its events belong to one thread. With
 * them, any thread may use any function here on a base, except that one thread at a time runs its
 * loop, and that memory is released when nobody uses it any more.
 *
 * Errors. Unless said otherwise, functions that return int give 0 or -1, those that return a
 * pointer give NULL on failure, and a message goes to the log (event_set_log_callback()). Times are
 * struct timeval, normalised; where a time is an interval it counts from now on a clock that no
 * change of the system's time moves, and an event's callback is never called early. */
#ifndef EVENT2_EVENT_H_INCLUDED_
#define EVENT2_EVENT_H_INCLUDED_

#include <event2/visibility.h>

#include <event2/event-config.h>

#include <stdio.h>
#include <sys/time.h>
#include <sys/types.h>

#include <event2/util.h>

#ifdef __cplusplus
extern "C" {
#endif

struct event_base;
struct event_config;

/* Its contents are in <event2/event_struct.h>, for those who must embed it. */
struct event;

/* ===== Bases ===================================================================================*/

/* A new base with the best method that the system offers, or NULL. The environment may narrow the
 * choice: EDDY_BACKEND=name picks one, EVENT_NOEPOLL, EVENT_NOPOLL, ... exclude one (not for
 * programs with raised privileges). One base serves any number of events; each thread that runs a
 * loop has its own. */
EVENT2_EXPORT_SYMBOL
struct event_base* event_base_new(void);

/* The same by a configuration, which may be freed or used again afterwards. NULL stands for the
 * default. NULL is returned when no method fulfils what the configuration requires. */
EVENT2_EXPORT_SYMBOL
struct event_base* event_base_new_with_config(const struct event_config* cfg);

/* Frees a base whose loop does not run. Its events are deleted, not freed, and must not be used
 * afterwards except to be freed or assigned to another base; descriptors are not closed. Pending
 * finalizers are called. NULL frees the current base of event_init(). */
EVENT2_EXPORT_SYMBOL
void event_base_free(struct event_base* base);

/* The same, but finalizers that have not run yet are forgotten. */
EVENT2_EXPORT_SYMBOL
void event_base_free_nofinalize(struct event_base* base);

/* To be called in the child after fork(), before it uses a base that it got from its parent: kernel
 * objects such as an epoll set are shared across a fork and are made anew. Pending events stay
 * pending. 0, or -1 when some event could not be added again. */
EVENT2_EXPORT_SYMBOL
int event_reinit(struct event_base* base);

/* The name of the method that the base waits with, such as "epoll". The string is static. */
EVENT2_EXPORT_SYMBOL
const char* event_base_get_method(const struct event_base* base);

/* The names of all methods that this library was built with, best first, then NULL. Some may not
 * work on the running system. The array belongs to the library and is good until the next call. */
EVENT2_EXPORT_SYMBOL
const char** event_get_supported_methods(void);

/* What event_base_get_num_events() and event_base_get_max_events() are to count; add them up. */
#define EVENT_BASE_COUNT_ACTIVE 1U  /* active events */
#define EVENT_BASE_COUNT_VIRTUAL 2U /* reasons to keep running that are not events */
#define EVENT_BASE_COUNT_ADDED 4U   /* pending events, without the library's own */

/* How many there are now. */
EVENT2_EXPORT_SYMBOL
int event_base_get_num_events(struct event_base* base, unsigned int which);

/* How many there were at the same time at most, of each kind, added up; if `clear` is not 0, the
 * record starts again at what it is now. */
EVENT2_EXPORT_SYMBOL
int event_base_get_max_events(struct event_base* base, unsigned int which, int clear);

/* The base's features: EV_FEATURE_ bits. */
EVENT2_EXPORT_SYMBOL
int event_base_get_features(const struct event_base* base);

/* Sets the number of priorities, 1 to EVENT_MAX_PRIORITIES - 1; a new base has one. Events of
 * priority 0 are served first, and as long as there is one that is active, those of larger numbers
 * wait: they may starve. Call it before the first event is active. Events get the middle priority
 * when they are made. 0 or -1. */
EVENT2_EXPORT_SYMBOL
int event_base_priority_init(struct event_base* base, int npriorities);

/* The number of priorities. */
EVENT2_EXPORT_SYMBOL
int event_base_get_npriorities(struct event_base* base);

#define EVENT_MAX_PRIORITIES 256

/* ===== Configurations ==========================================================================*/

/* What a method can do. */
enum event_method_feature {
  EV_FEATURE_ET = 0x01,         /* edge-triggered events: EV_ET */
  EV_FEATURE_O1 = 0x02,         /* the cost of an event does not grow with the number of others */
  EV_FEATURE_FDS = 0x04,        /* every kind of descriptor, also regular files */
  EV_FEATURE_EARLY_CLOSE = 0x08 /* a closed peer is seen without reading: EV_CLOSED */
};

/* How a base is to behave.
 *
 * EVENT_BASE_FLAG_STARTUP_IOCP, where the method is iocp (Windows): the system receives and sends
 * for bufferevents, which saves a call at each piece. Then bytes leave a socket whenever they come
 * while reading is enabled: when it is disabled, what is not in the socket is in the input (on the
 * thread of the loop; from another one, soon), and when the bufferevent is freed, nowhere. Output
 * that the system has taken stays its own until the peer has got it: until then bufferevent_setfd()
 * fails (EBUSY), as does evbuffer_unfreeze() at the front of that output, and disabling writing
 * does not hold it back. */
enum event_base_config_flag {
  EVENT_BASE_FLAG_NOLOCK = 0x01,               /* no lock, even if threads are enabled */
  EVENT_BASE_FLAG_IGNORE_ENV = 0x02,           /* EVENT_NO... variables do not count */
  EVENT_BASE_FLAG_STARTUP_IOCP = 0x04,         /* bufferevents by completion ports: above */
  EVENT_BASE_FLAG_NO_CACHE_TIME = 0x08,        /* read the clock for each time asked for */
  EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST = 0x10, /* collect changes for epoll: always done here */
  EVENT_BASE_FLAG_PRECISE_TIMER = 0x20         /* microseconds matter: use the finest clock */
};

/* A new configuration, without any wishes; to be released by event_config_free(). */
EVENT2_EXPORT_SYMBOL
struct event_config* event_config_new(void);
EVENT2_EXPORT_SYMBOL
void event_config_free(struct event_config* cfg);

/* Do not use the method of this name. 0 or -1. */
EVENT2_EXPORT_SYMBOL
int event_config_avoid_method(struct event_config* cfg, const char* method);

/* Use only a method that has all of these EV_FEATURE_ bits. Replaces what was required before. 0 or
 * -1. */
EVENT2_EXPORT_SYMBOL
int event_config_require_features(struct event_config* cfg, int feature);

/* Adds EVENT_BASE_FLAG_ bits. 0 or -1. */
EVENT2_EXPORT_SYMBOL
int event_config_set_flag(struct event_config* cfg, int flag);

/* How many processors to prepare for; counts on Windows only. 0 or -1. */
EVENT2_EXPORT_SYMBOL
int event_config_set_num_cpus_hint(struct event_config* cfg, int cpus);

/* Look for new events after at most `max_interval` (NULL: no limit) or `max_callbacks` (negative:
 * no limit) of callbacks, so that urgent events do not wait long behind many others. It concerns
 * callbacks of priority `min_priority` and larger numbers only. The check comes after each
 * callback: one that runs long is not interrupted. 0 or -1. */
EVENT2_EXPORT_SYMBOL
int event_config_set_max_dispatch_interval(struct event_config* cfg,
                                           const struct timeval* max_interval, int max_callbacks,
                                           int min_priority);

/* ===== The loop ================================================================================*/

/* Flags of event_base_loop(). */
#define EVLOOP_ONCE 0x01             /* wait until something is active, serve it, return */
#define EVLOOP_NONBLOCK 0x02         /* serve what is ready now, never wait */
#define EVLOOP_NO_EXIT_ON_EMPTY 0x04 /* go on when nothing is pending, until told to end */

/* Runs the loop: waits, and calls the callbacks of active events. Without flags it goes on until
 * nothing is pending or active, or until it is ended. Returns 0 when it was ended or served what it
 * was asked for, 1 when nothing was pending or active, -1 on an error of the method. Running a base
 * from within itself gives -1. */
EVENT2_EXPORT_SYMBOL
int event_base_loop(struct event_base* base, int flags);

/* event_base_loop() without flags. */
EVENT2_EXPORT_SYMBOL
int event_base_dispatch(struct event_base* base);

/* Ends the loop after `after` (NULL: at once), when the callbacks of all events that are active by
 * then have been called. It concerns the running loop, or the next one to run. 0 or -1. */
EVENT2_EXPORT_SYMBOL
int event_base_loopexit(struct event_base* base, const struct timeval* after);

/* Ends the loop as soon as the running callback returns; other active events stay active. It
 * concerns the running loop only. 0 or -1. */
EVENT2_EXPORT_SYMBOL
int event_base_loopbreak(struct event_base* base);

/* Makes the loop look for new events as soon as the running callback returns, before less urgent
 * active events are served. No effect outside a callback. 0 or -1. */
EVENT2_EXPORT_SYMBOL
int event_base_loopcontinue(struct event_base* base);

/* Not 0 if the last loop was ended by event_base_loopexit(), respectively event_base_loopbreak().
 * The next loop clears both. */
EVENT2_EXPORT_SYMBOL
int event_base_got_exit(struct event_base* base);
EVENT2_EXPORT_SYMBOL
int event_base_got_break(struct event_base* base);

/* ===== Events ==================================================================================*/

/* What to wait for, and what a callback is told has come. */
#define EV_TIMEOUT 0x01  /* the time ran out; for callbacks, not needed to make an event */
#define EV_READ 0x02     /* the descriptor can be read, or has an error or end of stream to tell */
#define EV_WRITE 0x04    /* the descriptor can be written */
#define EV_SIGNAL 0x08   /* the signal whose number stands in place of the descriptor */
#define EV_PERSIST 0x10  /* stays pending when active; its time limit starts again each time */
#define EV_ET 0x20       /* tell changes, not states (EV_FEATURE_ET); for all of a descriptor */
#define EV_FINALIZE 0x40 /* deletion in another thread does not wait: see event_finalize() */
#define EV_CLOSED 0x80   /* the peer has closed, without any reading (EV_FEATURE_EARLY_CLOSE) */

/* Called with the descriptor (or signal number, or -1), what has come, and the event's argument. */
typedef void (*event_callback_fn)(evutil_socket_t fd, short what, void* arg);

/* A new event, neither pending nor active; to be released by event_free(). `fd` is a descriptor,
 * which should be non-blocking; a signal number with EV_SIGNAL; or -1 for timers and events that
 * are activated by hand. `events` are EV_ bits; EV_SIGNAL excludes EV_READ, EV_WRITE and EV_CLOSED.
 * Any number of events may watch one descriptor or signal. NULL on bad arguments or exhausted
 * memory. */
EVENT2_EXPORT_SYMBOL
struct event* event_new(struct event_base* base, evutil_socket_t fd, short events,
                        event_callback_fn cb, void* arg);

/* The same for memory of the caller's, which must not hold a pending or active event. 0 or -1. */
EVENT2_EXPORT_SYMBOL
int event_assign(struct event* ev, struct event_base* base, evutil_socket_t fd, short events,
                 event_callback_fn cb, void* arg);

/* Deletes the event and releases what event_new() made. */
EVENT2_EXPORT_SYMBOL
void event_free(struct event* ev);

/* Stands for "the event itself" as `arg` of event_new(): the callback gets the event. */
EVENT2_EXPORT_SYMBOL
void* event_self_cbarg(void);

/* Waits for what the event was made for, and no longer than `timeout` (NULL: without limit). On an
 * event that is pending already, a timeout replaces the one it has, and NULL leaves that running.
 * The callback gets EV_TIMEOUT when the time ran out. 0, or -1, and then nothing has changed. */
EVENT2_EXPORT_SYMBOL
int event_add(struct event* ev, const struct timeval* timeout);

/* Takes the time limit away and leaves the rest pending. An event that waits for nothing else is no
 * longer pending. 0 or -1. */
EVENT2_EXPORT_SYMBOL
int event_remove_timer(struct event* ev);

/* Makes the event neither pending nor active. If its callback runs in another thread at this
 * moment, waits until it has returned, unless the event has EV_FINALIZE. 0, or -1. Deleting an
 * event that is not pending is allowed. */
EVENT2_EXPORT_SYMBOL
int event_del(struct event* ev);

/* The same, but never waits: the callback may still be running in another thread. */
EVENT2_EXPORT_SYMBOL
int event_del_noblock(struct event* ev);

/* The same, but waits even with EV_FINALIZE. */
EVENT2_EXPORT_SYMBOL
int event_del_block(struct event* ev);

/* Makes the event active as if `res` had come; it need not be pending. `ncalls` matters for
 * EV_SIGNAL events only: how often the callback is called. */
EVENT2_EXPORT_SYMBOL
void event_active(struct event* ev, int res, short ncalls);

/* Which of the EV_ bits in `events` the event is pending or active for; 0 if none. If EV_TIMEOUT is
 * among them and `tv` not NULL, `*tv` becomes the time of the day when the time limit runs out. */
EVENT2_EXPORT_SYMBOL
int event_pending(const struct event* ev, short events, struct timeval* tv);

/* Whether the memory holds an event that was assigned: not 0, or 0. It can tell only for memory
 * that was filled with zeros before, not for arbitrary contents. */
EVENT2_EXPORT_SYMBOL
int event_initialized(const struct event* ev);

/* The event whose callback is running, or NULL; to be called on the thread that runs the loop. */
EVENT2_EXPORT_SYMBOL
struct event* event_base_get_running_event(struct event_base* base);

/* Gives the event to another base; right after it was made, before it is added. 0 or -1. */
EVENT2_EXPORT_SYMBOL
int event_base_set(struct event_base* base, struct event* ev);

/* Sets the priority, 0 being the most urgent, less than the number of priorities of its base; not
 * while the event is active. 0 or -1. */
EVENT2_EXPORT_SYMBOL
int event_priority_set(struct event* ev, int priority);

/* What the event was made with. */
EVENT2_EXPORT_SYMBOL
evutil_socket_t event_get_fd(const struct event* ev);
EVENT2_EXPORT_SYMBOL
struct event_base* event_get_base(const struct event* ev);
EVENT2_EXPORT_SYMBOL
short event_get_events(const struct event* ev);
EVENT2_EXPORT_SYMBOL
event_callback_fn event_get_callback(const struct event* ev);
EVENT2_EXPORT_SYMBOL
void* event_get_callback_arg(const struct event* ev);
EVENT2_EXPORT_SYMBOL
int event_get_priority(const struct event* ev);
#define event_get_signal(ev) ((int)event_get_fd(ev))

/* All of it at once; pointers may be NULL. */
EVENT2_EXPORT_SYMBOL
void event_get_assignment(const struct event* event, struct event_base** base_out,
                          evutil_socket_t* fd_out, short* events_out,
                          event_callback_fn* callback_out, void** arg_out);

/* The size of struct event in this library, which may be larger than in a header. */
EVENT2_EXPORT_SYMBOL
size_t event_get_struct_event_size(void);

/* Calls `cb` once when something has come or the time ran out, without an event of the caller's.
 * `events` is EV_TIMEOUT, or EV_READ, EV_WRITE or both, with or without EV_TIMEOUT; EV_SIGNAL and
 * EV_PERSIST are refused. What has not come when the base is freed is never called. 0 or -1. */
EVENT2_EXPORT_SYMBOL
int event_base_once(struct event_base* base, evutil_socket_t fd, short events, event_callback_fn cb,
                    void* arg, const struct timeval* timeout);

/* --- The end of an event that other threads may be using --- */

/* Called when nobody uses the event any more. */
typedef void (*event_finalize_callback_fn)(struct event* ev, void* arg);

/* Deletes the event without waiting for a running callback, and calls `cb` from the loop, with the
 * event's argument, when it certainly is not running and will not run again: the place to release
 * what the event uses. The event cannot be used meanwhile. `flags` is 0. 0 or -1. The second
 * function also releases the event, after `cb`. */
EVENT2_EXPORT_SYMBOL
int event_finalize(unsigned flags, struct event* ev, event_finalize_callback_fn cb);
EVENT2_EXPORT_SYMBOL
int event_free_finalize(unsigned flags, struct event* ev, event_finalize_callback_fn cb);

/* --- Timers, signals, and events activated by hand --- */

#define evtimer_assign(ev, b, cb, arg) event_assign((ev), (b), -1, 0, (cb), (arg))
#define evtimer_new(b, cb, arg) event_new((b), -1, 0, (cb), (arg))
#define evtimer_add(ev, tv) event_add((ev), (tv))
#define evtimer_del(ev) event_del(ev)
#define evtimer_pending(ev, tv) event_pending((ev), EV_TIMEOUT, (tv))
#define evtimer_initialized(ev) event_initialized(ev)

/* A signal's handler stays installed while one of its events is pending in any base. */
#define evsignal_assign(ev, b, x, cb, arg) \
  event_assign((ev), (b), (x), EV_SIGNAL | EV_PERSIST, cb, (arg))
#define evsignal_new(b, x, cb, arg) event_new((b), (x), EV_SIGNAL | EV_PERSIST, (cb), (arg))
#define evsignal_add(ev, tv) event_add((ev), (tv))
#define evsignal_del(ev) event_del(ev)
#define evsignal_pending(ev, tv) event_pending((ev), EV_SIGNAL, (tv))
#define evsignal_initialized(ev) event_initialized(ev)

#define evuser_new(b, cb, arg) event_new((b), -1, 0, (cb), (arg))
#define evuser_del(ev) event_del(ev)
#define evuser_pending(ev, tv) event_pending((ev), 0, (tv))
#define evuser_initialized(ev) event_initialized(ev)
#define evuser_trigger(ev) event_active((ev), 0, 0)

/* --- Acting on all events of a descriptor, a signal, a base --- */

/* Makes all pending events of a descriptor active that wait for any of `events` (EV_READ, EV_WRITE,
 * EV_CLOSED, EV_TIMEOUT), as if these had come. */
EVENT2_EXPORT_SYMBOL
void event_base_active_by_fd(struct event_base* base, evutil_socket_t fd, short events);

/* Makes all pending events of a signal active. */
EVENT2_EXPORT_SYMBOL
void event_base_active_by_signal(struct event_base* base, int sig);

/* Called for each event; 0 goes on, anything else ends the walk. It must not change any event. */
typedef int (*event_base_foreach_event_cb)(const struct event_base* base, const struct event* ev,
                                           void* arg);

/* Calls `fn` for each pending or active event of the base, the library's own included, with the
 * base locked. Returns what the last call returned, or -1 on bad arguments. The order is
 * unspecified. */
EVENT2_EXPORT_SYMBOL
int event_base_foreach_event(struct event_base* base, event_base_foreach_event_cb fn, void* arg);

/* Writes a list of the pending and active events for people to read. */
EVENT2_EXPORT_SYMBOL
void event_base_dump_events(struct event_base* base, FILE* output);

/* ===== Time ====================================================================================*/

/* Makes intervals of one length cheap: use the result as `timeout` of event_add() on this base, and
 * adding costs the same however many such events there are. Worth it for thousands of events with
 * the same limit. The result belongs to the base; its contents are not a time. NULL when there are
 * too many different ones (256) or memory is exhausted. */
EVENT2_EXPORT_SYMBOL
const struct timeval* event_base_init_common_timeout(struct event_base* base,
                                                     const struct timeval* duration);

/* The time of the day: while callbacks run, as it was when the loop ended its wait; otherwise now.
 * 0 or -1. */
EVENT2_EXPORT_SYMBOL
int event_base_gettimeofday_cached(struct event_base* base, struct timeval* tv);

/* Makes the running loop take the time again, after a long callback. 0 or -1. */
EVENT2_EXPORT_SYMBOL
int event_base_update_cache_time(struct event_base* base);

/* The clock that the base's intervals are measured by: it never goes back. 0 or -1. */
EVENT2_EXPORT_SYMBOL
int event_gettime_monotonic(struct event_base* base, struct timeval* tp);

/* ===== Settings of the whole process ===========================================================
 * Not protected against each other: call them at the start of the program. */

/* How serious a message is. */
#define EVENT_LOG_DEBUG 0
#define EVENT_LOG_MSG 1
#define EVENT_LOG_WARN 2
#define EVENT_LOG_ERR 3

/* The names that they had in libevent 2.0. */
#define _EVENT_LOG_DEBUG EVENT_LOG_DEBUG
#define _EVENT_LOG_MSG EVENT_LOG_MSG
#define _EVENT_LOG_WARN EVENT_LOG_WARN
#define _EVENT_LOG_ERR EVENT_LOG_ERR

/* Gets one message without a newline. It must not call the library. */
typedef void (*event_log_cb)(int severity, const char* msg);

/* Where messages go; NULL brings back the default, which writes "[warn] text" to the standard error
 * output. Threads may call the function at the same time. */
EVENT2_EXPORT_SYMBOL
void event_set_log_callback(event_log_cb cb);

/* Called when the library cannot go on. It should not return; if it does, the process is ended. */
typedef void (*event_fatal_cb)(int err);

/* Sets it; NULL brings back the default, which is exit(err). A message comes to the log before. */
EVENT2_EXPORT_SYMBOL
void event_set_fatal_callback(event_fatal_cb cb);

/* Whether messages of severity EVENT_LOG_DEBUG are made: EVENT_DBG_NONE or EVENT_DBG_ALL. */
#define EVENT_DBG_ALL 0xffffffffu
#define EVENT_DBG_NONE 0
EVENT2_EXPORT_SYMBOL
void event_enable_debug_logging(ev_uint32_t which);

/* Checks from now on how events are used: using one that was not assigned, assigning one that is
 * pending, and the like end the program through the fatal callback, with a message. To be called
 * before any event or base is made. It costs time and memory for each event. */
EVENT2_EXPORT_SYMBOL
void event_enable_debug_mode(void);

/* Tells the debug mode that an event is not used any more, when its memory is released without
 * event_free(). Without debug mode it does nothing. */
EVENT2_EXPORT_SYMBOL
void event_debug_unassign(struct event* ev);

/* Functions of the caller's for all memory of the C face; NULL stands for the one of the C library.
 * They follow the rules of malloc, realloc and free (realloc gets NULL and sizes of 0 as well,
 * malloc never 0), align for every type, and may be called by any thread. To be called before
 * anything else of the library: memory from one set must not come to another. They may fail by
 * returning NULL. */
#define EVENT_SET_MEM_FUNCTIONS_IMPLEMENTED
EVENT2_EXPORT_SYMBOL
void event_set_mem_functions(void* (*malloc_fn)(size_t sz),
                             void* (*realloc_fn)(void* ptr, size_t sz), void (*free_fn)(void* ptr));

/* The libevent release whose interface this library has, as text ("2.1.12-stable") and as a number
 * for comparing (four bytes: major, minor, patch, and 0 for a release). */
EVENT2_EXPORT_SYMBOL
const char* event_get_version(void);
EVENT2_EXPORT_SYMBOL
ev_uint32_t event_get_version_number(void);

/* The same for this header. */
#define LIBEVENT_VERSION EVENT__VERSION
#define LIBEVENT_VERSION_NUMBER EVENT__NUMERIC_VERSION

/* Releases what the library holds for the process, so that tools that look for leaks find none. All
 * bases and events must have been freed before, and nothing of the library may be used after. */
EVENT2_EXPORT_SYMBOL
void libevent_global_shutdown(void);

#ifdef __cplusplus
}
#endif

#endif /* EVENT2_EVENT_H_INCLUDED_ */
