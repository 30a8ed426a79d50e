/* Socket bufferevents: creating, reading, writing, the end of a stream, errors. */
#include "stream_probe.h"

static void created(void) {
  struct event_base *base = new_base();
  struct teller t = {.name = "a"};
  evutil_socket_t fds[2];
  socket_pair(fds);
  struct bufferevent *b = stream_on(&t, base, fds[0], 0);
  ask_flags(bufferevent_get_enabled(b));
  say("  fd %s", yes(bufferevent_getfd(b) == fds[0]));
  say("  base %s", yes(bufferevent_get_base(b) == base));
  say("  underlying %s", null(bufferevent_get_underlying(b)));
  say("  partner %s", null(bufferevent_pair_get_partner(b)));
  say("  input %s", yes(b->input == bufferevent_get_input(b)));
  say("  output %s", yes(b->output == bufferevent_get_output(b)));
  ask(event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED));
  ask(bufferevent_enable(b, EV_READ));
  ask_flags(bufferevent_get_enabled(b));
  ask(event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED));
  say("  pending %s", flags(event_pending(&b->ev_read, EV_ANY, NULL)));
  say("  pending %s", flags(event_pending(&b->ev_write, EV_ANY, NULL)));
  ask(bufferevent_disable(b, EV_READ | EV_WRITE));
  ask_flags(bufferevent_get_enabled(b));
  ask(event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED));
  ask(bufferevent_get_priority(b));
  ask(bufferevent_get_max_single_read(b));
  ask(bufferevent_get_max_single_write(b));
  say("  read limit max %s", yes(bufferevent_get_read_limit(b) == EV_SSIZE_MAX));
  say("  write limit max %s", yes(bufferevent_get_write_limit(b) == EV_SSIZE_MAX));
  ask(bufferevent_get_max_to_read(b));
  ask(bufferevent_get_max_to_write(b));
  say("  cfg %s", null(bufferevent_get_token_bucket_cfg(b)));
  ask(bufferevent_socket_get_dns_error(b));
  bufferevent_data_cb rd, wr;
  bufferevent_event_cb ev;
  void *arg;
  bufferevent_getcb(b, &rd, &wr, &ev, &arg);
  say("  callbacks %s", yes(rd == told_read && wr == told_write && ev == told_event && arg == &t));
  bufferevent_getcb(b, NULL, NULL, NULL, NULL);
  bufferevent_setcb(b, NULL, NULL, NULL, NULL);
  bufferevent_getcb(b, &rd, &wr, &ev, &arg);
  say("  callbacks %s", yes(rd == NULL && wr == NULL && ev == NULL && arg == NULL));
  size_t low = 7, high = 7;
  ask(bufferevent_getwatermark(b, EV_READ, &low, &high));
  say("  marks %zu %zu", low, high);
  ask(bufferevent_getwatermark(b, EV_WRITE, &low, &high));
  say("  marks %zu %zu", low, high);
  ask(bufferevent_getwatermark(b, EV_READ | EV_WRITE, &low, &high));
  ask(bufferevent_getwatermark(b, EV_READ, NULL, NULL));
  bufferevent_free(b);
  say("  closed %s", yes(fcntl(fds[0], F_GETFD) < 0));
  event_base_free(base);
}

static void closing(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  struct bufferevent *b = bufferevent_socket_new(base, fds[0], BEV_OPT_CLOSE_ON_FREE);
  bufferevent_enable(b, EV_READ);
  bufferevent_free(b);
  settle(base);
  say("  closed %s", yes(fcntl(fds[0], F_GETFD) < 0));
  show_peer(fds[1]);
  ask(event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED));
  event_base_free(base);
}

static void reading(void) {
  struct event_base *base = new_base();
  struct teller t = {.name = "a", .drains = 1};
  evutil_socket_t fds[2];
  socket_pair(fds);
  stream_on(&t, base, fds[0], 0);
  put(fds[1], 5);
  settle(base);
  say("  nothing before enable");
  bufferevent_enable(t.bev, EV_READ);
  settle(base);
  put(fds[1], 3);
  settle(base);
  bufferevent_disable(t.bev, EV_READ);
  put(fds[1], 2);
  settle(base);
  bufferevent_enable(t.bev, EV_READ);
  settle(base);
  bufferevent_free(t.bev);
  event_base_free(base);
}

static void leaving(void) {
  struct event_base *base = new_base();
  struct teller t = {.name = "a"};
  evutil_socket_t fds[2];
  socket_pair(fds);
  stream_on(&t, base, fds[0], 0);
  bufferevent_enable(t.bev, EV_READ);
  put(fds[1], 5);
  settle(base);
  put(fds[1], 3);
  settle(base);
  char text[20];
  say("  read %zu", bufferevent_read(t.bev, text, 6));
  say("  read %zu", bufferevent_read(t.bev, text, 6));
  say("  read %zu", bufferevent_read(t.bev, text, 6));
  put(fds[1], 4);
  settle(base);
  struct evbuffer *to = evbuffer_new();
  ask(bufferevent_read_buffer(t.bev, to));
  ask(bufferevent_read_buffer(t.bev, to));
  ask(evbuffer_get_length(to));
  ask(evbuffer_add(bufferevent_get_input(t.bev), "x", 1));
  ask(evbuffer_prepend(bufferevent_get_input(t.bev), "x", 1));
  evbuffer_free(to);
  bufferevent_free(t.bev);
  event_base_free(base);
}

static void writing(void) {
  struct event_base *base = new_base();
  struct teller t = {.name = "a"};
  evutil_socket_t fds[2];
  socket_pair(fds);
  stream_on(&t, base, fds[0], 0);
  settle(base);
  say("  nothing yet");
  ask(bufferevent_write(t.bev, "hello", 5));
  ask(evbuffer_get_length(bufferevent_get_output(t.bev)));
  ask(event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED));
  settle(base);
  ask(evbuffer_get_length(bufferevent_get_output(t.bev)));
  show_peer(fds[1]);
  ask(bufferevent_write(t.bev, "", 0));
  settle(base);
  struct evbuffer *from = evbuffer_new();
  evbuffer_add(from, "buffer", 6);
  ask(bufferevent_write_buffer(t.bev, from));
  ask(evbuffer_get_length(from));
  settle(base);
  show_peer(fds[1]);
  ask(bufferevent_write_buffer(t.bev, from));
  settle(base);
  evbuffer_add(bufferevent_get_output(t.bev), "direct", 6);
  ask(evbuffer_drain(bufferevent_get_output(t.bev), 2));
  ask(evbuffer_prepend(bufferevent_get_output(t.bev), "x", 1));
  settle(base);
  show_peer(fds[1]);
  evbuffer_free(from);
  bufferevent_free(t.bev);
  event_base_free(base);
}

static void disabled_writing(void) {
  struct event_base *base = new_base();
  struct teller t = {.name = "a"};
  evutil_socket_t fds[2];
  socket_pair(fds);
  stream_on(&t, base, fds[0], 0);
  ask(bufferevent_disable(t.bev, EV_WRITE));
  write_text(t.bev, "waits");
  settle(base);
  show_peer(fds[1]);
  ask(bufferevent_enable(t.bev, EV_WRITE));
  settle(base);
  show_peer(fds[1]);
  say("  enable with nothing to write");
  bufferevent_disable(t.bev, EV_WRITE);
  bufferevent_enable(t.bev, EV_WRITE);
  settle(base);
  bufferevent_enable(t.bev, EV_WRITE);
  settle(base);
  bufferevent_free(t.bev);
  event_base_free(base);
}

static void end_of_stream(void) {
  struct event_base *base = new_base();
  struct teller t = {.name = "a"};
  evutil_socket_t fds[2];
  socket_pair(fds);
  stream_on(&t, base, fds[0], 0);
  bufferevent_enable(t.bev, EV_READ);
  put(fds[1], 5);
  shutdown(fds[1], SHUT_WR);
  settle(base);
  say("  half closed: still writing");
  write_text(t.bev, "answer");
  settle(base);
  show_peer(fds[1]);
  bufferevent_enable(t.bev, EV_READ);
  settle(base);
  bufferevent_free(t.bev);
  event_base_free(base);
}

static void peer_gone(void) {
  struct event_base *base = new_base();
  struct teller t = {.name = "a"};
  evutil_socket_t fds[2];
  socket_pair(fds);
  stream_on(&t, base, fds[0], 0);
  signal(SIGPIPE, SIG_IGN);
  close(fds[1]);
  write_text(t.bev, "to nobody");
  settle(base);
  ask(evbuffer_get_length(bufferevent_get_output(t.bev)));
  write_text(t.bev, "again");
  settle(base);
  bufferevent_enable(t.bev, EV_WRITE);
  settle(base);
  bufferevent_enable(t.bev, EV_READ);
  settle(base);
  bufferevent_free(t.bev);
  event_base_free(base);
}

static void reset(void) {
  struct event_base *base = new_base();
  struct teller t = {.name = "a"};
  evutil_socket_t fds[2];
  socket_pair(fds);
  stream_on(&t, base, fds[0], 0);
  write_text(t.bev, "unread");
  settle(base);
  bufferevent_enable(t.bev, EV_READ);
  close(fds[1]); /* with unread data: a reset */
  settle(base);
  bufferevent_free(t.bev);
  event_base_free(base);
}

static void bad_descriptor(void) {
  struct event_base *base = new_base();
  struct teller t = {.name = "a"};
  stream_on(&t, base, -1, 0);
  ask(bufferevent_getfd(t.bev));
  ask(bufferevent_enable(t.bev, EV_READ | EV_WRITE));
  ask_flags(bufferevent_get_enabled(t.bev));
  ask(bufferevent_write(t.bev, "early", 5));
  settle(base);
  ask(evbuffer_get_length(bufferevent_get_output(t.bev)));
  evutil_socket_t fds[2];
  socket_pair(fds);
  ask(bufferevent_setfd(t.bev, fds[0]));
  settle(base);
  show_peer(fds[1]);
  put(fds[1], 3);
  settle(base);
  bufferevent_free(t.bev);
  event_base_free(base);
}

static void another_descriptor(void) {
  struct event_base *base = new_base();
  struct teller t = {.name = "a", .drains = 1};
  evutil_socket_t one[2], two[2];
  socket_pair(one);
  socket_pair(two);
  stream_on(&t, base, one[0], 0);
  bufferevent_enable(t.bev, EV_READ);
  put(one[1], 3);
  settle(base);
  ask(bufferevent_setfd(t.bev, two[0]));
  say("  fd %s", yes(bufferevent_getfd(t.bev) == two[0]));
  put(one[1], 4);
  settle(base);
  put(two[1], 5);
  settle(base);
  write_text(t.bev, "to two");
  settle(base);
  show_peer(one[1]);
  show_peer(two[1]);
  ask(bufferevent_setfd(t.bev, -1));
  ask(bufferevent_getfd(t.bev));
  put(two[1], 6);
  settle(base);
  bufferevent_free(t.bev);
  event_base_free(base);
}

static void much(void) {
  struct event_base *base = new_base();
  struct teller a = {.name = "a", .silent = 1}, b = {.name = "b", .silent = 1, .drains = 1};
  evutil_socket_t fds[2];
  socket_pair(fds);
  stream_on(&a, base, fds[0], 0);
  stream_on(&b, base, fds[1], 0);
  b.enough = 3000000;
  bufferevent_enable(b.bev, EV_READ);
  static char text[1000000];
  for (int i = 0; i < 3; ++i) bufferevent_write(a.bev, text, sizeof text);
  ended_after(base, 5000);
  say("  %zu bytes, write callbacks %s", b.total, a.writes > 0 ? "some" : "none");
  settle(base);
  say("  at the end %d", a.writes > 0);
  ask(evbuffer_get_length(bufferevent_get_output(a.bev)));
  bufferevent_free(a.bev);
  bufferevent_free(b.bev);
  event_base_free(base);
}

static void priorities(void) {
  struct event_base *base = new_base();
  event_base_priority_init(base, 4);
  struct teller a = {.name = "a", .drains = 1}, b = {.name = "b", .drains = 1};
  evutil_socket_t one[2], two[2];
  socket_pair(one);
  socket_pair(two);
  stream_on(&a, base, one[0], 0);
  stream_on(&b, base, two[0], 0);
  ask(bufferevent_get_priority(a.bev));
  ask(bufferevent_priority_set(a.bev, 3));
  ask(bufferevent_priority_set(b.bev, 0));
  ask(bufferevent_priority_set(b.bev, 9));
  ask(bufferevent_get_priority(a.bev));
  ask(bufferevent_get_priority(b.bev));
  bufferevent_enable(a.bev, EV_READ);
  bufferevent_enable(b.bev, EV_READ);
  put(one[1], 1);
  put(two[1], 2);
  settle(base);
  bufferevent_free(a.bev);
  bufferevent_free(b.bev);
  event_base_free(base);
}

static void other_base(void) {
  struct event_base *one = new_base(), *two = new_base();
  struct teller a = {.name = "a", .drains = 1};
  evutil_socket_t fds[2];
  socket_pair(fds);
  stream_on(&a, one, fds[0], 0);
  ask(bufferevent_base_set(two, a.bev));
  say("  base %s", yes(bufferevent_get_base(a.bev) == two));
  bufferevent_enable(a.bev, EV_READ);
  put(fds[1], 2);
  settle(one);
  say("  now the other");
  settle(two);
  ask(bufferevent_base_set(one, a.bev));
  bufferevent_free(a.bev);
  event_base_free(one);
  event_base_free(two);
}

static void other_base_with_output(void) {
  struct event_base *one = new_base(), *two = new_base();
  struct teller a = {.name = "a"};
  evutil_socket_t fds[2];
  socket_pair(fds);
  stream_on(&a, one, fds[0], 0);
  write_text(a.bev, "text");
  ask(bufferevent_base_set(two, a.bev));
  settle(two);
  show_peer(fds[1]);
  settle(one);
  show_peer(fds[1]);
  bufferevent_free(a.bev);
  event_base_free(one);
  event_base_free(two);
}

static void flushing(void) {
  struct event_base *base = new_base();
  struct teller a = {.name = "a", .drains = 1};
  evutil_socket_t fds[2];
  socket_pair(fds);
  stream_on(&a, base, fds[0], 0);
  write_text(a.bev, "text");
  ask(bufferevent_flush(a.bev, EV_WRITE, BEV_FLUSH));
  ask(bufferevent_flush(a.bev, EV_READ | EV_WRITE, BEV_FINISHED));
  ask(bufferevent_flush(a.bev, EV_READ, BEV_NORMAL));
  ask(evbuffer_get_length(bufferevent_get_output(a.bev)));
  bufferevent_free(a.bev);
  event_base_free(base);
}

static void references(void) {
  struct event_base *base = new_base();
  struct teller a = {.name = "a", .drains = 1};
  evutil_socket_t fds[2];
  socket_pair(fds);
  stream_on(&a, base, fds[0], BEV_OPT_CLOSE_ON_FREE);
  bufferevent_incref(a.bev);
  ask(bufferevent_decref(a.bev));
  bufferevent_incref(a.bev);
  bufferevent_enable(a.bev, EV_READ);
  bufferevent_free(a.bev);
  put(fds[1], 2);
  settle(base);
  say("  closed %s", yes(fcntl(fds[0], F_GETFD) < 0));
  ask(bufferevent_decref(a.bev));
  settle(base);
  say("  closed %s", yes(fcntl(fds[0], F_GETFD) < 0));
  event_base_free(base);
}

static void free_in_read(struct teller *t) {
  bufferevent_free(t->bev);
  say("  freed");
}

static void freed_inside(void) {
  struct event_base *base = new_base();
  struct teller a = {.name = "a", .then_read = free_in_read};
  evutil_socket_t fds[2];
  socket_pair(fds);
  stream_on(&a, base, fds[0], BEV_OPT_CLOSE_ON_FREE);
  bufferevent_enable(a.bev, EV_READ);
  put(fds[1], 2);
  settle(base);
  say("  closed %s", yes(fcntl(fds[0], F_GETFD) < 0));
  event_base_free(base);
}

static void echo(struct teller *t) {
  bufferevent_write_buffer(t->bev, bufferevent_get_input(t->bev));
}

static void echoing(void) {
  struct event_base *base = new_base();
  struct teller a = {.name = "a", .then_read = echo};
  evutil_socket_t fds[2];
  socket_pair(fds);
  stream_on(&a, base, fds[0], 0);
  bufferevent_enable(a.bev, EV_READ);
  send(fds[1], "ping", 4, 0);
  settle(base);
  show_peer(fds[1]);
  send(fds[1], "pong", 4, 0);
  settle(base);
  show_peer(fds[1]);
  bufferevent_free(a.bev);
  event_base_free(base);
}

static void triggering(void) {
  struct event_base *base = new_base();
  struct teller a = {.name = "a"};
  evutil_socket_t fds[2];
  socket_pair(fds);
  stream_on(&a, base, fds[0], 0);
  bufferevent_setwatermark(a.bev, EV_READ, 5, 0);
  say("  low mark not reached");
  bufferevent_trigger(a.bev, EV_READ, 0);
  say("  ignored marks");
  bufferevent_trigger(a.bev, EV_READ, BEV_TRIG_IGNORE_WATERMARKS);
  bufferevent_trigger(a.bev, EV_WRITE, 0);
  say("  both");
  bufferevent_trigger(a.bev, EV_READ | EV_WRITE, BEV_TRIG_IGNORE_WATERMARKS);
  say("  deferred");
  bufferevent_trigger(a.bev, EV_WRITE | EV_READ,
                      BEV_TRIG_DEFER_CALLBACKS | BEV_TRIG_IGNORE_WATERMARKS);
  bufferevent_trigger_event(a.bev, BEV_EVENT_EOF, BEV_TRIG_DEFER_CALLBACKS);
  say("  loop");
  settle(base);
  bufferevent_trigger_event(a.bev, BEV_EVENT_EOF | BEV_EVENT_READING, 0);
  write_text(a.bev, "output");
  bufferevent_trigger(a.bev, EV_WRITE, 0);
  say("  end");
  bufferevent_free(a.bev);
  event_base_free(base);
}

/* A program with one buffer: it does not read while it answers, and takes what is left when it has.
 */
static void take_turn(struct teller *t) {
  char text[1000];
  const size_t n = bufferevent_read(t->bev, text, sizeof text);
  if (n == 0) say("  %s: nothing to answer", t->name);
  bufferevent_disable(t->bev, EV_READ);
  bufferevent_write(t->bev, text, n);
  t->total += n;
}

static void turn_over(struct teller *t) {
  bufferevent_enable(t->bev, EV_READ);
  if (evbuffer_get_length(bufferevent_get_input(t->bev)) > 0) take_turn(t);
}

static void by_turns(void) {
  struct event_base *base = new_base();
  struct teller t = {.name = "a", .silent = 1, .reads = -100000};
  t.then_read = take_turn;
  t.then_write = turn_over;
  evutil_socket_t fds[2];
  socket_pair(fds);
  stream_on(&t, base, fds[0], 0);
  bufferevent_setwatermark(t.bev, EV_READ, 0, 4096);
  bufferevent_enable(t.bev, EV_READ);
  for (int i = 0; i < 60; ++i) put(fds[1], 1000);
  size_t back = 0;
  for (int i = 0; i < 2000 && back < 60000; ++i) {
    event_base_loop(base, EVLOOP_NONBLOCK);
    char text[4096];
    const ssize_t n = recv(fds[1], text, sizeof text, MSG_DONTWAIT);
    if (n > 0) back += (size_t)n;
  }
  say("  answered %zu, came back %zu", t.total, back);
  bufferevent_free(t.bev);
  event_base_free(base);
}

int main(void) {
  situation("created", created);
  situation("closing", closing);
  situation("reading", reading);
  situation("leaving it in the input", leaving);
  situation("writing", writing);
  situation("disabled writing", disabled_writing);
  situation("end of stream", end_of_stream);
  situation("peer gone", peer_gone);
  situation("reset", reset);
  situation("no descriptor yet", bad_descriptor);
  situation("another descriptor", another_descriptor);
  situation("much", much);
  situation("priorities", priorities);
  situation("another base", other_base);
  situation("another base, with output", other_base_with_output);
  situation("flushing", flushing);
  situation("references", references);
  situation("freed in its callback", freed_inside);
  situation("echoing", echoing);
  situation("triggering", triggering);
  situation("by turns", by_turns);
  return 0;
}
