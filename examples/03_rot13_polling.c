/* The introduction's third program: sockets that do not block, asked one after the other, for ever.
 *
 * It works, and one process serves all clients. But it asks every socket again and again, at the
 * cost of a system call each, and uses a whole processor while nothing happens at all. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/lines.h"
#include "common/net.h"
#include "servers.h"

struct client {
  int fd;
  struct lines lines;
};

struct clients {
  struct client **all;
  size_t count, room;
};

static int add_client(struct clients *clients, int fd) {
  if (clients->count == clients->room) {
    size_t room = clients->room ? 2 * clients->room : 16;
    struct client **bigger = realloc(clients->all, room * sizeof *bigger);
    if (bigger == NULL) return -1;
    clients->all = bigger;
    clients->room = room;
  }
  struct client *client = malloc(sizeof *client);
  if (client == NULL) return -1;
  client->fd = fd;
  lines_init(&client->lines);
  clients->all[clients->count++] = client;
  return 0;
}

/* The last one takes its place. */
static void remove_client(struct clients *clients, size_t i) {
  close(clients->all[i]->fd);
  free(clients->all[i]);
  clients->all[i] = clients->all[--clients->count];
}

static void accept_one(struct clients *clients, int listener) {
  int fd;
  if (net_accept(listener, &fd) != ACCEPT_DONE) return; /* it is asked again soon anyway */
  if (net_make_nonblocking(fd) != 0 || add_client(clients, fd) != 0)
    net_refuse(fd, "server full: out of memory\n");
}

/* -1 when the connection has ended. While answers wait to be sent, nothing more is read. */
static int serve(struct client *client) {
  int sent = lines_send(&client->lines, client->fd);
  if (sent <= 0) return sent;
  if (lines_receive(&client->lines, client->fd) < 0) return -1;
  return lines_send(&client->lines, client->fd) < 0 ? -1 : 0;
}

int rot13_polling_main(int argc, char **argv) {
  struct options options;
  struct clients clients = {NULL, 0, 0};
  int status;
  if (options_read(&options, argc, argv, "A ROT13 server that asks every socket, for ever.", 0,
                   &status))
    return status;
  net_stop_on_signals();
  int listener = net_listen(&options);
  if (listener < 0 || net_make_nonblocking(listener) != 0) return 1;
  while (!net_should_stop()) {
    accept_one(&clients, listener);
    for (size_t i = 0; i < clients.count;) {
      if (serve(clients.all[i]) < 0)
        remove_client(&clients, i);
      else
        ++i;
    }
  }
  while (clients.count > 0) remove_client(&clients, clients.count - 1);
  free(clients.all);
  close(listener);
  return 0;
}

#ifndef EXAMPLE_WITHOUT_MAIN
int main(int argc, char **argv) { return rot13_polling_main(argc, argv); }
#endif
