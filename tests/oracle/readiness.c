/* What is readable and writable, and how often it is told. */
#include "oracle.h"

static void read_one(struct probe *self) { take(event_get_fd(self->ev), 1); }

static void level_counts_what_is_left(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  put(fds[1], 3);
  struct probe p = {.name = "reader", .then = read_one};
  event_add(watch(base, &p, fds[0], EV_READ | EV_PERSIST), NULL);
  for (int i = 0; i < 5; ++i) ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  event_free(p.ev);
  event_base_free(base);
}

static void full_then_drained(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  struct probe p = {.name = "writer"}, other = {.name = "other end"};
  event_add(watch(base, &p, fds[0], EV_WRITE | EV_PERSIST), NULL);
  ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  fill(fds[0]);
  ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  watch(base, &other, fds[1], EV_READ);
  then_drain(&other);
  ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  event_free(p.ev);
  event_free(other.ev);
  event_base_free(base);
}

static void listener_is_readable(void) {
  struct event_base *base = new_base();
  struct sockaddr_storage address;
  memset(&address, 0, sizeof address);
  int length = sizeof address;
  if (evutil_parse_sockaddr_port("127.0.0.1", (struct sockaddr *)&address, &length) != 0) {
    broken("parse");
  }
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  socklen_t size = sizeof address;
  if (bind(listener, (struct sockaddr *)&address, (socklen_t)length) != 0 ||
      listen(listener, 5) != 0 || getsockname(listener, (struct sockaddr *)&address, &size) != 0) {
    broken("a listener on loopback");
  }
  struct probe p = {.name = "listener"};
  event_add(watch(base, &p, listener, EV_READ | EV_PERSIST), NULL);
  ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  int client = socket(AF_INET, SOCK_STREAM, 0);
  evutil_make_socket_nonblocking(client);
  int got = connect(client, (struct sockaddr *)&address, size);
  if (got != 0 && errno != EINPROGRESS) broken("connect");
  struct probe c = {.name = "connected"};
  ask(event_base_loop(base, EVLOOP_ONCE));
  event_del(p.ev);
  event_add(watch(base, &c, client, EV_WRITE), NULL);
  ask(event_base_loop(base, 0));
  event_free(p.ev);
  event_free(c.ev);
  event_base_free(base);
}

static void connection_refused(void) {
  struct event_base *base = new_base();
  struct sockaddr_storage address;
  memset(&address, 0, sizeof address);
  int length = sizeof address;
  evutil_parse_sockaddr_port("127.0.0.1", (struct sockaddr *)&address, &length);
  /* Bound and not listening: nobody else gets the port, and nobody answers on it. */
  int held = socket(AF_INET, SOCK_STREAM, 0);
  socklen_t size = sizeof address;
  if (bind(held, (struct sockaddr *)&address, (socklen_t)length) != 0 ||
      getsockname(held, (struct sockaddr *)&address, &size) != 0) {
    broken("bind");
  }
  int client = socket(AF_INET, SOCK_STREAM, 0);
  evutil_make_socket_nonblocking(client);
  int got = connect(client, (struct sockaddr *)&address, size);
  if (got == 0) broken("connect to nobody");
  struct probe c = {.name = "refused"};
  event_add(watch(base, &c, client, EV_WRITE), NULL);
  ask(event_base_loop(base, 0));
  event_free(c.ev);
  event_base_free(base);
}

static void datagrams(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  if (evutil_socketpair(AF_UNIX, SOCK_DGRAM, 0, fds) != 0) broken("socketpair");
  struct probe p = {.name = "datagram"};
  event_add(watch(base, &p, fds[0], EV_READ | EV_PERSIST), NULL);
  ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  if (send(fds[1], "", 0, 0) != 0) broken("send");
  ask(event_base_loop(base, EVLOOP_ONCE));
  char byte;
  say("  an empty one: %d bytes", (int)recv(fds[0], &byte, 1, 0));
  ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  event_free(p.ev);
  event_base_free(base);
}

static void write_then_read(struct probe *self) {
  evutil_socket_t *ends = self->data;
  put(ends[1], 1);
}

static void made_ready_in_a_callback(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  struct probe first = {.name = "activated", .then = write_then_read, .data = fds};
  struct probe reader = {.name = "reader"};
  event_add(watch(base, &reader, fds[0], EV_READ), NULL);
  event_active(watch(base, &first, -1, 0), EV_WRITE, 1);
  ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  ask(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK));
  event_free(first.ev);
  event_free(reader.ev);
  event_base_free(base);
}

static void change_interest_in_callback_then(struct probe *self) {
  struct event_base *base = event_get_base(self->ev);
  evutil_socket_t fd = event_get_fd(self->ev);
  if (self->count == 3) return;
  event_del(self->ev);
  int events = (event_get_events(self->ev) & EV_READ) ? EV_WRITE : EV_READ;
  ask(event_assign(self->ev, base, fd, (short)events, probe_cb, self));
  ask(event_add(self->ev, NULL));
}

static void change_interest_in_callback(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  put(fds[1], 1);
  struct probe p = {.name = "toggles", .then = change_interest_in_callback_then};
  event_add(watch(base, &p, fds[0], EV_READ), NULL);
  ask(event_base_loop(base, 0));
  event_free(p.ev);
  event_base_free(base);
}

static void many_descriptors(void) {
  struct event_base *base = new_base();
  enum { pairs = 100 };
  evutil_socket_t fds[pairs][2];
  struct probe quiet[pairs];
  struct event *events[pairs];
  memset(quiet, 0, sizeof quiet);
  for (int i = 0; i < pairs; ++i) {
    socket_pair(fds[i]);
    events[i] = event_new(base, fds[i][0], EV_READ, quiet_cb, &quiet[i]);
    event_add(events[i], NULL);
    if (i % 4 == 0) put(fds[i][1], 1);
  }
  ask(event_base_loop(base, EVLOOP_ONCE));
  int right = 0;
  for (int i = 0; i < pairs; ++i) right += quiet[i].count == (i % 4 == 0);
  ask(right);
  ask(event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED));
  for (int i = 0; i < pairs; ++i) event_free(events[i]);
  event_base_free(base);
}

int main(void) {
  situation("as often as there is something left", level_counts_what_is_left);
  situation("a full socket is not writable", full_then_drained);
  situation("a listener, and a connection that is made", listener_is_readable);
  situation("a connection that is refused is writable", connection_refused);
  situation("datagrams, an empty one among them", datagrams);
  situation("made ready in a callback: told in the next turn", made_ready_in_a_callback);
  situation("interest changed in the callback", change_interest_in_callback);
  situation("a hundred sockets, a quarter readable", many_descriptors);
  return 0;
}
