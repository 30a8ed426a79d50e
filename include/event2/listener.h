/* event2/listener.h - accepting connections.
 *
 * When descriptors or memory run out, a listener pauses and tries again after 5 ms, doubling up to
 * 100 ms; errors that concern one connection only are passed over. */
#ifndef EVENT2_LISTENER_H_INCLUDED_
#define EVENT2_LISTENER_H_INCLUDED_

#include <event2/visibility.h>

#include <event2/event.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sockaddr;
struct evconnlistener;

/* A connection: its descriptor is the callee's, close-on-exec, and non-blocking unless that was
 * refused. `address` lives as long as the call. */
typedef void (*evconnlistener_cb)(struct evconnlistener* listener, evutil_socket_t fd,
                                  struct sockaddr* address, int socklen, void* user_arg);
/* accept failed for good, or lacks descriptors or memory, at most once a second; errno says why.
 * The listener stays enabled and goes on after 5 to 100 ms, or as soon as its base closes a
 * descriptor (BEV_OPT_CLOSE_ON_FREE, LEV_OPT_CLOSE_ON_FREE). Without this callback it is logged. */
typedef void (*evconnlistener_errorcb)(struct evconnlistener* listener, void* user_arg);

#define LEV_OPT_LEAVE_SOCKETS_BLOCKING (1u << 0)
#define LEV_OPT_CLOSE_ON_FREE (1u << 1) /* freeing closes the listening socket */
#define LEV_OPT_CLOSE_ON_EXEC (1u << 2) /* new descriptors are, whether this is set or not */
#define LEV_OPT_REUSEABLE (1u << 3)     /* SO_REUSEADDR */
#define LEV_OPT_THREADSAFE (1u << 4)
#define LEV_OPT_DISABLED (1u << 5)        /* until evconnlistener_enable */
#define LEV_OPT_DEFERRED_ACCEPT (1u << 6) /* TCP_DEFER_ACCEPT: the client speaks first */
#define LEV_OPT_REUSEABLE_PORT (1u << 7)  /* SO_REUSEPORT */
#define LEV_OPT_BIND_IPV6ONLY (1u << 8)   /* IPV6_V6ONLY */

/* Over a bound, non-blocking socket. `backlog`: listen(2)'s; -1: the most that the system allows;
 * 0: it listens already. Without a callback it waits until it has one. NULL, with the reason logged
 * or in errno. */
EVENT2_EXPORT_SYMBOL
struct evconnlistener* evconnlistener_new(struct event_base* base, evconnlistener_cb cb, void* ptr,
                                          unsigned flags, int backlog, evutil_socket_t fd);
/* With a socket of its own, bound to `sa` (NULL: not bound; the system then chooses a port). On
 * io_uring the kernel may accept from it ahead, which is a little faster: connections that came
 * before the listener was disabled wait for it to be enabled, or to be freed, which closes them.
 * (From a socket that evconnlistener_new is given, other loops and processes may accept, too: it is
 * left to calls.) A child of fork that goes on (event_reinit) shares the socket fairly. */
EVENT2_EXPORT_SYMBOL
struct evconnlistener* evconnlistener_new_bind(struct event_base* base, evconnlistener_cb cb,
                                               void* ptr, unsigned flags, int backlog,
                                               const struct sockaddr* sa, int socklen);
/* Also from its own callback. */
EVENT2_EXPORT_SYMBOL
void evconnlistener_free(struct evconnlistener* lev);
/* Accepts, or does not, from now on. 0 or -1. */
EVENT2_EXPORT_SYMBOL
int evconnlistener_enable(struct evconnlistener* lev);
EVENT2_EXPORT_SYMBOL
int evconnlistener_disable(struct evconnlistener* lev);
EVENT2_EXPORT_SYMBOL
struct event_base* evconnlistener_get_base(struct evconnlistener* lev);
EVENT2_EXPORT_SYMBOL
evutil_socket_t evconnlistener_get_fd(struct evconnlistener* lev);
EVENT2_EXPORT_SYMBOL
void evconnlistener_set_cb(struct evconnlistener* lev, evconnlistener_cb cb, void* arg);
EVENT2_EXPORT_SYMBOL
void evconnlistener_set_error_cb(struct evconnlistener* lev, evconnlistener_errorcb errorcb);

#ifdef __cplusplus
}
#endif

#endif
