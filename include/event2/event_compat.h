/* event2/event_compat.h - the functions of libevent 1.x that work on a hidden current base.
 *
 * The current base is the one that event_init() made last. Two threads, or two libraries in one
 * program, that use these functions get in each other's way; each function here names the one that
 * takes the base as an argument. They stay because old programs need them. */
#ifndef EVENT2_EVENT_COMPAT_H_INCLUDED_
#define EVENT2_EVENT_COMPAT_H_INCLUDED_

#include <event2/visibility.h>

#include <event2/event-config.h>

#include <sys/time.h>
#include <sys/types.h>

#include <event2/util.h>

#ifdef __cplusplus
extern "C" {
#endif

struct event_base;
struct event;

/* Makes a base and makes it the current one: event_base_new(). A failure ends the program through
 * the fatal callback. The base is freed with event_base_free(), which leaves no current base. */
EVENT2_EXPORT_SYMBOL
struct event_base* event_init(void);

/* Runs the current base until nothing is left to wait for: event_base_dispatch(). */
EVENT2_EXPORT_SYMBOL
int event_dispatch(void);

/* Runs the current base with EVLOOP_ flags: event_base_loop(). */
EVENT2_EXPORT_SYMBOL
int event_loop(int flags);

/* Ends the current base's loop after a time: event_base_loopexit(). */
EVENT2_EXPORT_SYMBOL
int event_loopexit(const struct timeval* after);

/* Ends the current base's loop after the running callback: event_base_loopbreak(). */
EVENT2_EXPORT_SYMBOL
int event_loopbreak(void);

/* Calls `cb` once, without an event of the caller's: event_base_once(). */
EVENT2_EXPORT_SYMBOL
int event_once(evutil_socket_t fd, short events, void (*cb)(evutil_socket_t, short, void*),
               void* arg, const struct timeval* timeout);

/* The method that the current base waits with: event_base_get_method(). */
EVENT2_EXPORT_SYMBOL
const char* event_get_method(void);

/* The number of priorities of the current base: event_base_priority_init(). */
EVENT2_EXPORT_SYMBOL
int event_priority_init(int npriorities);

/* Prepares an event for the current base, as event_assign() does for a given one. It may be called
 * before event_init(): event_base_set() then gives the event its base later. */
EVENT2_EXPORT_SYMBOL
void event_set(struct event* ev, evutil_socket_t fd, short events,
               void (*cb)(evutil_socket_t, short, void*), void* arg);

/* Timers and signals on the current base, in the names of libevent 1.x. */
#define evtimer_set(ev, cb, arg) event_set((ev), -1, 0, (cb), (arg))
#define evsignal_set(ev, x, cb, arg) event_set((ev), (x), EV_SIGNAL | EV_PERSIST, (cb), (arg))

#define timeout_set(ev, cb, arg) event_set((ev), -1, 0, (cb), (arg))
#define timeout_add(ev, tv) event_add((ev), (tv))
#define timeout_del(ev) event_del(ev)
#define timeout_pending(ev, tv) event_pending((ev), EV_TIMEOUT, (tv))
#define timeout_initialized(ev) event_initialized(ev)

#define signal_set(ev, x, cb, arg) event_set((ev), (x), EV_SIGNAL | EV_PERSIST, (cb), (arg))
#define signal_add(ev, tv) event_add((ev), (tv))
#define signal_del(ev) event_del(ev)
#define signal_pending(ev, tv) event_pending((ev), EV_SIGNAL, (tv))
#define signal_initialized(ev) event_initialized(ev)

/* The descriptor or the signal of an event: event_get_fd() and event_get_signal(). */
#ifndef EVENT_FD
#define EVENT_FD(ev) ((int)event_get_fd(ev))
#define EVENT_SIGNAL(ev) event_get_signal(ev)
#endif

#ifdef __cplusplus
}
#endif

#endif /* EVENT2_EVENT_COMPAT_H_INCLUDED_ */
