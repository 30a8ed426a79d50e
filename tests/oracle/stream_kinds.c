/* Pairs and filters. */
#include "stream_probe.h"

static void make_pair(struct event_base *base, int options, struct teller *a, struct teller *b) {
  struct bufferevent *pair[2];
  ask(bufferevent_pair_new(base, options, pair));
  tell_of(a, pair[0]);
  tell_of(b, pair[1]);
}

static void pair_made(void) {
  struct event_base *base = new_base();
  struct teller a = {.name = "a"}, b = {.name = "b"};
  make_pair(base, 0, &a, &b);
  ask_flags(bufferevent_get_enabled(a.bev));
  say("  partner %s", yes(bufferevent_pair_get_partner(a.bev) == b.bev));
  ask(bufferevent_getfd(a.bev));
  ask(bufferevent_setfd(a.bev, 0));
  ask(bufferevent_priority_set(a.bev, 0));
  ask(bufferevent_get_priority(a.bev));
  ask(bufferevent_socket_connect(a.bev, NULL, 0));
  say("  underlying %s", null(bufferevent_get_underlying(a.bev)));
  ask(event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED));
  bufferevent_free(a.bev);
  say("  partner %s", null(bufferevent_pair_get_partner(b.bev)));
  settle(base);
  write_text(b.bev, "alone");
  settle(base);
  ask(evbuffer_get_length(bufferevent_get_output(b.bev)));
  bufferevent_free(b.bev);
  event_base_free(base);
}

static void pair_talks(void) {
  struct event_base *base = new_base();
  struct teller a = {.name = "a"}, b = {.name = "b"};
  make_pair(base, 0, &a, &b);
  write_text(a.bev, "early");
  settle(base);
  ask(evbuffer_get_length(bufferevent_get_output(a.bev)));
  say("  enable");
  ask(bufferevent_enable(b.bev, EV_READ));
  settle(base);
  show_input(b.bev);
  write_text(a.bev, " more");
  say("  input at once %zu", evbuffer_get_length(bufferevent_get_input(b.bev)));
  settle(base);
  bufferevent_disable(a.bev, EV_WRITE);
  write_text(a.bev, " held");
  settle(base);
  show_input(b.bev);
  bufferevent_enable(a.bev, EV_WRITE);
  settle(base);
  show_input(b.bev);
  bufferevent_free(a.bev);
  bufferevent_free(b.bev);
  event_base_free(base);
}

static void pair_ends(void) {
  struct event_base *base = new_base();
  struct teller a = {.name = "a"}, b = {.name = "b"};
  make_pair(base, 0, &a, &b);
  bufferevent_enable(b.bev, EV_READ);
  write_text(a.bev, "last words");
  ask(bufferevent_flush(a.bev, EV_WRITE, BEV_FINISHED));
  settle(base);
  ask(bufferevent_flush(a.bev, EV_WRITE, BEV_FLUSH));
  ask(bufferevent_flush(a.bev, EV_READ, BEV_FINISHED));
  settle(base);
  bufferevent_free(b.bev);
  ask(bufferevent_flush(a.bev, EV_WRITE, BEV_FINISHED));
  settle(base);
  bufferevent_free(a.bev);
  event_base_free(base);
}

static void pair_marks(void) {
  struct event_base *base = new_base();
  struct teller a = {.name = "a"}, b = {.name = "b"};
  make_pair(base, 0, &a, &b);
  bufferevent_setwatermark(b.bev, EV_READ, 4, 10);
  bufferevent_enable(b.bev, EV_READ);
  write_text(a.bev, "abc");
  settle(base);
  write_text(a.bev, "defghijklmnopq");
  settle(base);
  ask(evbuffer_get_length(bufferevent_get_input(b.bev)));
  ask(evbuffer_get_length(bufferevent_get_output(a.bev)));
  evbuffer_drain(bufferevent_get_input(b.bev), 5);
  settle(base);
  show_input(b.bev);
  ask(evbuffer_get_length(bufferevent_get_output(a.bev)));
  bufferevent_free(a.bev);
  bufferevent_free(b.bev);
  event_base_free(base);
}

static void pair_flushed(void) {
  for (int mode = BEV_NORMAL; mode <= BEV_FINISHED; ++mode) {
    for (int reads = 0; reads < 2; ++reads) {
      struct event_base *base = new_base();
      struct teller a = {.name = "a"}, b = {.name = "b"};
      make_pair(base, 0, &a, &b);
      bufferevent_setwatermark(b.bev, EV_READ, 0, 4);
      if (reads) bufferevent_enable(b.bev, EV_READ);
      write_text(a.bev, "abcdefghij");
      settle(base);
      say("  mode %d, %s", mode, reads ? "reading" : "not reading");
      for (int i = 0; i < 2; ++i) {
        ask(bufferevent_flush(a.bev, EV_WRITE, (enum bufferevent_flush_mode)mode));
        settle(base);
        show_input(b.bev);
      }
      bufferevent_free(a.bev);
      bufferevent_free(b.bev);
      event_base_free(base);
    }
  }
}

static void pair_timeouts(void) {
  struct event_base *base = new_base();
  struct teller a = {.name = "a"}, b = {.name = "b", .stops = 1};
  make_pair(base, 0, &a, &b);
  struct timeval tv = ms(30);
  ask(bufferevent_set_timeouts(b.bev, &tv, NULL));
  bufferevent_enable(b.bev, EV_READ);
  ended_after(base, 2000);
  a.stops = 1;
  bufferevent_set_timeouts(a.bev, NULL, &tv);
  write_text(a.bev, "nobody reads");
  ended_after(base, 2000);
  bufferevent_free(a.bev);
  bufferevent_free(b.bev);
  event_base_free(base);
}

static void echo(struct teller *t) {
  bufferevent_write_buffer(t->bev, bufferevent_get_input(t->bev));
}

static void pair_echo(void) {
  struct event_base *base = new_base();
  struct teller a = {.name = "a"}, b = {.name = "b", .then_read = echo};
  make_pair(base, BEV_OPT_DEFER_CALLBACKS, &a, &b);
  bufferevent_enable(a.bev, EV_READ);
  bufferevent_enable(b.bev, EV_READ);
  write_text(a.bev, "hello");
  settle(base);
  show_input(a.bev);
  bufferevent_free(a.bev);
  bufferevent_free(b.bev);
  event_base_free(base);
}

/* --- filters --- */

static int contexts_freed;
static void free_context(void *context) {
  ++contexts_freed;
  say("  context freed: %s", (const char *)context);
}

static enum bufferevent_filter_result upper(struct evbuffer *from, struct evbuffer *to,
                                            ev_ssize_t limit, enum bufferevent_flush_mode mode,
                                            void *context) {
  say("  filter %s: %zu bytes, limit %d, mode %d", (const char *)context, evbuffer_get_length(from),
      (int)limit, (int)mode);
  char c;
  int moved = 0;
  while ((limit < 0 || moved < limit) && evbuffer_remove(from, &c, 1) == 1) {
    if (c >= 'a' && c <= 'z') c = (char)(c - 'a' + 'A');
    evbuffer_add(to, &c, 1);
    ++moved;
  }
  return moved ? BEV_OK : BEV_NEED_MORE;
}

/* Whole words of four only. */
static enum bufferevent_filter_result fours(struct evbuffer *from, struct evbuffer *to,
                                            ev_ssize_t limit, enum bufferevent_flush_mode mode,
                                            void *context) {
  (void)limit;
  (void)context;
  say("  fours: %zu bytes, mode %d", evbuffer_get_length(from), (int)mode);
  if (evbuffer_get_length(from) < 4) return BEV_NEED_MORE;
  evbuffer_remove_buffer(from, to, 4);
  return BEV_OK;
}

static enum bufferevent_filter_result refuses(struct evbuffer *from, struct evbuffer *to,
                                              ev_ssize_t limit, enum bufferevent_flush_mode mode,
                                              void *context) {
  (void)from, (void)to, (void)limit, (void)mode, (void)context;
  say("  refuses");
  return BEV_ERROR;
}

static void filter_made(void) {
  struct event_base *base = new_base();
  struct teller u = {.name = "u"}, f = {.name = "f"};
  evutil_socket_t fds[2];
  socket_pair(fds);
  stream_on(&u, base, fds[0], 0);
  tell_of(&f, bufferevent_filter_new(u.bev, upper, upper, BEV_OPT_CLOSE_ON_FREE, free_context,
                                     (void *)"one"));
  ask_flags(bufferevent_get_enabled(f.bev));
  ask_flags(bufferevent_get_enabled(u.bev));
  say("  underlying %s", yes(bufferevent_get_underlying(f.bev) == u.bev));
  say("  fd %s", yes(bufferevent_getfd(f.bev) == fds[0]));
  say("  base %s", yes(bufferevent_get_base(f.bev) == base));
  ask(bufferevent_enable(f.bev, EV_READ));
  ask_flags(bufferevent_get_enabled(f.bev));
  ask_flags(bufferevent_get_enabled(u.bev));
  bufferevent_data_cb rd, wr;
  bufferevent_event_cb ev;
  bufferevent_getcb(u.bev, &rd, &wr, &ev, NULL);
  say("  callbacks of the underlying: %s", yes(rd != told_read && rd != NULL));
  bufferevent_free(f.bev);
  settle(base);
  say("  freed %d", contexts_freed);
  event_base_free(base);
}

static void filter_moves(void) {
  struct event_base *base = new_base();
  struct teller u = {.name = "u"}, f = {.name = "f"};
  evutil_socket_t fds[2];
  socket_pair(fds);
  stream_on(&u, base, fds[0], 0);
  tell_of(&f, bufferevent_filter_new(u.bev, upper, upper, BEV_OPT_CLOSE_ON_FREE, free_context,
                                     (void *)"two"));
  bufferevent_enable(f.bev, EV_READ);
  bufferevent_enable(u.bev, EV_READ);
  say("  reading");
  send(fds[1], "hello", 5, 0);
  settle(base);
  show_input(f.bev);
  ask(evbuffer_get_length(bufferevent_get_input(u.bev)));
  say("  writing");
  write_text(f.bev, "world");
  ask(evbuffer_get_length(bufferevent_get_output(f.bev)));
  settle(base);
  show_peer(fds[1]);
  say("  end");
  shutdown(fds[1], SHUT_WR);
  settle(base);
  bufferevent_free(f.bev);
  settle(base);
  event_base_free(base);
}

static void filter_waits(void) {
  struct event_base *base = new_base();
  struct teller u = {.name = "u"}, f = {.name = "f"};
  evutil_socket_t fds[2];
  socket_pair(fds);
  stream_on(&u, base, fds[0], 0);
  tell_of(&f, bufferevent_filter_new(u.bev, fours, NULL, 0, NULL, NULL));
  bufferevent_enable(u.bev, EV_READ);
  bufferevent_enable(f.bev, EV_READ);
  send(fds[1], "abc", 3, 0);
  settle(base);
  show_input(f.bev);
  send(fds[1], "defghij", 7, 0);
  settle(base);
  show_input(f.bev);
  ask(evbuffer_get_length(bufferevent_get_input(u.bev)));
  write_text(f.bev, "as it is");
  settle(base);
  show_peer(fds[1]);
  ask(bufferevent_flush(f.bev, EV_READ, BEV_FLUSH));
  ask(bufferevent_flush(f.bev, EV_WRITE, BEV_FINISHED));
  settle(base);
  bufferevent_free(f.bev);
  bufferevent_free(u.bev);
  event_base_free(base);
}

/* Takes what is below only when it is told that there will be no more. */
static enum bufferevent_filter_result at_the_end(struct evbuffer *from, struct evbuffer *to,
                                                 ev_ssize_t limit, enum bufferevent_flush_mode mode,
                                                 void *context) {
  (void)limit;
  (void)context;
  if (mode == BEV_NORMAL || evbuffer_get_length(from) == 0) return BEV_NEED_MORE;
  evbuffer_add_buffer(to, from);
  return BEV_OK;
}

/* Its read callback is not called, as little as the mark matters; the write callback is. */
static void filter_flushed(void) {
  for (int mode = BEV_FLUSH; mode <= BEV_FINISHED; ++mode) {
    for (int low = 0; low <= 5; low += 5) {
      struct event_base *base = new_base();
      struct teller u = {.name = "u"}, f = {.name = "f"};
      evutil_socket_t fds[2];
      socket_pair(fds);
      stream_on(&u, base, fds[0], 0);
      tell_of(&f, bufferevent_filter_new(u.bev, at_the_end, at_the_end, 0, NULL, NULL));
      bufferevent_setwatermark(f.bev, EV_READ, (size_t)low, 0);
      bufferevent_enable(u.bev, EV_READ);
      bufferevent_enable(f.bev, EV_READ);
      send(fds[1], "abc", 3, 0);
      settle(base);
      write_text(f.bev, "out");
      say("  mode %d, low mark %d", mode, low);
      ask(bufferevent_flush(f.bev, EV_READ, (enum bufferevent_flush_mode)mode));
      show_input(f.bev);
      ask(bufferevent_flush(f.bev, EV_WRITE, (enum bufferevent_flush_mode)mode));
      ask(bufferevent_flush(f.bev, EV_READ | EV_WRITE, (enum bufferevent_flush_mode)mode));
      settle(base);
      show_peer(fds[1]);
      bufferevent_free(f.bev);
      bufferevent_free(u.bev);
      event_base_free(base);
    }
  }
}

/* A mark that is moved while the input is full: what stayed below comes when something is taken. */
static void filter_mark_moves(void) {
  static const size_t marks[] = {8, 0, 2, 4};
  for (unsigned i = 0; i < sizeof marks / sizeof *marks; ++i) {
    struct event_base *base = new_base();
    struct teller u = {.name = "u"};
    evutil_socket_t fds[2];
    socket_pair(fds);
    stream_on(&u, base, fds[0], 0);
    struct bufferevent *f = bufferevent_filter_new(u.bev, NULL, NULL, 0, NULL, NULL);
    bufferevent_setwatermark(f, EV_READ, 0, 4);
    bufferevent_enable(u.bev, EV_READ);
    bufferevent_enable(f, EV_READ);
    send(fds[1], "abcdefghijklmnopqrstuvwxyz", 26, 0);
    settle(base);
    show_input(f);
    say("  %zu", marks[i]);
    bufferevent_setwatermark(f, EV_READ, 0, marks[i]);
    settle(base);
    show_input(f);
    static const size_t drains[] = {1, 3, 2, 4, 26, 26};
    for (unsigned d = 0; d < sizeof drains / sizeof *drains; ++d) {
      evbuffer_drain(bufferevent_get_input(f), drains[d]);
      settle(base);
      show_input(f);
      ask(evbuffer_get_length(bufferevent_get_input(u.bev)));
    }
    bufferevent_free(f);
    bufferevent_free(u.bev);
    event_base_free(base);
  }
}

static void filter_fails(void) {
  struct event_base *base = new_base();
  struct teller u = {.name = "u"}, f = {.name = "f"};
  evutil_socket_t fds[2];
  socket_pair(fds);
  stream_on(&u, base, fds[0], 0);
  tell_of(&f, bufferevent_filter_new(u.bev, refuses, refuses, 0, NULL, NULL));
  bufferevent_enable(u.bev, EV_READ);
  bufferevent_enable(f.bev, EV_READ);
  say("  reading");
  send(fds[1], "abc", 3, 0);
  settle(base);
  say("  writing");
  write_text(f.bev, "out");
  settle(base);
  bufferevent_free(f.bev);
  bufferevent_free(u.bev);
  event_base_free(base);
}

static void filter_over_pair(void) {
  struct event_base *base = new_base();
  struct teller a = {.name = "a"}, b = {.name = "b"}, f = {.name = "f"};
  make_pair(base, 0, &a, &b);
  tell_of(&f, bufferevent_filter_new(b.bev, upper, upper, 0, NULL, (void *)"p"));
  bufferevent_setwatermark(f.bev, EV_READ, 0, 3);
  bufferevent_enable(b.bev, EV_READ);
  bufferevent_enable(f.bev, EV_READ);
  bufferevent_enable(a.bev, EV_READ);
  write_text(a.bev, "abcdefgh");
  settle(base);
  show_input(f.bev);
  evbuffer_drain(bufferevent_get_input(f.bev), 2);
  settle(base);
  show_input(f.bev);
  write_text(f.bev, "back");
  settle(base);
  show_input(a.bev);
  bufferevent_free(f.bev);
  bufferevent_free(a.bev);
  bufferevent_free(b.bev);
  event_base_free(base);
}

static void filter_of_another_descriptor(void) {
  struct event_base *base = new_base();
  struct teller u = {.name = "u"}, f = {.name = "f", .drains = 1};
  evutil_socket_t one[2], two[2];
  socket_pair(one);
  socket_pair(two);
  stream_on(&u, base, one[0], 0);
  tell_of(&f, bufferevent_filter_new(u.bev, NULL, NULL, 0, NULL, NULL));
  bufferevent_enable(u.bev, EV_READ);
  bufferevent_enable(f.bev, EV_READ);
  ask(bufferevent_setfd(f.bev, two[0]));
  say("  fd %s %s", yes(bufferevent_getfd(f.bev) == two[0]),
      yes(bufferevent_getfd(u.bev) == two[0]));
  put(one[1], 3);
  put(two[1], 4);
  settle(base);
  ask(bufferevent_priority_set(f.bev, 0));
  bufferevent_free(f.bev);
  bufferevent_free(u.bev);
  event_base_free(base);
}

int main(void) {
  situation("a pair", pair_made);
  situation("a pair talks", pair_talks);
  situation("a pair ends", pair_ends);
  situation("watermarks of a pair", pair_marks);
  situation("flushing a pair", pair_flushed);
  situation("timeouts of a pair", pair_timeouts);
  situation("a pair echoes", pair_echo);
  situation("a filter", filter_made);
  situation("a filter moves", filter_moves);
  situation("a filter waits", filter_waits);
  situation("a filter is flushed", filter_flushed);
  situation("the mark of a filter moves", filter_mark_moves);
  situation("a filter fails", filter_fails);
  situation("a filter over a pair", filter_over_pair);
  situation("another descriptor below a filter", filter_of_another_descriptor);
  return 0;
}
