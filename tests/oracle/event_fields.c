/* What can be asked of an event: assignment, initialization, getters. */
#include "oracle.h"

#include <event2/event_struct.h>

static void getters(void) {
  struct event_base *base = new_base();
  event_base_priority_init(base, 5);
  evutil_socket_t fds[2];
  socket_pair(fds);
  int data = 0;
  struct event *ev = event_new(base, fds[0], EV_READ | EV_PERSIST | EV_TIMEOUT, quiet_cb, &data);
  say("  fd: %s", yes(event_get_fd(ev) == fds[0]));
  say("  base: %s", yes(event_get_base(ev) == base));
  ask_flags(event_get_events(ev));
  say("  callback: %s", yes(event_get_callback(ev) == quiet_cb));
  say("  argument: %s", yes(event_get_callback_arg(ev) == &data));
  ask(event_get_priority(ev));
  event_add(ev, NULL);
  ask_flags(event_get_events(ev));
  event_free(ev);
  event_base_free(base);
}

static void assignment(void) {
  struct event_base *base = new_base();
  int data = 0;
  struct event *ev = event_new(base, SIGUSR2, EV_SIGNAL | EV_PERSIST, quiet_cb, &data);
  struct event_base *got_base = NULL;
  evutil_socket_t got_fd = -9;
  short got_events = 0;
  event_callback_fn got_callback = NULL;
  void *got_arg = NULL;
  event_get_assignment(ev, &got_base, &got_fd, &got_events, &got_callback, &got_arg);
  say("  all: %s",
      yes(got_base == base && got_fd == SIGUSR2 && got_callback == quiet_cb && got_arg == &data));
  ask_flags(got_events);
  say("  signal: %s", yes(event_get_signal(ev) == SIGUSR2));
  event_get_assignment(ev, NULL, NULL, NULL, NULL, NULL);
  event_free(ev);
  event_base_free(base);
}

static void initialized(void) {
  struct event_base *base = new_base();
  struct event ev;
  memset(&ev, 0, sizeof ev);
  ask(event_initialized(&ev));
  ask(event_assign(&ev, base, -1, EV_PERSIST, quiet_cb, NULL));
  ask(event_initialized(&ev));
  ask(evtimer_initialized(&ev));
  ask(evsignal_initialized(&ev));
  ask(evtimer_assign(&ev, base, quiet_cb, NULL));
  ask_flags(event_get_events(&ev));
  ask(event_get_fd(&ev));
  ask(evsignal_assign(&ev, base, SIGUSR1, quiet_cb, NULL));
  ask_flags(event_get_events(&ev));
  event_debug_unassign(&ev);
  event_base_free(base);
}

static void bad_combinations(void) {
  struct event_base *base = new_base();
  watch_messages();
  struct event ev;
  const int sets[] = {EV_SIGNAL | EV_READ,
                      EV_SIGNAL | EV_WRITE,
                      EV_SIGNAL | EV_CLOSED,
                      EV_SIGNAL | EV_TIMEOUT,
                      EV_READ | EV_WRITE | EV_CLOSED,
                      EV_ET,
                      0x7f00};
  for (size_t i = 0; i < sizeof sets / sizeof sets[0]; ++i) {
    memset(&ev, 0, sizeof ev);
    int warned = message_count(EVENT_LOG_WARN);
    int got = event_assign(&ev, base, SIGUSR1, (short)sets[i], quiet_cb, NULL);
    say("  assign %s: %d, warned %d", flags(sets[i]), got, message_count(EVENT_LOG_WARN) - warned);
    struct event *made = event_new(base, SIGUSR1, (short)sets[i], quiet_cb, NULL);
    say("  event_new: %s", null(made));
    if (made != NULL) event_free(made);
  }
  event_base_free(base);
}

static void self_argument(void) {
  struct event_base *base = new_base();
  struct event *ev = event_new(base, -1, 0, quiet_cb, event_self_cbarg());
  say("  event_new: the event itself: %s", yes(event_get_callback_arg(ev) == ev));
  say("  a constant: %s", yes(event_self_cbarg() == event_self_cbarg()));
  event_free(ev);
  struct event held;
  ask(event_assign(&held, base, -1, 0, quiet_cb, event_self_cbarg()));
  say("  event_assign: the event itself: %s", yes(event_get_callback_arg(&held) == &held));
  event_base_free(base);
}

static struct event *running;
static struct event_base *its_base;

static void running_cb(evutil_socket_t fd, short what, void *arg) {
  (void)fd;
  (void)what;
  say("  the running event is this one: %s",
      yes(event_base_get_running_event(its_base) == running && arg == running));
}

static void running_event(void) {
  its_base = new_base();
  running = event_new(its_base, -1, 0, running_cb, event_self_cbarg());
  event_active(running, EV_READ, 1);
  ask(event_base_loop(its_base, 0));
  event_free(running);
  event_base_free(its_base);
}

static void sizes_and_versions(void) {
  say("  size: %s", yes(event_get_struct_event_size() == sizeof(struct event)));
  say("  version %s, headers agree: %s", event_get_version(),
      yes(strcmp(event_get_version(), LIBEVENT_VERSION) == 0));
  say("  number 0x%08x, headers agree: %s", event_get_version_number(),
      yes(event_get_version_number() == LIBEVENT_VERSION_NUMBER));
}

static void assigned_again(void) {
  struct event_base *base = new_base(), *other = new_base();
  struct event ev;
  event_assign(&ev, base, -1, EV_PERSIST, quiet_cb, NULL);
  struct timeval tv = ms(1000);
  event_add(&ev, &tv);
  ask(event_base_set(other, &ev));
  ask(event_del(&ev));
  ask(event_base_set(other, &ev));
  say("  moved: %s", yes(event_get_base(&ev) == other));
  ask(event_assign(&ev, base, -1, 0, quiet_cb, NULL));
  say("  moved back: %s", yes(event_get_base(&ev) == base));
  event_active(&ev, EV_READ, 1);
  ask(event_base_set(other, &ev));
  event_del(&ev);
  event_base_free(base);
  event_base_free(other);
}

static void fields_of_the_struct(void) {
  struct event_base *base = new_base();
  struct event ev;
  int data = 0;
  event_assign(&ev, base, -1, EV_PERSIST, quiet_cb, &data);
  ask(ev.ev_fd);
  ask_flags(ev.ev_events);
  say("  base %s, callback %s, argument %s", yes(ev.ev_base == base),
      yes(ev.ev_evcallback.evcb_cb_union.evcb_callback == quiet_cb),
      yes(ev.ev_evcallback.evcb_arg == &data));
  struct timeval tv = ms(50000);
  say("  flags 0x%x", (unsigned)ev.ev_evcallback.evcb_flags);
  event_add(&ev, &tv);
  say("  flags added 0x%x", (unsigned)ev.ev_evcallback.evcb_flags);
  event_active(&ev, EV_READ, 1);
  say("  flags active 0x%x, result %s", (unsigned)ev.ev_evcallback.evcb_flags, flags(ev.ev_res));
  event_del(&ev);
  say("  flags deleted 0x%x", (unsigned)ev.ev_evcallback.evcb_flags);
  event_base_free(base);
}

int main(void) {
  situation("getters", getters);
  situation("event_get_assignment", assignment);
  situation("event_initialized and the assign macros", initialized);
  situation("combinations of events that make no sense", bad_combinations);
  situation("event_self_cbarg", self_argument);
  situation("event_base_get_running_event", running_event);
  situation("sizes and versions", sizes_and_versions);
  situation("event_base_set", assigned_again);
  situation("the public fields of struct event", fields_of_the_struct);
  return 0;
}
