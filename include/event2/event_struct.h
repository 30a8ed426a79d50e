/* event2/event_struct.h - what is inside `struct event`.
 *
 * Include this only to embed an event in a structure of your own or on the stack:
 *
 *     struct connection { struct event readable; ... };
 *     event_assign(&c->readable, base, fd, EV_READ | EV_PERSIST, on_readable, c);
 *
 * event_new() does without, and keeps a program independent of the size below. Sizes and offsets
 * are those of libevent 2.1 (128 bytes on LP64), so that programs compiled against libevent's
 * header run on this library. Apart from the five members that event_get_fd(), event_get_base(),
 * event_get_events(), event_get_callback() and event_get_callback_arg() read, the contents belong
 * to the library: it keeps its own data under these names, and what stands there means nothing to
 * others. Never write to any member, and never copy or move an event that is added.
 *
 * An event must be given to event_assign() (or event_set()) before anything else is done with it;
 * memset() to zero is not enough, though event_initialized() is then reliably 0. */
#ifndef EVENT2_EVENT_STRUCT_H_INCLUDED_
#define EVENT2_EVENT_STRUCT_H_INCLUDED_

#include <event2/event-config.h>

#include <sys/time.h>
#include <sys/types.h>

#include <event2/keyvalq_struct.h>
#include <event2/util.h>

#ifdef __cplusplus
extern "C" {
#endif

/* State bits in `evcb_flags`; useful in a debugger, not in programs. */
#define EVLIST_TIMEOUT 0x01      /* its timeout is running */
#define EVLIST_INSERTED 0x02     /* its descriptor or signal is watched */
#define EVLIST_SIGNAL 0x04       /* kept for compatibility, never set */
#define EVLIST_ACTIVE 0x08       /* waits for its callback in this turn of the loop */
#define EVLIST_INTERNAL 0x10     /* the library's own: does not keep the loop running */
#define EVLIST_ACTIVE_LATER 0x20 /* waits for its callback in the next turn */
#define EVLIST_FINALIZING 0x40   /* event_finalize() was called: it cannot be used any more */
#define EVLIST_INIT 0x80         /* it has been assigned */
#define EVLIST_ALL 0xff          /* all of the above */

struct event_base;
struct event;

/* What the loop queues to call: the first part of every event. */
struct event_callback {
  struct {
    struct event_callback* tqe_next;
    struct event_callback** tqe_prev;
  } evcb_active_next;
  short evcb_flags;        /* EVLIST_ bits */
  ev_uint8_t evcb_pri;     /* priority, 0 is the most urgent */
  ev_uint8_t evcb_closure; /* how the callback is called */
  union {
    void (*evcb_callback)(evutil_socket_t, short, void*);
    void (*evcb_selfcb)(struct event_callback*, void*);
    void (*evcb_evfinalize)(struct event*, void*);
    void (*evcb_cbfinalize)(struct event_callback*, void*);
  } evcb_cb_union;
  void* evcb_arg; /* handed to the callback */
};

struct event {
  struct event_callback ev_evcallback;

  /* Where its timeout is kept. */
  union {
    struct {
      struct event* tqe_next;
      struct event** tqe_prev;
    } ev_next_with_common_timeout;
    int min_heap_idx;
  } ev_timeout_pos;

  evutil_socket_t ev_fd;      /* descriptor, signal number, or -1 */
  struct event_base* ev_base; /* the loop that it belongs to */

  /* Links to the other events of the same descriptor or signal, and its timeout or signal count. */
  union {
    struct {
      struct {
        struct event* le_next;
        struct event** le_prev;
      } ev_io_next;
      struct timeval ev_timeout;
    } ev_io;
    struct {
      struct {
        struct event* le_next;
        struct event** le_prev;
      } ev_signal_next;
      short ev_ncalls;
      short* ev_pncalls;
    } ev_signal;
  } ev_;

  short ev_events; /* EV_ bits that it was assigned with */
  short ev_res;    /* EV_ bits handed to the callback */
  struct timeval ev_timeout;
#ifdef _WIN32 /* where struct timeval is half as long */
  ev_uint64_t ev_reserved_;
#endif
};

/* Heads of lists of events. No function takes or gives one; they are here because the structure's
 * header in libevent has them. */
struct event_list {
  struct event* tqh_first;
  struct event** tqh_last;
};
struct event_dlist {
  struct event* lh_first;
};

#ifdef __cplusplus
}
#endif

#endif /* EVENT2_EVENT_STRUCT_H_INCLUDED_ */
