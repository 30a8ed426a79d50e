/* End of stream, half-close, reset, EV_CLOSED. */
#include "oracle.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static void tcp_pair(evutil_socket_t fds[2]) {
  struct sockaddr_in address;
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
      listen(listener, 1) != 0 ||
      getsockname(listener, (struct sockaddr *)&address, &length) != 0) {
    broken("a listener on loopback");
  }
  fds[0] = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(fds[0], (struct sockaddr *)&address, sizeof address) != 0) broken("connect");
  fds[1] = accept(listener, NULL, NULL);
  close(listener);
  evutil_make_socket_nonblocking(fds[0]);
  evutil_make_socket_nonblocking(fds[1]);
}

static void read_result(struct probe *self) {
  char byte;
  ssize_t n = read(event_get_fd(self->ev), &byte, 1);
  say("    read: %d%s%s", (int)n, n < 0 ? " " : "", n < 0 ? error_name(errno) : "");
  if (n <= 0) event_del(self->ev);
}

static void peer_closes(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  put(fds[1], 1);
  close(fds[1]);
  struct probe p = {.name = "reader", .then = read_result};
  event_add(watch(base, &p, fds[0], EV_READ | EV_PERSIST), NULL);
  ask(event_base_loop(base, 0));
  event_free(p.ev);
  event_base_free(base);
}

static void half_close(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  tcp_pair(fds);
  shutdown(fds[1], SHUT_WR);
  struct probe r = {.name = "reader", .then = read_result}, w = {.name = "writer"};
  event_add(watch(base, &r, fds[0], EV_READ | EV_PERSIST), NULL);
  ask(event_base_loop(base, 0));
  event_add(watch(base, &w, fds[0], EV_WRITE), NULL);
  ask(event_base_loop(base, 0));
  put(fds[0], 1);
  struct probe back = {.name = "other end", .then = read_result};
  event_add(watch(base, &back, fds[1], EV_READ), NULL);
  ask(event_base_loop(base, 0));
  event_free(r.ev);
  event_free(w.ev);
  event_free(back.ev);
  event_base_free(base);
}

static void reader_and_writer_of_a_closed_peer(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  socket_pair(fds);
  close(fds[1]);
  struct probe r = {.name = "reader"}, w = {.name = "writer"}, both = {.name = "both"};
  event_base_priority_init(base, 3);
  event_priority_set(watch(base, &r, fds[0], EV_READ), 0);
  event_priority_set(watch(base, &w, fds[0], EV_WRITE), 1);
  event_priority_set(watch(base, &both, fds[0], EV_READ | EV_WRITE), 2);
  event_add(r.ev, NULL);
  event_add(w.ev, NULL);
  event_add(both.ev, NULL);
  ask(event_base_loop(base, 0));
  event_free(r.ev);
  event_free(w.ev);
  event_free(both.ev);
  event_base_free(base);
}

static void reset(void) {
  struct event_base *base = new_base();
  evutil_socket_t fds[2];
  tcp_pair(fds);
  struct linger now = {1, 0};
  setsockopt(fds[1], SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close(fds[1]);
  struct probe r = {.name = "reader", .then = read_result};
  struct probe w = {.name = "writer"};
  event_base_priority_init(base, 2);
  event_priority_set(watch(base, &r, fds[0], EV_READ), 0);
  event_priority_set(watch(base, &w, fds[0], EV_WRITE), 1);
  event_add(r.ev, NULL);
  event_add(w.ev, NULL);
  ask(event_base_loop(base, 0));
  event_free(r.ev);
  event_free(w.ev);
  event_base_free(base);
}

static int early_close(struct event_base *base) {
  int has = (event_base_get_features(base) & EV_FEATURE_EARLY_CLOSE) != 0;
  say("  EV_CLOSED here: %s", yes(has));
  return has;
}

static void ev_closed_with_unread_data(void) {
  struct event_base *base = new_base();
  if (!early_close(base)) not_here("the method has no early close");
  evutil_socket_t fds[2];
  tcp_pair(fds);
  struct probe p = {.name = "closed"};
  ask(event_add(watch(base, &p, fds[0], EV_CLOSED), NULL));
  put(fds[1], 3);
  ask(event_base_loop(base, EVLOOP_NONBLOCK));
  shutdown(fds[1], SHUT_WR);
  ask(event_base_loop(base, 0));
  event_free(p.ev);
  event_base_free(base);
}

static void ev_closed_beside_ev_read(void) {
  struct event_base *base = new_base();
  if (!early_close(base)) not_here("the method has no early close");
  evutil_socket_t fds[2];
  tcp_pair(fds);
  struct probe both = {.name = "read or closed"};
  event_add(watch(base, &both, fds[0], EV_READ | EV_CLOSED | EV_PERSIST), NULL);
  put(fds[1], 1);
  ask(event_base_loop(base, EVLOOP_ONCE));
  take(fds[0], 1);
  shutdown(fds[1], SHUT_WR);
  ask(event_base_loop(base, EVLOOP_ONCE));
  event_free(both.ev);
  event_base_free(base);
}

static void ev_closed_in_an_event_of_its_own(void) {
  struct event_base *base = new_base();
  if (!early_close(base)) not_here("the method has no early close");
  evutil_socket_t fds[2];
  tcp_pair(fds);
  event_base_priority_init(base, 3);
  struct probe r = {.name = "reader"}, w = {.name = "writer"}, c = {.name = "closed"};
  event_priority_set(watch(base, &r, fds[0], EV_READ), 0);
  event_priority_set(watch(base, &w, fds[0], EV_WRITE), 1);
  event_priority_set(watch(base, &c, fds[0], EV_CLOSED), 2);
  shutdown(fds[1], SHUT_WR);
  event_add(r.ev, NULL);
  event_add(w.ev, NULL);
  event_add(c.ev, NULL);
  ask(event_base_loop(base, 0));
  event_free(r.ev);
  event_free(w.ev);
  event_free(c.ev);
  event_base_free(base);
}

static void pipe_ends(void) {
  struct event_base *base = new_base();
  int in[2], out[2];
  pipe_pair(in);
  pipe_pair(out);
  close(in[1]);
  close(out[0]);
  struct probe r = {.name = "read end without a writer", .then = read_result};
  struct probe w = {.name = "write end without a reader"};
  event_add(watch(base, &r, in[0], EV_READ), NULL);
  ask(event_base_loop(base, 0));
  event_add(watch(base, &w, out[1], EV_WRITE), NULL);
  ask(event_base_loop(base, 0));
  event_free(r.ev);
  event_free(w.ev);
  event_base_free(base);
}

int main(void) {
  signal(SIGPIPE, SIG_IGN);
  situation("the peer closes after its last byte", peer_closes);
  situation("half-close", half_close);
  situation("reader and writer of a closed peer", reader_and_writer_of_a_closed_peer);
  situation("reset by the peer", reset);
  situation("EV_CLOSED behind unread data", ev_closed_with_unread_data);
  situation("EV_READ|EV_CLOSED", ev_closed_beside_ev_read);
  situation("EV_CLOSED in an event of its own", ev_closed_in_an_event_of_its_own);
  situation("pipes", pipe_ends);
  return 0;
}
