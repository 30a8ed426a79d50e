/* event2/bufferevent.h - buffered streams.
 *
 * A bufferevent moves bytes between something (a socket, another bufferevent, a partner) and two
 * buffers: what comes is appended to its input, what is appended to its output is sent. The program
 * hears of it through three callbacks and never waits, reads or writes itself.
 *
 * Callbacks run from the loop. In them everything is allowed, freeing the bufferevent included.
 * A bufferevent belongs to the thread of its base, unless it was made with BEV_OPT_THREADSAFE: then
 * every function may be called from every thread, and its lock is held in its callbacks.
 * Memory that runs out fails the one call. No signal is raised when the other side is gone.
 *
 * Bytes are sent at the end of the turn in which they were added, not earlier: what is still in the
 * output when a bufferevent is freed is lost. */
#ifndef EVENT2_BUFFEREVENT_H_INCLUDED_
#define EVENT2_BUFFEREVENT_H_INCLUDED_

#include <event2/visibility.h>

#include <event2/event-config.h>

#include <sys/time.h>
#include <sys/types.h>

#include <event2/util.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bufferevent;
struct event_base;
struct evbuffer;
struct sockaddr;
struct evdns_base;

/* What an event callback is told: on which side, and one of the others. On Windows, whose strerror
 * has no texts for sockets, evutil_socket_error_to_string(EVUTIL_SOCKET_ERROR()) has. */
#define BEV_EVENT_READING 0x01
#define BEV_EVENT_WRITING 0x02
#define BEV_EVENT_EOF 0x10       /* the other side will send no more; writing may still work */
#define BEV_EVENT_ERROR 0x20     /* errno says which (EVUTIL_SOCKET_ERROR) */
#define BEV_EVENT_TIMEOUT 0x40   /* see bufferevent_set_timeouts */
#define BEV_EVENT_CONNECTED 0x80 /* see bufferevent_socket_connect */

/* There is more to read (at least the low watermark), or less to write (at most that). */
typedef void (*bufferevent_data_cb)(struct bufferevent* bev, void* ctx);
/* Something other happened: BEV_EVENT_*. After an end, an error or a timeout that direction is
 * disabled. Deferred, it is told all that has happened since it was called last. */
typedef void (*bufferevent_event_cb)(struct bufferevent* bev, short what, void* ctx);

enum bufferevent_options {
  /* Freeing it closes the descriptor (frees the bufferevent below). */
  BEV_OPT_CLOSE_ON_FREE = (1 << 0),
  /* Several threads may use it, if threads were enabled before its base was made. */
  BEV_OPT_THREADSAFE = (1 << 1),
  /* Callbacks come from the loop after the turn's events, never from within a call. */
  BEV_OPT_DEFER_CALLBACKS = (1 << 2),
  /* Callbacks run without its lock. Together with BEV_OPT_DEFER_CALLBACKS only. */
  BEV_OPT_UNLOCK_CALLBACKS = (1 << 3)
};

/* --- life ---------------------------------------------------------------------------------------
 * New ones are enabled for writing only. NULL when memory is exhausted. */

/* Over a socket (or another descriptor that can be waited for; not a file), which should be in
 * non-blocking mode; -1: it gets one later. */
EVENT2_EXPORT_SYMBOL
struct bufferevent* bufferevent_socket_new(struct event_base* base, evutil_socket_t fd,
                                           int options);

/* Gives up the caller's reference: callbacks are not called any more, and when nobody else holds a
 * reference, all that belongs to it is released, in a thread-safe one by the loop a little later.
 */
EVENT2_EXPORT_SYMBOL
void bufferevent_free(struct bufferevent* bufev);
/* One more who must call bufferevent_decref. */
EVENT2_EXPORT_SYMBOL
void bufferevent_incref(struct bufferevent* bufev);
/* 1 when it was the last reference, else 0. */
EVENT2_EXPORT_SYMBOL
int bufferevent_decref(struct bufferevent* bufev);

/* Holds its lock over several calls. Nothing happens without BEV_OPT_THREADSAFE. */
EVENT2_EXPORT_SYMBOL
void bufferevent_lock(struct bufferevent* bufev);
EVENT2_EXPORT_SYMBOL
void bufferevent_unlock(struct bufferevent* bufev);

/* --- connecting ---------------------------------------------------------------------------------
 */

/* Connects; the event callback is told BEV_EVENT_CONNECTED, or BEV_EVENT_ERROR with errno. Without
 * a descriptor it gets a socket for the address's family; with a NULL address its descriptor is
 * taken to be connecting already. 0, or -1 when nothing was begun.
 *
 * What connects at once, as Unix sockets do, first has its write callback called, if the output is
 * not above the low watermark; what is refused at once has EV_READ and EV_WRITE disabled. */
EVENT2_EXPORT_SYMBOL
int bufferevent_socket_connect(struct bufferevent* bufev, const struct sockaddr* address,
                               int socklen);
/* The same for a host's name, or address in numbers, "[::1]" included: its addresses of `family`
 * (AF_INET, AF_INET6, AF_UNSPEC) are tried in turn. The name is looked up by a thread, so this does
 * not wait; `evdns_base` is not looked at. The event callback is told of a name that has no address
 * by BEV_EVENT_ERROR, and bufferevent_socket_get_dns_error has the reason. */
EVENT2_EXPORT_SYMBOL
int bufferevent_socket_connect_hostname(struct bufferevent* bufev, struct evdns_base* evdns_base,
                                        int family, const char* hostname, int port);
/* An EVUTIL_EAI_* code (evutil_gai_strerror), or 0. */
EVENT2_EXPORT_SYMBOL
int bufferevent_socket_get_dns_error(struct bufferevent* bev);

/* --- what it is ---------------------------------------------------------------------------------
 */

/* Another base. Sockets only, and only while it waits for nothing (disabled); else -1. */
EVENT2_EXPORT_SYMBOL
int bufferevent_base_set(struct event_base* base, struct bufferevent* bufev);
EVENT2_EXPORT_SYMBOL
struct event_base* bufferevent_get_base(struct bufferevent* bev);
/* Of its callbacks; see event_priority_set. Sockets only; else, or out of range, -1. */
EVENT2_EXPORT_SYMBOL
int bufferevent_priority_set(struct bufferevent* bufev, int pri);
EVENT2_EXPORT_SYMBOL
int bufferevent_get_priority(const struct bufferevent* bufev);
/* Another descriptor, or none (-1). The old one is left open; what is in the buffers stays. 0, or
 * -1, with nothing changed, for kinds that have none, and on io_uring when another thread than the
 * loop's calls while output is being sent: try again when that is gone. */
EVENT2_EXPORT_SYMBOL
int bufferevent_setfd(struct bufferevent* bufev, evutil_socket_t fd);
/* Its descriptor, or that of the bufferevent below; -1: none. */
EVENT2_EXPORT_SYMBOL
evutil_socket_t bufferevent_getfd(struct bufferevent* bufev);
/* What a filter stands on; NULL for others. */
EVENT2_EXPORT_SYMBOL
struct bufferevent* bufferevent_get_underlying(struct bufferevent* bufev);

/* Any of the callbacks may be NULL. */
EVENT2_EXPORT_SYMBOL
void bufferevent_setcb(struct bufferevent* bufev, bufferevent_data_cb readcb,
                       bufferevent_data_cb writecb, bufferevent_event_cb eventcb, void* cbarg);
EVENT2_EXPORT_SYMBOL
void bufferevent_getcb(struct bufferevent* bufev, bufferevent_data_cb* readcb_ptr,
                       bufferevent_data_cb* writecb_ptr, bufferevent_event_cb* eventcb_ptr,
                       void** cbarg_ptr);

/* --- bytes --------------------------------------------------------------------------------------
 */

/* Appends to the output: a copy, or all of `buf`, which is moved. 0 or -1. */
EVENT2_EXPORT_SYMBOL
int bufferevent_write(struct bufferevent* bufev, const void* data, size_t size);
EVENT2_EXPORT_SYMBOL
int bufferevent_write_buffer(struct bufferevent* bufev, struct evbuffer* buf);
/* Takes from the input: how many bytes; or all of it, moved to `buf`, 0 or -1. */
EVENT2_EXPORT_SYMBOL
size_t bufferevent_read(struct bufferevent* bufev, void* data, size_t size);
EVENT2_EXPORT_SYMBOL
int bufferevent_read_buffer(struct bufferevent* bufev, struct evbuffer* buf);
/* The buffers live as long as the bufferevent. The input may only be taken from, the output only be
 * added to. */
EVENT2_EXPORT_SYMBOL
struct evbuffer* bufferevent_get_input(struct bufferevent* bufev);
EVENT2_EXPORT_SYMBOL
struct evbuffer* bufferevent_get_output(struct bufferevent* bufev);

/* --- when ---------------------------------------------------------------------------------------
 */

/* EV_READ, EV_WRITE or both. 0 or -1. */
EVENT2_EXPORT_SYMBOL
int bufferevent_enable(struct bufferevent* bufev, short event);
/* After this nothing is read (written) any more; buffers and descriptor stay. */
EVENT2_EXPORT_SYMBOL
int bufferevent_disable(struct bufferevent* bufev, short event);
EVENT2_EXPORT_SYMBOL
short bufferevent_get_enabled(struct bufferevent* bufev);

/* How long may pass without a byte, while it tries to read (write). Then that direction is disabled
 * and the event callback is told BEV_EVENT_TIMEOUT. NULL: no limit. 0 or -1. */
EVENT2_EXPORT_SYMBOL
int bufferevent_set_timeouts(struct bufferevent* bufev, const struct timeval* timeout_read,
                             const struct timeval* timeout_write);
/* Reading: the callback runs when there are at least `lowmark` bytes; the input never grows past
 * `highmark` (0: no limit), and is told again and again while it stays there. Writing: the callback
 * runs when at most `lowmark` bytes are left; `highmark` is for filters. */
EVENT2_EXPORT_SYMBOL
void bufferevent_setwatermark(struct bufferevent* bufev, short events, size_t lowmark,
                              size_t highmark);
/* 0, or -1 when `events` is not one of EV_READ and EV_WRITE. */
EVENT2_EXPORT_SYMBOL
int bufferevent_getwatermark(struct bufferevent* bufev, short events, size_t* lowmark,
                             size_t* highmark);

enum bufferevent_flush_mode {
  BEV_NORMAL = 0,
  BEV_FLUSH = 1,   /* all that can be moved */
  BEV_FINISHED = 2 /* and nothing more will come */
};
/* Pairs and filters move what they hold back. 1: something was produced, 0: nothing, -1: failed.
 * Nothing happens for sockets, which hold nothing back. */
EVENT2_EXPORT_SYMBOL
int bufferevent_flush(struct bufferevent* bufev, short iotype, enum bufferevent_flush_mode mode);

enum bufferevent_trigger_options {
  BEV_TRIG_IGNORE_WATERMARKS = (1 << 16),
  BEV_TRIG_DEFER_CALLBACKS = BEV_OPT_DEFER_CALLBACKS
};
/* Runs the data callbacks (the event callback), at once or deferred. */
EVENT2_EXPORT_SYMBOL
void bufferevent_trigger(struct bufferevent* bufev, short iotype, int options);
EVENT2_EXPORT_SYMBOL
void bufferevent_trigger_event(struct bufferevent* bufev, short what, int options);

/* --- filters and pairs --------------------------------------------------------------------------
 */

enum bufferevent_filter_result {
  BEV_OK = 0,        /* something was written to `dst` */
  BEV_NEED_MORE = 1, /* nothing, for lack of input */
  BEV_ERROR = 2
};
/* Takes from `src`, adds to `dst`; about `dst_limit` bytes, if that is not -1. */
typedef enum bufferevent_filter_result (*bufferevent_filter_cb)(struct evbuffer* src,
                                                                struct evbuffer* dst,
                                                                ev_ssize_t dst_limit,
                                                                enum bufferevent_flush_mode mode,
                                                                void* ctx);
/* A bufferevent whose bytes pass through the functions (NULL: as they are) to and from
 * `underlying`, whose callbacks it takes over and which it enables. `free_context` (may be NULL)
 * gets `ctx` at the end. */
EVENT2_EXPORT_SYMBOL
struct bufferevent* bufferevent_filter_new(struct bufferevent* underlying,
                                           bufferevent_filter_cb input_filter,
                                           bufferevent_filter_cb output_filter, int options,
                                           void (*free_context)(void*), void* ctx);

/* Two bufferevents; what is written to one is read from the other. Callbacks are always deferred. 0
 * or -1. */
EVENT2_EXPORT_SYMBOL
int bufferevent_pair_new(struct event_base* base, int options, struct bufferevent* pair[2]);
/* The other one; NULL when it was freed, or `bev` is not one of a pair. */
EVENT2_EXPORT_SYMBOL
struct bufferevent* bufferevent_pair_get_partner(struct bufferevent* bev);

/* --- rate limits --------------------------------------------------------------------------------
 * For sockets. A bucket is filled by `rate` each tick, up to `burst`, and emptied by each byte. */

struct ev_token_bucket_cfg;
struct bufferevent_rate_limit_group;

#define EV_RATE_LIMIT_MAX EV_SSIZE_MAX

/* Rates and bursts of at least 1, a burst not below its rate; `tick_len` in whole milliseconds, at
 * least one (NULL: a second). NULL for other values, or without memory. It must live as long as a
 * bufferevent uses it. */
EVENT2_EXPORT_SYMBOL
struct ev_token_bucket_cfg* ev_token_bucket_cfg_new(size_t read_rate, size_t read_burst,
                                                    size_t write_rate, size_t write_burst,
                                                    const struct timeval* tick_len);
EVENT2_EXPORT_SYMBOL
void ev_token_bucket_cfg_free(struct ev_token_bucket_cfg* cfg);
/* NULL: no limit of its own any more. 0 or -1. */
EVENT2_EXPORT_SYMBOL
int bufferevent_set_rate_limit(struct bufferevent* bev, struct ev_token_bucket_cfg* cfg);
EVENT2_EXPORT_SYMBOL
const struct ev_token_bucket_cfg* bufferevent_get_token_bucket_cfg(const struct bufferevent* bev);

/* A limit for several bufferevents together, also of other bases; `base` runs its timer. `cfg` is
 * copied. NULL without memory. */
EVENT2_EXPORT_SYMBOL
struct bufferevent_rate_limit_group* bufferevent_rate_limit_group_new(
    struct event_base* base, const struct ev_token_bucket_cfg* cfg);
EVENT2_EXPORT_SYMBOL
int bufferevent_rate_limit_group_set_cfg(struct bufferevent_rate_limit_group* grp,
                                         const struct ev_token_bucket_cfg* cfg);
/* The least that a member gets at a time (64), if the bucket has so much. 0, or -1 for what is more
 * than EV_SSIZE_MAX. */
EVENT2_EXPORT_SYMBOL
int bufferevent_rate_limit_group_set_min_share(struct bufferevent_rate_limit_group* grp,
                                               size_t min_share);
/* `grp` must have no members: remove them, or free them, first. Otherwise the process ends, as
 * after any other misuse (event_set_fatal_callback), since they would use a group that is gone. */
EVENT2_EXPORT_SYMBOL
void bufferevent_rate_limit_group_free(struct bufferevent_rate_limit_group* grp);
/* Into this group (NULL: none), and out of the one that it is in. 0 or -1. */
EVENT2_EXPORT_SYMBOL
int bufferevent_add_to_rate_limit_group(struct bufferevent* bev,
                                        struct bufferevent_rate_limit_group* grp);
EVENT2_EXPORT_SYMBOL
int bufferevent_remove_from_rate_limit_group(struct bufferevent* bev);

/* The most that is read (written) at once; 0 or more than EV_SSIZE_MAX: the default, which is said
 * to be 16384, while in truth a stream finds out how much comes. 0. */
EVENT2_EXPORT_SYMBOL
int bufferevent_set_max_single_read(struct bufferevent* bev, size_t size);
EVENT2_EXPORT_SYMBOL
int bufferevent_set_max_single_write(struct bufferevent* bev, size_t size);
EVENT2_EXPORT_SYMBOL
ev_ssize_t bufferevent_get_max_single_read(struct bufferevent* bev);
EVENT2_EXPORT_SYMBOL
ev_ssize_t bufferevent_get_max_single_write(struct bufferevent* bev);

/* What is in its bucket, which may be below 0; EV_SSIZE_MAX without a limit of its own. */
EVENT2_EXPORT_SYMBOL
ev_ssize_t bufferevent_get_read_limit(struct bufferevent* bev);
EVENT2_EXPORT_SYMBOL
ev_ssize_t bufferevent_get_write_limit(struct bufferevent* bev);
/* How much would be read (written) now, by all limits. */
EVENT2_EXPORT_SYMBOL
ev_ssize_t bufferevent_get_max_to_read(struct bufferevent* bev);
EVENT2_EXPORT_SYMBOL
ev_ssize_t bufferevent_get_max_to_write(struct bufferevent* bev);
EVENT2_EXPORT_SYMBOL
ev_ssize_t bufferevent_rate_limit_group_get_read_limit(struct bufferevent_rate_limit_group* grp);
EVENT2_EXPORT_SYMBOL
ev_ssize_t bufferevent_rate_limit_group_get_write_limit(struct bufferevent_rate_limit_group* grp);
/* Takes from a bucket; a negative number fills it. 0 or -1. */
EVENT2_EXPORT_SYMBOL
int bufferevent_decrement_read_limit(struct bufferevent* bev, ev_ssize_t decr);
EVENT2_EXPORT_SYMBOL
int bufferevent_decrement_write_limit(struct bufferevent* bev, ev_ssize_t decr);
EVENT2_EXPORT_SYMBOL
int bufferevent_rate_limit_group_decrement_read(struct bufferevent_rate_limit_group* grp,
                                                ev_ssize_t decr);
EVENT2_EXPORT_SYMBOL
int bufferevent_rate_limit_group_decrement_write(struct bufferevent_rate_limit_group* grp,
                                                 ev_ssize_t decr);
/* Bytes since its beginning, or since the last reset. Either may be NULL. */
EVENT2_EXPORT_SYMBOL
void bufferevent_rate_limit_group_get_totals(struct bufferevent_rate_limit_group* grp,
                                             ev_uint64_t* total_read_out,
                                             ev_uint64_t* total_written_out);
EVENT2_EXPORT_SYMBOL
void bufferevent_rate_limit_group_reset_totals(struct bufferevent_rate_limit_group* grp);

#ifdef __cplusplus
}
#endif

#endif
