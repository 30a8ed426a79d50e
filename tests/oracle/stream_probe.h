/* What the programs that ask about bufferevents share: callbacks that tell. */
#ifndef EDDY_TESTS_ORACLE_STREAM_PROBE_H
#define EDDY_TESTS_ORACLE_STREAM_PROBE_H

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_compat.h>
#include <event2/bufferevent_struct.h>
#include <event2/event_compat.h>

#include "oracle.h"

struct teller {
  const char *name;
  struct bufferevent *bev;
  struct event_base *base;
  int drains;    /* the read callback takes all that there is */
  int stops;     /* an event other than CONNECTED ends the loop */
  int silent;    /* no line for reads and writes */
  size_t enough; /* bytes read that end the loop; 0: none */
  size_t total;
  int reads, writes, events;
  void (*then_read)(struct teller *self);
  void (*then_write)(struct teller *self);
  void (*then_event)(struct teller *self, short what);
};

/* "READING|EOF" */
static inline const char *happened(int what) {
  static char text[4][100];
  static int turn;
  static const struct {
    int bit;
    const char *name;
  } names[] = {{BEV_EVENT_READING, "READING"}, {BEV_EVENT_WRITING, "WRITING"},
               {BEV_EVENT_EOF, "EOF"},         {BEV_EVENT_ERROR, "ERROR"},
               {BEV_EVENT_TIMEOUT, "TIMEOUT"}, {BEV_EVENT_CONNECTED, "CONNECTED"}};
  char *out = text[turn++ % 4];
  out[0] = '\0';
  for (unsigned i = 0; i < sizeof names / sizeof *names; ++i) {
    if (!(what & names[i].bit)) continue;
    if (out[0]) strcat(out, "|");
    strcat(out, names[i].name);
  }
  return out[0] ? out : "0";
}

static inline void told_read(struct bufferevent *bev, void *arg) {
  struct teller *t = arg;
  size_t size = evbuffer_get_length(bufferevent_get_input(bev));
  ++t->reads;
  if (!t->silent) say("  %s: read, %zu in input", t->name, size);
  if (t->drains) {
    t->total += size;
    evbuffer_drain(bufferevent_get_input(bev), size);
  }
  if (t->enough && t->total >= t->enough) event_base_loopbreak(t->base);
  /* Above its high watermark an input is told again and again. */
  if (t->reads >= 6 && !t->drains) bufferevent_disable(bev, EV_READ);
  if (t->then_read) t->then_read(t);
}

static inline void told_write(struct bufferevent *bev, void *arg) {
  struct teller *t = arg;
  ++t->writes;
  if (!t->silent)
    say("  %s: write, %zu in output", t->name, evbuffer_get_length(bufferevent_get_output(bev)));
  if (t->then_write) t->then_write(t);
}

static inline void told_event(struct bufferevent *bev, short what, void *arg) {
  struct teller *t = arg;
  int error = EVUTIL_SOCKET_ERROR();
  ++t->events;
  say("  %s: event %s%s%s, enabled %s", t->name, happened(what), what & BEV_EVENT_ERROR ? " " : "",
      what & BEV_EVENT_ERROR ? error_name(error) : "", flags(bufferevent_get_enabled(bev)));
  if (t->stops && !(what & BEV_EVENT_CONNECTED)) event_base_loopbreak(t->base);
  if (t->then_event) t->then_event(t, what);
}

static inline struct bufferevent *tell_of(struct teller *t, struct bufferevent *bev) {
  if (bev == NULL) broken("no bufferevent");
  t->bev = bev;
  t->base = bufferevent_get_base(bev);
  bufferevent_setcb(bev, told_read, told_write, told_event, t);
  return bev;
}

/* A socket bufferevent on `fd` that tells. */
static inline struct bufferevent *stream_on(struct teller *t, struct event_base *base,
                                            evutil_socket_t fd, int options) {
  return tell_of(t, bufferevent_socket_new(base, fd, options));
}

static inline void write_text(struct bufferevent *bev, const char *text) {
  if (bufferevent_write(bev, text, strlen(text)) != 0) say("  write of \"%s\" failed", text);
}

/* Some turns of the loop, with pauses in which the kernel carries what was sent: what is asked
 * about is as often that nothing comes as that something does, and for nothing there is no
 * condition to wait for. */
static inline void settle(struct event_base *base) {
  for (int i = 0; i < 20; ++i) {
    event_base_loop(base, EVLOOP_NONBLOCK);
    struct timespec pause = {0, 1000000};
    nanosleep(&pause, NULL);
  }
}

static inline void ended_after(struct event_base *base, long limit) {
  struct timeval tv = ms(limit);
  event_base_loopexit(base, &tv);
  event_base_dispatch(base);
}

/* All there is at the other end now. */
static inline void show_peer(evutil_socket_t fd) {
  char text[200];
  ssize_t got = recv(fd, text, sizeof text - 1, MSG_DONTWAIT);
  text[got > 0 ? got : 0] = '\0';
  if (got < 0)
    say("  peer: %s", error_name(errno));
  else
    say("  peer: %zd bytes \"%s\"", got, text);
}

static inline void show_input(struct bufferevent *bev) {
  char text[200];
  ev_ssize_t n = evbuffer_copyout(bufferevent_get_input(bev), text, sizeof text - 1);
  text[n < 0 ? 0 : n] = '\0';
  say("  input \"%s\"", text);
}

#endif
