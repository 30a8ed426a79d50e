/* The headers of libevent 1.4, event.h and evutil.h, give all that programs of that time use. */
#include <event.h>
#include <evutil.h>
#include <sys/types.h>

#include "oracle.h"

static struct event ev_global;

static void old_callback(int fd, short what, void *arg) {
  (void)arg;
  char byte;
  say("  callback: %s, read %d", flags(what), (int)read(fd, &byte, 1));
}

static void classic(void) {
  int fds[2];
  if (evutil_socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0) broken("evutil_socketpair");
  event_init();
  event_set(&ev_global, fds[0], EV_READ, old_callback, &ev_global);
  event_add(&ev_global, NULL);
  if (write(fds[1], "x", 1) != 1) broken("write");
  ask(event_dispatch());
  ask(EVENT_FD(&ev_global) == fds[0]);
}

static void structure(void) {
  struct event ev;
  memset(&ev, 0, sizeof ev);
  event_init();
  evtimer_set(&ev, old_callback, NULL);
  ask((int)sizeof ev);
  ask(ev.ev_fd);
  ask(event_initialized(&ev));
  ask(EVLIST_TIMEOUT | EVLIST_INSERTED | EVLIST_SIGNAL | EVLIST_ACTIVE | EVLIST_INTERNAL |
      EVLIST_INIT);
}

static void utilities(void) {
  struct timeval a = {1, 900000}, b = {0, 200000}, c;
  evutil_timeradd(&a, &b, &c);
  say("  sum %ld.%06ld", (long)c.tv_sec, (long)c.tv_usec);
  evutil_timersub(&b, &a, &c);
  say("  difference %ld.%06ld", (long)c.tv_sec, (long)c.tv_usec);
  evutil_timerclear(&c);
  ask(evutil_timerisset(&c));
  ask(evutil_timercmp(&a, &b, >));
  char text[8];
  ask(evutil_snprintf(text, sizeof text, "%d", 123456789));
  say("  %s", text);
}

int main(void) {
  situation("event.h: a program of old", classic);
  situation("event.h: struct event", structure);
  situation("evutil.h", utilities);
  return 0;
}
