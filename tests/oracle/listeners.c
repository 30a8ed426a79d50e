/* Listeners. */
#include <arpa/inet.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <sys/resource.h>

#include "stream_probe.h"

struct door {
  int count, errors;
  int stops_after;
  void (*then)(struct evconnlistener *l, struct door *self);
  struct event_base *base;
  evutil_socket_t last;
};

static void came(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *address, int size,
                 void *arg) {
  struct door *d = arg;
  ++d->count;
  d->last = fd;
  say("  connection, family %s, size %s, non-blocking %s, listener %s",
      address->sa_family == AF_INET ? "inet" : "other",
      yes(size == (int)sizeof(struct sockaddr_in)), yes(fcntl(fd, F_GETFL) & O_NONBLOCK),
      yes(evconnlistener_get_base(l) == d->base));
  if (d->then)
    d->then(l, d);
  else
    close(fd);
  if (d->count >= d->stops_after) event_base_loopbreak(d->base);
}

static void went_wrong(struct evconnlistener *l, void *arg) {
  struct door *d = arg;
  (void)l;
  if (d->errors++ == 0) say("  error %s", error_name(EVUTIL_SOCKET_ERROR()));
  if (d->errors >= 3) event_base_loopbreak(d->base);
}

static struct sockaddr_in loopback(void) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

static evutil_socket_t client_of(struct evconnlistener *l) {
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  if (getsockname(evconnlistener_get_fd(l), (struct sockaddr *)&address, &size) != 0)
    broken("getsockname");
  evutil_socket_t fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(fd, (struct sockaddr *)&address, size) != 0) broken("connect");
  return fd;
}

static struct evconnlistener *listener(struct door *d, unsigned flags) {
  struct sockaddr_in address = loopback();
  struct evconnlistener *l = evconnlistener_new_bind(d->base, came, d, flags, -1,
                                                     (struct sockaddr *)&address, sizeof address);
  if (l == NULL) broken("no listener");
  return l;
}

static void accepting(void) {
  struct door d = {.base = new_base(), .stops_after = 3};
  struct evconnlistener *l = listener(&d, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE);
  evutil_socket_t fd = evconnlistener_get_fd(l);
  say("  descriptor %s", yes(fd >= 0));
  ask(event_base_get_num_events(d.base, EVENT_BASE_COUNT_ADDED));
  for (int i = 0; i < 3; ++i) client_of(l);
  event_base_dispatch(d.base);
  evconnlistener_free(l);
  say("  closed %s", yes(fcntl(fd, F_GETFD) < 0));
  ask(event_base_get_num_events(d.base, EVENT_BASE_COUNT_ADDED));
  event_base_free(d.base);
}

static void enabling(void) {
  struct door d = {.base = new_base(), .stops_after = 9};
  struct evconnlistener *l = listener(&d, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_DISABLED);
  client_of(l);
  settle(d.base);
  say("  disabled");
  ask(evconnlistener_enable(l));
  settle(d.base);
  ask(evconnlistener_disable(l));
  ask(evconnlistener_disable(l));
  client_of(l);
  settle(d.base);
  say("  without a callback");
  evconnlistener_set_cb(l, NULL, NULL);
  ask(evconnlistener_enable(l));
  settle(d.base);
  say("  with one");
  evconnlistener_set_cb(l, came, &d);
  settle(d.base);
  evconnlistener_free(l);
  event_base_free(d.base);
}

static void leave_it(struct evconnlistener *l, struct door *d) {
  (void)l;
  say("  close-on-exec %s", yes(fcntl(d->last, F_GETFD) & FD_CLOEXEC));
  close(d->last);
}

static void options(void) {
  unsigned all[] = {LEV_OPT_LEAVE_SOCKETS_BLOCKING, LEV_OPT_CLOSE_ON_EXEC, LEV_OPT_THREADSAFE,
                    LEV_OPT_REUSEABLE_PORT, LEV_OPT_REUSEABLE | LEV_OPT_REUSEABLE_PORT};
  evthread_use_pthreads();
  for (unsigned i = 0; i < sizeof all / sizeof *all; ++i) {
    struct door d = {.base = new_base(), .stops_after = 1};
    if (all[i] & LEV_OPT_CLOSE_ON_EXEC) d.then = leave_it;
    struct evconnlistener *l = listener(&d, all[i] | LEV_OPT_CLOSE_ON_FREE);
    int on = 0;
    socklen_t size = sizeof on;
    getsockopt(evconnlistener_get_fd(l), SOL_SOCKET, SO_REUSEADDR, &on, &size);
    say("  reuse %d", on);
    getsockopt(evconnlistener_get_fd(l), SOL_SOCKET, SO_REUSEPORT, &on, &size);
    say("  reuse port %d", on);
    getsockopt(evconnlistener_get_fd(l), SOL_SOCKET, SO_KEEPALIVE, &on, &size);
    say("  keep alive %d", on);
    client_of(l);
    event_base_dispatch(d.base);
    evconnlistener_free(l);
    event_base_free(d.base);
  }
}

static void free_it(struct evconnlistener *l, struct door *d) {
  close(d->last);
  evconnlistener_free(l);
  say("  freed");
}

static void freed_inside(void) {
  struct door d = {.base = new_base(), .stops_after = 9, .then = free_it};
  struct evconnlistener *l = listener(&d, LEV_OPT_CLOSE_ON_FREE);
  evutil_socket_t fd = evconnlistener_get_fd(l);
  client_of(l);
  client_of(l);
  settle(d.base);
  say("  %d, closed %s", d.count, yes(fcntl(fd, F_GETFD) < 0));
  event_base_free(d.base);
}

static void disable_it(struct evconnlistener *l, struct door *d) {
  close(d->last);
  evconnlistener_disable(l);
}

static void disabled_inside(void) {
  struct door d = {.base = new_base(), .stops_after = 9, .then = disable_it};
  struct evconnlistener *l = listener(&d, LEV_OPT_CLOSE_ON_FREE);
  client_of(l);
  client_of(l);
  settle(d.base);
  say("  %d", d.count);
  evconnlistener_enable(l);
  settle(d.base);
  say("  %d", d.count);
  evconnlistener_free(l);
  event_base_free(d.base);
}

static void over_a_socket(void) {
  struct door d = {.base = new_base(), .stops_after = 1};
  struct sockaddr_in address = loopback();
  evutil_socket_t fd = socket(AF_INET, SOCK_STREAM, 0);
  evutil_make_socket_nonblocking(fd);
  bind(fd, (struct sockaddr *)&address, sizeof address);
  struct evconnlistener *l = evconnlistener_new(d.base, came, &d, 0, 5, fd);
  say("  same %s", yes(evconnlistener_get_fd(l) == fd));
  client_of(l);
  event_base_dispatch(d.base);
  evconnlistener_free(l);
  say("  closed %s", yes(fcntl(fd, F_GETFD) < 0));
  event_base_free(d.base);
}

static void refusals(void) {
  struct event_base *base = new_base();
  struct sockaddr_in address = {.sin_family = AF_INET};
  address.sin_addr.s_addr = inet_addr("192.0.2.1"); /* not ours */
  say("  %s", null(evconnlistener_new_bind(base, came, NULL, LEV_OPT_CLOSE_ON_FREE, -1,
                                           (struct sockaddr *)&address, sizeof address)));
  address = loopback();
  say("  backlog 0 %s", null(evconnlistener_new_bind(base, came, NULL, 0, 0,
                                                     (struct sockaddr *)&address, sizeof address)));
  int pipes[2];
  pipe_pair(pipes);
  say("  a pipe %s", null(evconnlistener_new(base, came, NULL, 0, 5, pipes[0])));
  event_base_free(base);
}

static void no_descriptors(void) {
  struct door d = {.base = new_base(), .stops_after = 1};
  struct evconnlistener *l = listener(&d, LEV_OPT_CLOSE_ON_FREE);
  evconnlistener_set_error_cb(l, went_wrong);
  client_of(l);
  struct rlimit limit, none;
  getrlimit(RLIMIT_NOFILE, &limit);
  none = limit;
  none.rlim_cur = 3;
  setrlimit(RLIMIT_NOFILE, &none);
  ended_after(d.base, 300);
  setrlimit(RLIMIT_NOFILE, &limit);
  say("  accepted %d, errors %s", d.count, yes(d.errors > 0));
  ended_after(d.base, 2000);
  say("  accepted %d", d.count);
  evconnlistener_free(l);
  event_base_free(d.base);
}

/* A stream that waits for bytes which nobody sends: with it, a kernel that completes operations may
 * do the accepting. */
static struct bufferevent *idle_stream(struct event_base *base) {
  evutil_socket_t pair[2];
  if (evutil_socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) broken("socketpair");
  evutil_make_socket_nonblocking(pair[0]);
  struct bufferevent *bev = bufferevent_socket_new(base, pair[0], BEV_OPT_CLOSE_ON_FREE);
  bufferevent_enable(bev, EV_READ);
  return bev;
}

static void beside_a_stream(void) {
  struct door d = {.base = new_base(), .stops_after = 99};
  struct bufferevent *bev = idle_stream(d.base);
  struct evconnlistener *l = listener(&d, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE);
  for (int i = 0; i < 4; ++i) {
    client_of(l);
    settle(d.base);
    ask(event_base_get_num_events(d.base, EVENT_BASE_COUNT_ADDED));
  }
  say("  disabled");
  ask(evconnlistener_disable(l));
  client_of(l);
  settle(d.base);
  ask(event_base_get_num_events(d.base, EVENT_BASE_COUNT_ADDED));
  say("  enabled");
  ask(evconnlistener_enable(l));
  settle(d.base);
  say("  disabled by each");
  d.then = disable_it;
  for (int i = 0; i < 3; ++i) client_of(l);
  for (int i = 0; i < 3; ++i) {
    settle(d.base);
    say("  %d", d.count);
    evconnlistener_enable(l);
  }
  say("  freed by the first");
  d.then = free_it;
  evutil_socket_t fd = evconnlistener_get_fd(l);
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  getsockname(fd, (struct sockaddr *)&address, &size);
  for (int i = 0; i < 3; ++i) client_of(l);
  settle(d.base);
  say("  %d, closed %s", d.count, yes(fcntl(fd, F_GETFD) < 0));
  say("  its port refuses %s",
      yes(connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&address, size) < 0));
  bufferevent_free(bev);
  event_base_free(d.base);
}

int main(void) {
  situation("accepting", accepting);
  situation("enabling", enabling);
  situation("options", options);
  situation("freed in its callback", freed_inside);
  situation("disabled in its callback", disabled_inside);
  situation("over a socket", over_a_socket);
  situation("beside a stream", beside_a_stream);
  situation("refusals", refusals);
  situation("no descriptors", no_descriptors);
  return 0;
}
