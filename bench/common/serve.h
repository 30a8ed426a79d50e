/* A server on the event interface: a loop, and a listener on a free port of 127.0.0.1. It runs
 * until it is killed. */
#ifndef BENCH_COMMON_SERVE_H
#define BENCH_COMMON_SERVE_H

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#include "common/listen.h"

static inline struct bufferevent *serve_stream(struct evconnlistener *listener,
                                               evutil_socket_t fd) {
  struct bufferevent *stream =
      bufferevent_socket_new(evconnlistener_get_base(listener), fd, BEV_OPT_CLOSE_ON_FREE);
  if (stream == NULL) bench_fail("bufferevent_socket_new", "no stream");
  return stream;
}

static inline void serve(evconnlistener_cb on_accept) {
  bench_raise_descriptors();
  struct event_base *base = event_base_new();
  if (base == NULL) bench_fail("event_base_new", "no loop");
  struct sockaddr_in address = bench_loopback(0);
  struct evconnlistener *listener =
      evconnlistener_new_bind(base, on_accept, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC,
                              1024, (struct sockaddr *)&address, sizeof address);
  if (listener == NULL) bench_fail("evconnlistener_new_bind", strerror(errno));
  bench_announce(evconnlistener_get_fd(listener));
  bench_check(event_base_dispatch(base) == 0, "event_base_dispatch");
}

#endif
