/* Bufferevents: watermarks, timeouts, rate limits, connecting, deferred and unlocked callbacks. */
#include <arpa/inet.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "stream_probe.h"

static void low_marks(void) {
  struct event_base *base = new_base();
  struct teller t = {.name = "a"};
  evutil_socket_t fds[2];
  socket_pair(fds);
  stream_on(&t, base, fds[0], 0);
  bufferevent_setwatermark(t.bev, EV_READ, 5, 0);
  bufferevent_enable(t.bev, EV_READ);
  put(fds[1], 4);
  settle(base);
  put(fds[1], 1);
  settle(base);
  put(fds[1], 1);
  settle(base);
  size_t low, high;
  ask(bufferevent_getwatermark(t.bev, EV_READ, &low, &high));
  say("  %zu %zu", low, high);
  shutdown(fds[1], SHUT_WR);
  settle(base);
  bufferevent_free(t.bev);
  event_base_free(base);
}

static void high_mark(void) {
  struct event_base *base = new_base();
  struct teller t = {.name = "a", .silent = 1};
  evutil_socket_t fds[2];
  socket_pair(fds);
  stream_on(&t, base, fds[0], 0);
  bufferevent_setwatermark(t.bev, EV_READ, 0, 10);
  bufferevent_enable(t.bev, EV_READ);
  put(fds[1], 25);
  settle(base);
  ask(evbuffer_get_length(bufferevent_get_input(t.bev)));
  bufferevent_enable(t.bev, EV_READ);
  t.reads = -1000;
  evbuffer_drain(bufferevent_get_input(t.bev), 3);
  settle(base);
  ask(evbuffer_get_length(bufferevent_get_input(t.bev)));
  say("  raise it");
  bufferevent_setwatermark(t.bev, EV_READ, 0, 20);
  settle(base);
  ask(evbuffer_get_length(bufferevent_get_input(t.bev)));
  say("  remove it");
  bufferevent_setwatermark(t.bev, EV_READ, 0, 0);
  settle(base);
  ask(evbuffer_get_length(bufferevent_get_input(t.bev)));
  say("  below what there is");
  bufferevent_setwatermark(t.bev, EV_READ, 0, 4);
  put(fds[1], 2);
  settle(base);
  ask(evbuffer_get_length(bufferevent_get_input(t.bev)));
  bufferevent_free(t.bev);
  event_base_free(base);
}

static void other_timer(evutil_socket_t fd, short what, void *arg) {
  (void)fd, (void)what, (void)arg;
  say("  another's turn");
}

static void read_nothing(struct bufferevent *bev, void *arg) {
  (void)bev;
  if (++*(int *)arg > 10000000) _exit(3); /* nobody else gets a turn */
}

/* Who takes nothing is told again and again, but not instead of the others. */
static void left_full(void) {
  for (int options = 0; options <= BEV_OPT_DEFER_CALLBACKS; options += BEV_OPT_DEFER_CALLBACKS) {
    for (int filters = 0; filters < 2; ++filters) {
      struct event_base *base = new_base();
      evutil_socket_t fds[2];
      int calls = 0;
      socket_pair(fds);
      struct bufferevent *lowest = bufferevent_socket_new(base, fds[0], options), *top = lowest;
      if (filters) top = bufferevent_filter_new(lowest, NULL, NULL, options, NULL, NULL);
      bufferevent_setcb(top, read_nothing, NULL, NULL, &calls);
      bufferevent_setwatermark(lowest, EV_READ, 0, 4);
      bufferevent_setwatermark(top, EV_READ, 0, 4);
      bufferevent_enable(lowest, EV_READ);
      bufferevent_enable(top, EV_READ);
      put(fds[1], 10);
      struct event *timer = evtimer_new(base, other_timer, NULL);
      struct timeval tv = ms(20);
      event_add(timer, &tv);
      ended_after(base, 60);
      say("  told again %s", yes(calls > 1));
      event_free(timer);
      if (filters) bufferevent_free(top);
      bufferevent_free(lowest);
      event_base_free(base);
    }
  }
}

static void write_mark(void) {
  struct event_base *base = new_base();
  struct teller t = {.name = "a", .silent = 1};
  evutil_socket_t fds[2];
  socket_pair(fds);
  stream_on(&t, base, fds[0], 0);
  bufferevent_setwatermark(t.bev, EV_WRITE, 10000000, 0);
  static char text[2000000];
  bufferevent_write(t.bev, text, sizeof text);
  settle(base);
  say("  told early %s", yes(t.writes > 0));
  t.writes = 0;
  bufferevent_setwatermark(t.bev, EV_WRITE, 0, 0);
  settle(base);
  say("  not told %s", yes(t.writes == 0));
  bufferevent_free(t.bev);
  event_base_free(base);
}

static void read_timeout(void) {
  struct event_base *base = new_base();
  struct teller t = {.name = "a", .stops = 1};
  evutil_socket_t fds[2];
  socket_pair(fds);
  stream_on(&t, base, fds[0], 0);
  struct timeval tv = ms(40);
  ask(bufferevent_set_timeouts(t.bev, &tv, NULL));
  say("  disabled: no timeout");
  ended_after(base, 100);
  long start = now_ms();
  bufferevent_enable(t.bev, EV_READ);
  say("  timeout set %s", yes(t.bev->timeout_read.tv_usec == 40000));
  say("  pending %s", flags(event_pending(&t.bev->ev_read, EV_ANY, NULL)));
  ended_after(base, 2000);
  say("  took long enough %s", yes(now_ms() - start >= 35));
  say("  a byte restarts it");
  bufferevent_enable(t.bev, EV_READ);
  put(fds[1], 1);
  event_base_loop(base, EVLOOP_ONCE);
  ended_after(base, 2000);
  say("  enabling restarts it");
  bufferevent_enable(t.bev, EV_READ);
  ask(bufferevent_set_timeouts(t.bev, NULL, NULL));
  ended_after(base, 100);
  say("  pending %s", flags(event_pending(&t.bev->ev_read, EV_ANY, NULL)));
  bufferevent_free(t.bev);
  event_base_free(base);
}

static void read_timeout_taken_back(void) {
  struct event_base *base = new_base();
  struct teller t = {.name = "a", .drains = 1, .silent = 1};
  evutil_socket_t fds[2];
  socket_pair(fds);
  stream_on(&t, base, fds[0], 0);
  struct timeval tv = ms(20);
  bufferevent_set_timeouts(t.bev, &tv, NULL);
  bufferevent_setcb(t.bev, told_read, NULL, NULL, &t);
  bufferevent_enable(t.bev, EV_READ);
  bufferevent_disable(t.bev, EV_READ);
  bufferevent_set_timeouts(t.bev, NULL, NULL);
  bufferevent_enable(t.bev, EV_READ);
  put(fds[1], 1);
  ended_after(base, 60);
  on_purpose("stream-timeout-taken-back", "timed out", "reads on",
             bufferevent_get_enabled(t.bev) & EV_READ ? "reads on" : "timed out");
  bufferevent_free(t.bev);
  event_base_free(base);
}

static void write_timeout(void) {
  struct event_base *base = new_base();
  struct teller t = {.name = "a", .stops = 1, .silent = 1};
  evutil_socket_t fds[2];
  socket_pair(fds);
  fill(fds[0]);
  stream_on(&t, base, fds[0], 0);
  struct timeval tv = ms(40);
  ask(bufferevent_set_timeouts(t.bev, NULL, &tv));
  say("  nothing to write: no timeout");
  ended_after(base, 100);
  write_text(t.bev, "stuck");
  ended_after(base, 2000);
  ask(evbuffer_get_length(bufferevent_get_output(t.bev)));
  bufferevent_free(t.bev);
  event_base_free(base);
}

/* --- connecting --- */

static evutil_socket_t listening(struct sockaddr_in *address) {
  evutil_socket_t fd = socket(AF_INET, SOCK_STREAM, 0);
  memset(address, 0, sizeof *address);
  address->sin_family = AF_INET;
  address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof *address;
  if (bind(fd, (struct sockaddr *)address, size) != 0 || listen(fd, 8) != 0 ||
      getsockname(fd, (struct sockaddr *)address, &size) != 0)
    broken("listen");
  return fd;
}

static void connecting(void) {
  struct event_base *base = new_base();
  struct teller t = {.name = "a"};
  struct sockaddr_in address;
  evutil_socket_t server = listening(&address);
  stream_on(&t, base, -1, BEV_OPT_CLOSE_ON_FREE);
  ask(bufferevent_enable(t.bev, EV_READ | EV_WRITE));
  write_text(t.bev, "early");
  ask(bufferevent_socket_connect(t.bev, (struct sockaddr *)&address, sizeof address));
  say("  has a descriptor %s", yes(bufferevent_getfd(t.bev) >= 0));
  settle(base);
  evutil_socket_t peer = accept(server, NULL, NULL);
  settle(base);
  show_peer(peer);
  put(peer, 3);
  settle(base);
  close(peer);
  settle(base);
  bufferevent_free(t.bev);
  close(server);
  event_base_free(base);
}

static void connecting_quietly(void) {
  struct event_base *base = new_base();
  struct teller t = {.name = "a"};
  struct sockaddr_in address;
  evutil_socket_t server = listening(&address);
  stream_on(&t, base, -1, BEV_OPT_CLOSE_ON_FREE);
  bufferevent_disable(t.bev, EV_WRITE);
  ask(bufferevent_socket_connect(t.bev, (struct sockaddr *)&address, sizeof address));
  settle(base);
  write_text(t.bev, "later");
  settle(base);
  bufferevent_enable(t.bev, EV_WRITE);
  settle(base);
  bufferevent_free(t.bev);
  close(server);
  event_base_free(base);
}

static void refused(void) {
  struct event_base *base = new_base();
  struct teller t = {.name = "a"};
  struct sockaddr_in address;
  close(listening(&address));
  stream_on(&t, base, -1, BEV_OPT_CLOSE_ON_FREE);
  bufferevent_enable(t.bev, EV_READ);
  ask(bufferevent_socket_connect(t.bev, (struct sockaddr *)&address, sizeof address));
  settle(base);
  bufferevent_free(t.bev);
  event_base_free(base);
}

static void unix_socket(void) {
  struct event_base *base = new_base();
  struct teller t = {.name = "a"};
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "oracle-%d", (int)getpid());
  stream_on(&t, base, -1, BEV_OPT_CLOSE_ON_FREE);
  ask(bufferevent_socket_connect(t.bev, (struct sockaddr *)&address, sizeof address));
  settle(base);
  evutil_socket_t server = socket(AF_UNIX, SOCK_STREAM, 0);
  if (bind(server, (struct sockaddr *)&address, sizeof address) != 0 || listen(server, 1) != 0)
    broken("bind");
  struct teller b = {.name = "b"};
  stream_on(&b, base, -1, BEV_OPT_CLOSE_ON_FREE);
  bufferevent_setcb(b.bev, told_read, NULL, told_event, &b);
  ask(bufferevent_socket_connect(b.bev, (struct sockaddr *)&address, sizeof address));
  say("  not told yet");
  settle(base);
  bufferevent_free(t.bev);
  bufferevent_free(b.bev);
  close(server);
  event_base_free(base);
}

static void already_connecting(void) {
  struct event_base *base = new_base();
  struct teller t = {.name = "a"};
  struct sockaddr_in address;
  evutil_socket_t server = listening(&address);
  evutil_socket_t fd = socket(AF_INET, SOCK_STREAM, 0);
  evutil_make_socket_nonblocking(fd);
  connect(fd, (struct sockaddr *)&address, sizeof address);
  stream_on(&t, base, fd, BEV_OPT_CLOSE_ON_FREE);
  ask(bufferevent_socket_connect(t.bev, NULL, 0));
  settle(base);
  bufferevent_free(t.bev);
  close(server);
  event_base_free(base);
}

static void no_address(void) {
  struct event_base *base = new_base();
  struct teller t = {.name = "a"};
  stream_on(&t, base, -1, 0);
  ask(bufferevent_socket_connect(t.bev, NULL, 0));
  struct sockaddr_in odd = {.sin_family = 77};
  ask(bufferevent_socket_connect(t.bev, (struct sockaddr *)&odd, sizeof odd));
  bufferevent_free(t.bev);
  event_base_free(base);
}

static void by_name(void) {
  struct event_base *base = new_base();
  struct teller t = {.name = "a", .stops = 1};
  struct sockaddr_in address;
  evutil_socket_t server = listening(&address);
  stream_on(&t, base, -1, BEV_OPT_CLOSE_ON_FREE);
  bufferevent_enable(t.bev, EV_READ);
  ask(bufferevent_socket_connect_hostname(t.bev, NULL, AF_INET, "127.0.0.1",
                                          ntohs(address.sin_port)));
  settle(base);
  ask(bufferevent_socket_get_dns_error(t.bev));
  struct teller b = {.name = "b", .stops = 1};
  stream_on(&b, base, -1, BEV_OPT_CLOSE_ON_FREE);
  ask(bufferevent_socket_connect_hostname(b.bev, NULL, 99, "127.0.0.1", 1));
  bufferevent_free(t.bev);
  bufferevent_free(b.bev);
  close(server);
  event_base_free(base);
}

/* The queue of the other side is full, so its kernel does not answer. */
static void connecting_for_long(void) {
  struct event_base *base = new_base();
  struct sockaddr_in address = {.sin_family = AF_INET};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  evutil_socket_t server = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(server, (struct sockaddr *)&address, size) != 0 || listen(server, 0) != 0 ||
      getsockname(server, (struct sockaddr *)&address, &size) != 0)
    broken("listen");
  for (int i = 0; i < 3; ++i) {
    evutil_socket_t fd = socket(AF_INET, SOCK_STREAM, 0);
    evutil_make_socket_nonblocking(fd);
    connect(fd, (struct sockaddr *)&address, size);
  }
  for (int first = 0; first < 2; ++first) {
    struct teller t = {.name = "a"};
    stream_on(&t, base, -1, BEV_OPT_CLOSE_ON_FREE);
    struct timeval reading = ms(first ? 200 : 60), writing = ms(first ? 120 : 150);
    bufferevent_set_timeouts(t.bev, &reading, &writing);
    bufferevent_enable(t.bev, EV_READ);
    ask(bufferevent_socket_connect(t.bev, (struct sockaddr *)&address, sizeof address));
    ended_after(base, 420);
    ask_flags(bufferevent_get_enabled(t.bev));
    bufferevent_free(t.bev);
  }
  event_base_free(base);
}

/* --- deferred --- */

static void deferred(void) {
  struct event_base *base = new_base();
  struct teller t = {.name = "a"};
  evutil_socket_t fds[2];
  socket_pair(fds);
  stream_on(&t, base, fds[0], BEV_OPT_DEFER_CALLBACKS);
  bufferevent_enable(t.bev, EV_READ);
  put(fds[1], 3);
  shutdown(fds[1], SHUT_WR);
  settle(base);
  write_text(t.bev, "out");
  settle(base);
  bufferevent_trigger(t.bev, EV_READ, 0);
  say("  not yet");
  settle(base);
  bufferevent_free(t.bev);
  event_base_free(base);
}

static void options(void) {
  evthread_use_pthreads();
  struct event_base *base = new_base();
  for (int i = 0; i < 16; ++i) {
    evutil_socket_t fds[2];
    socket_pair(fds);
    struct teller t = {.name = "a", .drains = 1};
    struct bufferevent *b = bufferevent_socket_new(base, fds[0], i);
    say("  options %d: %s", i, null(b));
    if (b == NULL) continue;
    tell_of(&t, b);
    bufferevent_lock(b);
    bufferevent_enable(b, EV_READ);
    bufferevent_unlock(b);
    put(fds[1], 2);
    settle(base);
    write_text(b, "x");
    settle(base);
    bufferevent_free(b);
    settle(base);
    say("  closed %s", yes(fcntl(fds[0], F_GETFD) < 0));
  }
  event_base_free(base);
}

/* --- limits --- */

static void made(const char *what, struct ev_token_bucket_cfg *cfg) {
  say("  %s %s", what, null(cfg));
  if (cfg != NULL) ev_token_bucket_cfg_free(cfg);
}

static void configs(void) {
  struct timeval tiny = {0, 999}, one = {0, 1000};
  made("plain", ev_token_bucket_cfg_new(10, 10, 10, 10, NULL));
  made("burst below rate", ev_token_bucket_cfg_new(10, 9, 10, 10, NULL));
  made("nothing to read", ev_token_bucket_cfg_new(0, 0, 10, 10, NULL));
  made("nothing to write", ev_token_bucket_cfg_new(10, 10, 0, 10, NULL));
  made("large", ev_token_bucket_cfg_new(EV_RATE_LIMIT_MAX, EV_RATE_LIMIT_MAX, 1, 1, NULL));
  made("too large", ev_token_bucket_cfg_new((size_t)EV_RATE_LIMIT_MAX + 1,
                                            (size_t)EV_RATE_LIMIT_MAX + 1, 1, 1, NULL));
  made("a millisecond", ev_token_bucket_cfg_new(1, 1, 1, 1, &one));
  (void)tiny; /* libevent takes a tick of 0 ms, and divides by it later */
}

static void limited(void) {
  struct event_base *base = new_base();
  struct teller t = {.name = "a", .drains = 1};
  evutil_socket_t fds[2];
  socket_pair(fds);
  stream_on(&t, base, fds[0], 0);
  struct timeval tick = {3600, 0};
  struct ev_token_bucket_cfg *cfg = ev_token_bucket_cfg_new(100, 200, 50, 60, &tick);
  ask(bufferevent_set_rate_limit(t.bev, cfg));
  say("  cfg %s", yes(bufferevent_get_token_bucket_cfg(t.bev) == cfg));
  ask(bufferevent_get_read_limit(t.bev));
  ask(bufferevent_get_write_limit(t.bev));
  ask(bufferevent_get_max_to_read(t.bev));
  ask(bufferevent_get_max_to_write(t.bev));
  settle(base);
  bufferevent_enable(t.bev, EV_READ);
  put(fds[1], 70);
  settle(base);
  ask(bufferevent_get_read_limit(t.bev));
  put(fds[1], 70);
  settle(base);
  ask(bufferevent_get_read_limit(t.bev));
  say("  %zu bytes", t.total);
  char text[80] = "";
  bufferevent_write(t.bev, text, sizeof text);
  settle(base);
  ask(bufferevent_get_write_limit(t.bev));
  ask(evbuffer_get_length(bufferevent_get_output(t.bev)));
  say("  more");
  ask(bufferevent_decrement_read_limit(t.bev, -20));
  settle(base);
  say("  %zu bytes", t.total);
  ask(bufferevent_get_read_limit(t.bev));
  ask(bufferevent_decrement_write_limit(t.bev, -40));
  settle(base);
  ask(evbuffer_get_length(bufferevent_get_output(t.bev)));
  ask(bufferevent_decrement_write_limit(t.bev, 100));
  ask(bufferevent_get_write_limit(t.bev));
  say("  no limit");
  ask(bufferevent_set_rate_limit(t.bev, NULL));
  settle(base);
  say("  %zu bytes", t.total);
  say("  max %s", yes(bufferevent_get_read_limit(t.bev) == EV_SSIZE_MAX));
  bufferevent_free(t.bev);
  ev_token_bucket_cfg_free(cfg);
  event_base_free(base);
}

static void refilled(void) {
  struct event_base *base = new_base();
  struct teller t = {.name = "a", .drains = 1, .silent = 1, .enough = 50};
  evutil_socket_t fds[2];
  socket_pair(fds);
  stream_on(&t, base, fds[0], 0);
  struct timeval tick = ms(50);
  struct ev_token_bucket_cfg *cfg = ev_token_bucket_cfg_new(10, 10, 10, 10, &tick);
  bufferevent_set_rate_limit(t.bev, cfg);
  bufferevent_enable(t.bev, EV_READ);
  put(fds[1], 50);
  long start = now_ms();
  ended_after(base, 5000);
  say("  %zu bytes, slowly %s, in time %s", t.total, yes(now_ms() - start >= 130),
      yes(now_ms() - start < 2000));
  bufferevent_free(t.bev);
  ev_token_bucket_cfg_free(cfg);
  event_base_free(base);
}

static void single(void) {
  struct event_base *base = new_base();
  struct teller t = {.name = "a", .drains = 1};
  evutil_socket_t fds[2];
  socket_pair(fds);
  stream_on(&t, base, fds[0], 0);
  ask(bufferevent_set_max_single_read(t.bev, 4));
  ask(bufferevent_set_max_single_write(t.bev, 3));
  ask(bufferevent_get_max_single_read(t.bev));
  ask(bufferevent_get_max_single_write(t.bev));
  ask(bufferevent_get_max_to_read(t.bev));
  ask(bufferevent_get_max_to_write(t.bev));
  bufferevent_enable(t.bev, EV_READ);
  put(fds[1], 10);
  settle(base);
  ask(bufferevent_set_max_single_read(t.bev, 0));
  ask(bufferevent_get_max_single_read(t.bev));
  ask(bufferevent_set_max_single_read(t.bev, (size_t)EV_SSIZE_MAX + 1));
  ask(bufferevent_get_max_single_read(t.bev));
  bufferevent_free(t.bev);
  event_base_free(base);
}

static void grouped(void) {
  struct event_base *base = new_base();
  struct teller t[2] = {{.name = "a", .drains = 1, .silent = 1},
                        {.name = "b", .drains = 1, .silent = 1}};
  struct timeval tick = {3600, 0};
  struct ev_token_bucket_cfg *cfg = ev_token_bucket_cfg_new(1000, 1000, 500, 500, &tick);
  struct bufferevent_rate_limit_group *g = bufferevent_rate_limit_group_new(base, cfg);
  evutil_socket_t fds[2][2];
  for (int i = 0; i < 2; ++i) {
    socket_pair(fds[i]);
    stream_on(&t[i], base, fds[i][0], 0);
    ask(bufferevent_add_to_rate_limit_group(t[i].bev, g));
    bufferevent_enable(t[i].bev, EV_READ);
  }
  ask(bufferevent_rate_limit_group_set_min_share(g, 32));
  ask(bufferevent_rate_limit_group_get_read_limit(g));
  ask(bufferevent_rate_limit_group_get_write_limit(g));
  put(fds[0][1], 300);
  put(fds[1][1], 400);
  settle(base);
  say("  %zu %zu", t[0].total, t[1].total);
  ask(bufferevent_rate_limit_group_get_read_limit(g));
  put(fds[0][1], 600);
  settle(base);
  say("  at its end %s", yes(bufferevent_rate_limit_group_get_read_limit(g) <= 0));
  ev_uint64_t read, written;
  bufferevent_rate_limit_group_get_totals(g, &read, &written);
  say("  totals as told %s, written %d", yes(read == t[0].total + t[1].total), (int)written);
  bufferevent_rate_limit_group_get_totals(g, NULL, NULL);
  ask(bufferevent_rate_limit_group_decrement_read(g, -1000));
  settle(base);
  say("  %zu %zu", t[0].total, t[1].total);
  ask(bufferevent_rate_limit_group_decrement_write(g, 500));
  write_text(t[0].bev, "held");
  settle(base);
  ask(evbuffer_get_length(bufferevent_get_output(t[0].bev)));
  ask(bufferevent_remove_from_rate_limit_group(t[0].bev));
  settle(base);
  ask(evbuffer_get_length(bufferevent_get_output(t[0].bev)));
  bufferevent_rate_limit_group_reset_totals(g);
  bufferevent_rate_limit_group_get_totals(g, &read, &written);
  say("  totals %d %d", (int)read, (int)written);
  ask(bufferevent_rate_limit_group_set_cfg(g, cfg));
  ask(bufferevent_rate_limit_group_set_cfg(g, NULL));
  ask(bufferevent_remove_from_rate_limit_group(t[1].bev));
  bufferevent_free(t[0].bev);
  bufferevent_free(t[1].bev);
  bufferevent_rate_limit_group_free(g);
  ev_token_bucket_cfg_free(cfg);
  event_base_free(base);
}

/* --- legacy --- */

static void legacy(void) {
  evutil_socket_t fds[2];
  socket_pair(fds);
  struct event_base *base = event_init();
  struct teller t = {.name = "a", .base = base};
  struct bufferevent *b = bufferevent_new(fds[0], told_read, told_write, told_event, &t);
  say("  %s", null(b));
  t.bev = b;
  bufferevent_settimeout(b, 5, 6);
  say("  timeouts %d %d", (int)b->timeout_read.tv_sec, (int)b->timeout_write.tv_sec);
  bufferevent_settimeout(b, 0, 0);
  say("  timeouts %d %d", (int)b->timeout_read.tv_sec, (int)b->timeout_write.tv_sec);
  bufferevent_enable(b, EV_READ);
  put(fds[1], 2);
  settle(base);
  bufferevent_free(b);
  event_base_free(base);
}

static void group_freed_with_members(void) {
  struct event_base *base = new_base();
  struct teller t = {.name = "a"};
  evutil_socket_t fds[2];
  socket_pair(fds);
  stream_on(&t, base, fds[0], 0);
  struct timeval tick = ms(20);
  struct ev_token_bucket_cfg *cfg = ev_token_bucket_cfg_new(10, 10, 10, 10, &tick);
  struct bufferevent_rate_limit_group *without = bufferevent_rate_limit_group_new(base, cfg);
  struct bufferevent_rate_limit_group *with = bufferevent_rate_limit_group_new(base, cfg);
  ask(bufferevent_add_to_rate_limit_group(t.bev, without));
  ask(bufferevent_add_to_rate_limit_group(t.bev, with));
  bufferevent_rate_limit_group_free(without);
  watch_messages();
  expect_fatal("member");
  bufferevent_rate_limit_group_free(with);
  say("  not reached");
}

int main(void) {
  situation("low marks", low_marks);
  situation("high mark", high_mark);
  situation("left full", left_full);
  situation("write mark", write_mark);
  situation("read timeout", read_timeout);
  situation("read timeout, taken back", read_timeout_taken_back);
  situation("write timeout", write_timeout);
  situation("connecting", connecting);
  situation("connecting, writing disabled", connecting_quietly);
  situation("refused", refused);
  situation("unix sockets", unix_socket);
  situation("connecting already", already_connecting);
  situation("no address", no_address);
  situation("by name", by_name);
  situation("connecting for long", connecting_for_long);
  situation("deferred", deferred);
  situation("options", options);
  situation("configurations", configs);
  situation("limited", limited);
  situation("refilled", refilled);
  situation("at a time", single);
  situation("a group", grouped);
  situation("on the current base", legacy);
  situation("a group is freed with members", group_freed_with_members);
  return 0;
}
