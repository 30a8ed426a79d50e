/* event2/bufferevent_struct.h - what a bufferevent is made of, for programs that look inside.
 *
 * Its layout is libevent's, to the byte. The functions of event2/bufferevent.h do all that a
 * program needs; fields may be read, `input` and `output` also used, but not written. */
#ifndef EVENT2_BUFFEREVENT_STRUCT_H_INCLUDED_
#define EVENT2_BUFFEREVENT_STRUCT_H_INCLUDED_

#include <event2/event-config.h>

#include <sys/time.h>
#include <sys/types.h>

#include <event2/bufferevent.h>
#include <event2/event_struct.h>
#include <event2/util.h>

#ifdef __cplusplus
extern "C" {
#endif

struct event_watermark {
  size_t low;
  size_t high;
};

struct bufferevent {
  struct event_base* ev_base;
  const struct bufferevent_ops* be_ops; /* which kind it is */

  /* Readiness and timeouts of reading and writing. */
  struct event ev_read;
  struct event ev_write;

  struct evbuffer* input;  /* added to by the bufferevent, drained by the program */
  struct evbuffer* output; /* the other way round */

  struct event_watermark wm_read;
  struct event_watermark wm_write;

  bufferevent_data_cb readcb;
  bufferevent_data_cb writecb;
  bufferevent_event_cb errorcb;
  void* cbarg;

  struct timeval timeout_read; /* 0: none */
  struct timeval timeout_write;

  short enabled; /* EV_READ, EV_WRITE */
};

#ifdef __cplusplus
}
#endif

#endif
