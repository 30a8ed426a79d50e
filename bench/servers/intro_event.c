/* The introduction's event server in our own words, for those who have this project without the
 * introduction's text: the same calls in the same order for each line. It reads 1024 bytes at a
 * time until nothing is left, adds the write event at every newline, sends when the socket is
 * reported writable, and then deletes the write event.
 *
 * Compiled twice: against libevent and against eddy. */
#include <event2/event.h>

#include <unistd.h>

#include "servers/rot13.h"

struct peer {
  struct event *readable;
  struct event *writable;
  size_t used;  /* bytes of `text`, already turned */
  size_t sent;  /* of these, gone out */
  size_t lines; /* of these, up to the last newline */
  char text[rot13_max_line];
};

static void free_peer(struct peer *peer, evutil_socket_t fd) {
  event_free(peer->readable);
  event_free(peer->writable);
  free(peer);
  close(fd);
}

static void take(struct peer *peer, const char *bytes, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (peer->used < sizeof peer->text) {
      peer->text[peer->used] = bytes[i];
      rot13(&peer->text[peer->used++], 1);
    }
    if (bytes[i] == '\n') {
      event_add(peer->writable, NULL);
      peer->lines = peer->used;
    }
  }
}

static void on_readable(evutil_socket_t fd, short what, void *arg) {
  struct peer *peer = arg;
  char bytes[1024];
  ssize_t count;
  (void)what;
  while ((count = recv(fd, bytes, sizeof bytes, 0)) > 0) take(peer, bytes, (size_t)count);
  if (count < 0 && errno == EAGAIN) return;
  free_peer(peer, fd);
}

static void on_writable(evutil_socket_t fd, short what, void *arg) {
  struct peer *peer = arg;
  (void)what;
  while (peer->sent < peer->lines) {
    ssize_t count = send(fd, peer->text + peer->sent, peer->lines - peer->sent, MSG_NOSIGNAL);
    if (count < 0) {
      if (errno != EAGAIN) free_peer(peer, fd);
      return;
    }
    peer->sent += (size_t)count;
  }
  if (peer->sent == peer->used) peer->sent = peer->lines = peer->used = 0;
  event_del(peer->writable);
}

static void on_accept(evutil_socket_t listener, short what, void *arg) {
  struct event_base *base = arg;
  (void)what;
  evutil_socket_t fd = accept(listener, NULL, NULL);
  if (fd < 0) return;
  evutil_make_socket_nonblocking(fd);
  struct peer *peer = malloc(sizeof *peer);
  if (peer == NULL) bench_fail("malloc", "out of memory");
  peer->used = peer->sent = peer->lines = 0;
  peer->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, peer);
  peer->writable = event_new(base, fd, EV_WRITE | EV_PERSIST, on_writable, peer);
  if (peer->readable == NULL || peer->writable == NULL) bench_fail("event_new", "no event");
  event_add(peer->readable, NULL);
}

int main(int argc, char **argv) {
  int listener = rot13_listen(argc, argv, SOCK_NONBLOCK);
  struct event_base *base = event_base_new();
  if (base == NULL) bench_fail("event_base_new", "no loop");
  struct event *acceptable = event_new(base, listener, EV_READ | EV_PERSIST, on_accept, base);
  if (acceptable == NULL) bench_fail("event_new", "no event");
  event_add(acceptable, NULL);
  bench_announce(listener);
  event_base_dispatch(base);
  return 0;
}
