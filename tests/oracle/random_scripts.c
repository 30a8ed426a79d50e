/* Pseudo-random scripts: the same operations, from outside and from callbacks, have the same
 * effect.
 *
 * What makes a script's transcript depend on nothing else: every event has a priority of its own,
 * so that the order in which the kernel reports them does not show; a timer is due at once or in an
 * hour; the numbers come from a generator of our own. */
#include "oracle.h"

enum { n_pairs = 3, n_fds = 2 * n_pairs, n_events = 16, n_priorities = 16, operations = 45 };

static struct event_base *base;
static evutil_socket_t fds[n_fds];
static struct event *events[n_events];
static struct probe probes[n_events];
static unsigned long long state;
static int timers_only; /* only events without a descriptor or signal are ever due */
static int in_callback, callbacks_left, calls_left, in_pipe[n_fds];

static int draw(int n) {
  state = state * 6364136223846793005ull + 1442695040888963407ull;
  return (int)((state >> 33) % (unsigned long long)n);
}

static const struct timeval *draw_timeout(void) {
  static const struct timeval hour = {3600, 0}, zero = {0, 0}, negative = {-3, 0};
  static const struct timeval *const all[] = {NULL, NULL, &hour, &zero, &negative};
  return all[draw(5)];
}

static void add(int i) {
  const struct timeval *tv = draw_timeout();
  int is_timer = i >= 10 && i < 14;
  if (timers_only && !is_timer && tv != NULL && tv->tv_sec <= 0) tv = NULL;
  int got = event_add(events[i], tv);
  say("  %sadd %d, %s: %d", in_callback ? "  " : "", i,
      tv == NULL       ? "no timeout"
      : tv->tv_sec > 0 ? "an hour"
                       : "at once",
      got);
}

static void deliver(int i) {
  if (in_pipe[i] > 20) return;
  put(fds[i ^ 1], 1);
  in_pipe[i]++;
  say("  %swrite to %d", in_callback ? "  " : "", i);
}

static void drain(int i) {
  char bytes[64];
  ssize_t n = read(fds[i], bytes, sizeof bytes);
  in_pipe[i] = 0;
  say("  %sread from %d: %d", in_callback ? "  " : "", i, (int)n);
}

static void control(void) {
  switch (draw(3)) {
    case 0:
      say("    loopbreak: %d", event_base_loopbreak(base));
      break;
    case 1:
      say("    loopexit: %d", event_base_loopexit(base, NULL));
      break;
    default:
      say("    loopcontinue: %d", event_base_loopcontinue(base));
      break;
  }
}

static void one_operation(void) {
  static const int results[] = {EV_READ, EV_WRITE, EV_TIMEOUT, EV_READ | EV_WRITE};
  const char *indent = in_callback ? "  " : "";
  int i = draw(n_events), fd = draw(n_fds);
  switch (draw(in_callback ? 11 : 10)) {
    case 0:
    case 1:
    case 2:
      add(i);
      break;
    case 3:
      say("  %sdel %d: %d", indent, i, event_del(events[i]));
      break;
    case 4: {
      int what = results[draw(4)];
      event_active(events[i], what, 1);
      say("  %sactive %d %s", indent, i, flags(what));
      break;
    }
    case 5:
    case 6:
      deliver(fd);
      break;
    case 7:
      drain(fd);
      break;
    case 8:
      /* libevent keeps a signal event's calls and its interval in one place: removing the timer of
       * an active one loses its calls. */
      if (i >= 14) break;
      say("  %sremove_timer %d: %d", indent, i, event_remove_timer(events[i]));
      break;
    case 9:
      say("  %spending %d: %s", indent, i, flags(event_pending(events[i], EV_ANY, NULL)));
      break;
    default:
      control();
      break;
  }
}

static void callback(evutil_socket_t fd, short what, void *arg) {
  (void)fd;
  struct probe *self = arg;
  say("  > %d %s", (int)(self - probes), flags(what));
  if (--calls_left == 0) {
    /* An urgent event that is always ready starves the others, and the loop would never end. */
    say("    enough: %d", event_base_loopbreak(base));
    return;
  }
  if (callbacks_left > 0 && draw(2) == 0) {
    --callbacks_left;
    in_callback = 1;
    one_operation();
    in_callback = 0;
  }
}

static void make_events(void) {
  static const int kinds[] = {EV_READ, EV_READ | EV_PERSIST, EV_WRITE, EV_READ | EV_WRITE,
                              EV_READ | EV_WRITE | EV_PERSIST};
  for (int i = 0; i < n_events; ++i) {
    if (i < 10) {
      events[i] = event_new(base, fds[i % n_fds], (short)kinds[draw(5)], callback, &probes[i]);
    } else if (i < 14) {
      events[i] = event_new(base, -1, i % 2 ? EV_PERSIST : 0, callback, &probes[i]);
    } else {
      events[i] =
          event_new(base, i % 2 ? SIGUSR1 : SIGUSR2, EV_SIGNAL | EV_PERSIST, callback, &probes[i]);
    }
    if (events[i] == NULL || event_priority_set(events[i], i) != 0) broken("an event");
  }
}

static void loop_once(void) {
  callbacks_left = 12; /* a callback may make work for others, but not for ever */
  calls_left = 12;
  int got = event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
  say("  loop: %d, exit %d, break %d, added %d", got, event_base_got_exit(base),
      event_base_got_break(base), event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED) > 0);
}

static void script(void) {
  base = new_base();
  if (event_base_priority_init(base, n_priorities) != 0) broken("priorities");
  for (int i = 0; i < n_pairs; ++i) socket_pair(&fds[2 * i]);
  make_events();
  for (int i = 0; i < operations; ++i) {
    if (draw(6) == 0) {
      loop_once();
    } else if (draw(8) == 0) {
      raise(draw(2) ? SIGUSR1 : SIGUSR2);
    } else {
      one_operation();
    }
  }
  loop_once();
  for (int i = 0; i < n_events; ++i) event_free(events[i]);
  event_base_free(base);
}

int main(void) {
  /* A signal whose event is not added at the moment must not end the program. */
  signal(SIGUSR1, SIG_IGN);
  signal(SIGUSR2, SIG_IGN);
  for (int seed = 1; seed <= 200; ++seed) {
    char title[64];
    timers_only = seed % 2;
    snprintf(title, sizeof title, "script %d%s", seed, timers_only ? ", only timers are due" : "");
    state = (unsigned long long)seed;
    situation(title, script);
  }
  return 0;
}
