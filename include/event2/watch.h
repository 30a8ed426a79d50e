/* event2/watch.h - callbacks just before and just after the loop waits.
 *
 * libevent 2.2 introduced these. A prepare watcher is called in each turn of the loop right before
 * it waits for events, a check watcher right after, before any event's callback. They serve to
 * measure the loop, to tie in another library's loop, and to do work once per turn.
 *
 * A watcher is active from the moment it is made until it is freed, does not keep the loop running,
 * and is called on the thread that runs the loop. Watchers of one kind are called in the order in
 * which they were made. A watcher may be freed from any callback, its own included; one that is
 * made in a watcher's callback is first called in the next turn. A base that is freed frees its
 * watchers. */
#ifndef EVENT2_WATCH_H_INCLUDED_
#define EVENT2_WATCH_H_INCLUDED_

#include <event2/visibility.h>

#ifdef __cplusplus
extern "C" {
#endif

struct event_base;
struct evwatch;
struct timeval;

/* What a callback may ask about its turn. Valid only during the callback. */
struct evwatch_prepare_cb_info;
struct evwatch_check_cb_info;

typedef void (*evwatch_prepare_cb)(struct evwatch* watch,
                                   const struct evwatch_prepare_cb_info* info, void* arg);
typedef void (*evwatch_check_cb)(struct evwatch* watch, const struct evwatch_check_cb_info* info,
                                 void* arg);

/* Makes a watcher that calls `cb` with `arg` before each wait of `base`. Returns it, or NULL when
 * memory is exhausted. */
EVENT2_EXPORT_SYMBOL
struct evwatch* evwatch_prepare_new(struct event_base* base, evwatch_prepare_cb cb, void* arg);

/* The same, after each wait. */
EVENT2_EXPORT_SYMBOL
struct evwatch* evwatch_check_new(struct event_base* base, evwatch_check_cb cb, void* arg);

/* The base that the watcher was made for. */
EVENT2_EXPORT_SYMBOL
struct event_base* evwatch_base(struct evwatch* watch);

/* Ends the watcher and releases its memory. Its callback does not run afterwards, unless it is
 * running at this moment in another thread. */
EVENT2_EXPORT_SYMBOL
void evwatch_free(struct evwatch* watch);

/* How long the loop is about to wait at most. Returns 1 and fills `*timeout`, or returns 0 and
 * leaves it alone when the loop waits until something happens. */
EVENT2_EXPORT_SYMBOL
int evwatch_prepare_get_timeout(const struct evwatch_prepare_cb_info* info,
                                struct timeval* timeout);

#ifdef __cplusplus
}
#endif

#endif /* EVENT2_WATCH_H_INCLUDED_ */
