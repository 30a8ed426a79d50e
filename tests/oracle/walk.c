/* event_base_foreach_event, event_base_dump_events, event_base_active_by_fd. */
#include "oracle.h"

struct seen {
  const struct event_base *base;
  struct event *known[4];
  int found[4];
  int others;
  int stop_at;
  int calls;
};

static int look(const struct event_base *base, const struct event *ev, void *arg) {
  struct seen *seen = arg;
  if (base != seen->base) say("  another base");
  seen->calls++;
  int known = 0;
  for (int i = 0; i < 4; ++i) {
    if (ev == seen->known[i]) {
      seen->found[i]++;
      known = 1;
    }
  }
  if (!known) seen->others++;
  return seen->stop_at != 0 && seen->calls == seen->stop_at ? 42 : 0;
}

static void each_once(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  struct timeval tv = ms(1000);
  struct seen seen = {.base = base};
  seen.known[0] = event_new(base, fds[0], EV_READ, quiet_cb, NULL);
  seen.known[1] = evtimer_new(base, quiet_cb, NULL);
  seen.known[2] = event_new(base, -1, 0, quiet_cb, NULL);
  seen.known[3] = event_new(base, fds[1], EV_WRITE, quiet_cb, NULL);
  event_add(seen.known[0], &tv);
  event_add(seen.known[1], &tv);
  event_active(seen.known[2], EV_READ, 1);
  event_active(seen.known[0], EV_READ, 1);
  ask(event_base_foreach_event(base, look, &seen));
  say("  reader with timeout, active: %d; timer: %d; only active: %d; not added: %d; others: %d",
      seen.found[0], seen.found[1], seen.found[2], seen.found[3], seen.others);
  for (int i = 0; i < 4; ++i) event_free(seen.known[i]);
  event_base_free(base);
}

static void stops_early(void) {
  struct event_base *base = new_base();
  struct timeval tv = ms(1000);
  struct seen seen = {.base = base, .stop_at = 2};
  for (int i = 0; i < 4; ++i) {
    seen.known[i] = evtimer_new(base, quiet_cb, NULL);
    evtimer_add(seen.known[i], &tv);
  }
  ask(event_base_foreach_event(base, look, &seen));
  ask(seen.calls);
  for (int i = 0; i < 4; ++i) event_free(seen.known[i]);
  event_base_free(base);
}

static void nothing_there(void) {
  struct event_base *base = new_base();
  struct seen seen = {.base = base};
  ask(event_base_foreach_event(base, look, &seen));
  ask(seen.calls);
  event_base_free(base);
}

/* "0xADDRESS" for each pointer, "TIME" for each deadline. */
static void normalise(char *line) {
  char out[512];
  size_t n = 0;
  for (char *c = line; *c != '\0' && n < sizeof out - 16;) {
    if (c[0] == '0' && c[1] == 'x') {
      c += 2;
      while (strchr("0123456789abcdef", *c) != NULL && *c != '\0') ++c;
      n += (size_t)sprintf(out + n, "POINTER");
    } else if (*c >= '0' && *c <= '9') {
      while ((*c >= '0' && *c <= '9') || *c == '.') ++c;
      n += (size_t)sprintf(out + n, "N");
    } else if (*c == '\n') {
      ++c;
    } else {
      out[n++] = *c++;
    }
  }
  out[n] = '\0';
  strcpy(line, out);
}

static void dump(struct event_base *base) {
  FILE *file = tmpfile();
  if (file == NULL) broken("tmpfile");
  event_base_dump_events(base, file);
  rewind(file);
  char line[512];
  while (fgets(line, sizeof line, file) != NULL) {
    normalise(line);
    say("  |%s", line);
  }
  fclose(file);
}

static void dumped(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  struct timeval tv = ms(1000);
  dump(base);
  struct event *r = event_new(base, fds[0], EV_READ | EV_PERSIST, quiet_cb, NULL);
  event_add(r, NULL);
  dump(base);
  event_del(r);
  struct event *t = evtimer_new(base, quiet_cb, NULL);
  event_add(t, &tv);
  dump(base);
  event_active(t, EV_TIMEOUT, 1);
  dump(base);
  event_free(t);
  struct event *w = event_new(base, fds[0], EV_WRITE, quiet_cb, NULL);
  event_add(w, &tv);
  event_active(w, EV_WRITE, 1);
  dump(base);
  event_free(w);
  event_free(r);
  event_base_free(base);
}

static void dumped_signal(void) {
  struct event_base *base = new_base();
  struct event *s = event_new(base, SIGUSR1, EV_SIGNAL | EV_PERSIST, quiet_cb, NULL);
  event_active(s, EV_SIGNAL, 1);
  dump(base);
  event_free(s);
  event_base_free(base);
}

static void by_fd(struct event_base *base, evutil_socket_t fd, int events) {
  event_base_active_by_fd(base, fd, (short)events);
  say("  %s: active %d", flags(events), event_base_get_num_events(base, EVENT_BASE_COUNT_ACTIVE));
  event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static void active_by_fd(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  fill(fds[0]); /* neither readable nor writable: what runs was activated */
  struct timeval tv = ms(5000);
  struct probe r = {.name = "reader"}, w = {.name = "writer"}, b = {.name = "both, timed"},
               other = {.name = "other fd"};
  event_add(watch(base, &r, fds[0], EV_READ | EV_PERSIST), NULL);
  event_add(watch(base, &w, fds[0], EV_WRITE | EV_PERSIST), NULL);
  event_add(watch(base, &b, fds[0], EV_READ | EV_WRITE | EV_PERSIST), &tv);
  watch(base, &other, fds[1], EV_READ);
  by_fd(base, fds[0], EV_READ);
  by_fd(base, fds[0], EV_WRITE);
  by_fd(base, fds[0], EV_READ | EV_WRITE);
  by_fd(base, fds[0], EV_TIMEOUT);
  by_fd(base, fds[0], EV_TIMEOUT | EV_READ);
  by_fd(base, fds[0], 0);
  by_fd(base, fds[1], EV_READ);
  by_fd(base, 1000, EV_READ);
  by_fd(base, -1, EV_READ);
  event_free(r.ev);
  event_free(w.ev);
  event_free(b.ev);
  event_free(other.ev);
  event_base_free(base);
}

int main(void) {
  situation("each event once", each_once);
  situation("stopped by the callback", stops_early);
  situation("an empty base", nothing_there);
  situation("event_base_dump_events", dumped);
  situation("event_base_dump_events: a signal", dumped_signal);
  situation("event_base_active_by_fd", active_by_fd);
  return 0;
}
