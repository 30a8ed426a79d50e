/* The introduction's fourth program: select() waits until one of the sockets is ready.
 *
 * The process sleeps while nothing happens. But each turn builds the sets of all descriptors again,
 * and the kernel and the program look through all of them, however few are ready; and a set has
 * room for descriptors below FD_SETSIZE only. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <unistd.h>

#include "common/lines.h"
#include "common/net.h"
#include "servers.h"

struct server {
  int listener;
  int accepting; /* 0 while there are no descriptors for more clients */
  struct lines *clients[FD_SETSIZE];
};

static void add_client(struct server *server, int fd) {
  if (fd >= FD_SETSIZE) {
    char text[96];
    snprintf(text, sizeof text,
             "server full: select() cannot watch descriptor %d (FD_SETSIZE %d)\n", fd, FD_SETSIZE);
    net_refuse(fd, text);
    return;
  }
  if (net_make_nonblocking(fd) != 0 ||
      (server->clients[fd] = malloc(sizeof(struct lines))) == NULL) {
    net_refuse(fd, "server full: out of memory\n");
    return;
  }
  lines_init(server->clients[fd]);
}

static void remove_client(struct server *server, int fd) {
  free(server->clients[fd]);
  server->clients[fd] = NULL;
  close(fd);
  server->accepting = 1;
}

static void accept_clients(struct server *server) {
  int fd;
  enum accept_result result;
  while ((result = net_accept(server->listener, &fd)) == ACCEPT_DONE || result == ACCEPT_AGAIN)
    if (result == ACCEPT_DONE) add_client(server, fd);
  /* The listener stays ready, and select() would return at once, for ever. */
  if (result == ACCEPT_NO_ROOM) server->accepting = 0;
}

/* Whom to wait for: a client whose answers are not all sent is not read from. */
static int fill_sets(const struct server *server, fd_set *readable, fd_set *writable) {
  int highest = server->listener;
  FD_ZERO(readable);
  FD_ZERO(writable);
  if (server->accepting) FD_SET(server->listener, readable);
  for (int fd = 0; fd < FD_SETSIZE; ++fd) {
    if (server->clients[fd] == NULL) continue;
    FD_SET(fd, lines_pending(server->clients[fd]) ? writable : readable);
    if (fd > highest) highest = fd;
  }
  return highest;
}

static void serve(struct server *server, int fd, int readable) {
  struct lines *lines = server->clients[fd];
  if (readable && lines_receive(lines, fd) < 0) {
    remove_client(server, fd);
    return;
  }
  if (lines_send(lines, fd) < 0) remove_client(server, fd);
}

static int run(struct server *server) {
  while (!net_should_stop()) {
    fd_set readable, writable;
    int highest = fill_sets(server, &readable, &writable);
    /* Without room the listener is tried again after a second: another process may have left some.
     */
    struct timeval second = {1, 0};
    if (select(highest + 1, &readable, &writable, NULL, server->accepting ? NULL : &second) < 0) {
      if (errno == EINTR) continue;
      fprintf(stderr, "select: %s\n", strerror(errno));
      return 1;
    }
    for (int fd = 0; fd <= highest; ++fd)
      if (server->clients[fd] != NULL && (FD_ISSET(fd, &readable) || FD_ISSET(fd, &writable)))
        serve(server, fd, FD_ISSET(fd, &readable));
    if (!server->accepting || FD_ISSET(server->listener, &readable)) {
      server->accepting = 1;
      accept_clients(server);
    }
  }
  return 0;
}

int rot13_select_main(int argc, char **argv) {
  static struct server server;
  struct options options;
  int status;
  if (options_read(&options, argc, argv, "A ROT13 server that waits in select().", 0, &status))
    return status;
  net_stop_on_signals();
  server.accepting = 1;
  server.listener = net_listen(&options);
  if (server.listener < 0 || net_make_nonblocking(server.listener) != 0) return 1;
  status = run(&server);
  for (int fd = 0; fd < FD_SETSIZE; ++fd)
    if (server.clients[fd] != NULL) remove_client(&server, fd);
  close(server.listener);
  return status;
}

#ifndef EXAMPLE_WITHOUT_MAIN
int main(int argc, char **argv) { return rot13_select_main(argc, argv); }
#endif
