/* A ROT13 server on libev: one recv and one send for each event, like the epoll limit. */
#define _GNU_SOURCE
#include <ev.h>
#include <unistd.h>

#include "servers/rot13.h"

struct peer {
  ev_io io; /* first: callbacks find the peer by it */
  size_t used;
  size_t unsent; /* bytes at the start of `text` that wait for the socket to take them */
  char text[rot13_max_line];
};

static void free_peer(struct ev_loop *loop, struct peer *peer) {
  ev_io_stop(loop, &peer->io);
  close(peer->io.fd);
  free(peer);
}

static void watch(struct ev_loop *loop, struct peer *peer, int events) {
  ev_io_stop(loop, &peer->io);
  ev_io_set(&peer->io, peer->io.fd, events);
  ev_io_start(loop, &peer->io);
}

/* Sends `unsent` bytes and moves the rest of a line to the front. 0 when the peer is gone. */
static int flush(struct ev_loop *loop, struct peer *peer) {
  ssize_t sent = send(peer->io.fd, peer->text, peer->unsent, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) return 0;
  if (sent > 0) {
    peer->used -= (size_t)sent;
    peer->unsent -= (size_t)sent;
    if (peer->used > 0) memmove(peer->text, peer->text + sent, peer->used);
  }
  int events = peer->unsent > 0 ? EV_WRITE : EV_READ;
  if ((peer->io.events & (EV_READ | EV_WRITE)) != events) watch(loop, peer, events);
  return 1;
}

static int take(struct ev_loop *loop, struct peer *peer) {
  if (peer->used == sizeof peer->text) return 0; /* a line that is too long */
  ssize_t count = recv(peer->io.fd, peer->text + peer->used, sizeof peer->text - peer->used, 0);
  if (count <= 0) return count < 0 && errno == EAGAIN;
  rot13(peer->text + peer->used, (size_t)count);
  peer->used += (size_t)count;
  peer->unsent = rot13_whole_lines(peer->text, peer->used);
  return peer->unsent == 0 || flush(loop, peer);
}

static void on_ready(struct ev_loop *loop, ev_io *io, int events) {
  struct peer *peer = (struct peer *)(void *)io;
  int lives = events & EV_WRITE ? flush(loop, peer) : take(loop, peer);
  if (!lives) free_peer(loop, peer);
}

static void on_accept(struct ev_loop *loop, ev_io *io, int events) {
  (void)events;
  int fd = accept4(io->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return;
  struct peer *peer = malloc(sizeof *peer);
  if (peer == NULL) bench_fail("malloc", "out of memory");
  peer->used = peer->unsent = 0;
  ev_io_init(&peer->io, on_ready, fd, EV_READ);
  ev_io_start(loop, &peer->io);
}

int main(int argc, char **argv) {
  int listener = rot13_listen(argc, argv, SOCK_NONBLOCK);
  struct ev_loop *loop = ev_default_loop(EVBACKEND_EPOLL);
  if (loop == NULL) bench_fail("ev_default_loop", "no loop on epoll");
  ev_io acceptable;
  ev_io_init(&acceptable, on_accept, listener, EV_READ);
  ev_io_start(loop, &acceptable);
  bench_announce(listener);
  ev_run(loop, 0);
  return 0;
}
