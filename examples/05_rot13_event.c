/* The introduction's fifth program: events. The loop asks the system in the best way that there is
 * (epoll, say), and calls back for what is ready. No sets to fill, no limit of descriptors, and the
 * cost of a turn grows with what is ready, not with what is watched.
 *
 * It runs on eddy and on libevent alike. */
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/lines.h"
#include "common/net.h"
#include "servers.h"

struct server {
  struct event_base *base;
  struct event *listener;
  struct event *retry; /* after a pause: there was no descriptor for a client */
  struct client *clients;
};

struct client {
  struct server *server;
  struct client *next, **place;
  struct event *readable, *writable;
  struct lines lines;
};

static void remove_client(struct client *client) {
  int fd = event_get_fd(client->readable);
  *client->place = client->next;
  if (client->next != NULL) client->next->place = client->place;
  event_free(client->readable); /* before it is closed: the number may soon be another's */
  event_free(client->writable);
  evutil_closesocket(fd);
  free(client);
}

/* Sends what there is; while the socket is full, waits for it to have room and reads nothing. */
static void answer(struct client *client) {
  int sent = lines_send(&client->lines, event_get_fd(client->readable));
  if (sent < 0) {
    remove_client(client);
  } else if (sent == 0) {
    event_del(client->readable);
    event_add(client->writable, NULL);
  } else {
    event_del(client->writable);
    event_add(client->readable, NULL);
  }
}

static void on_readable(evutil_socket_t fd, short what, void *argument) {
  struct client *client = argument;
  (void)what;
  if (lines_receive(&client->lines, fd) < 0)
    remove_client(client);
  else if (lines_pending(&client->lines))
    answer(client);
}

static void on_writable(evutil_socket_t fd, short what, void *argument) {
  (void)fd;
  (void)what;
  answer(argument);
}

static void add_client(struct server *server, int fd) {
  struct client *client = calloc(1, sizeof *client);
  if (client != NULL) {
    client->readable = event_new(server->base, fd, EV_READ | EV_PERSIST, on_readable, client);
    client->writable = event_new(server->base, fd, EV_WRITE | EV_PERSIST, on_writable, client);
  }
  if (client == NULL || client->readable == NULL || client->writable == NULL ||
      evutil_make_socket_nonblocking(fd) != 0 || event_add(client->readable, NULL) != 0) {
    if (client != NULL && client->readable != NULL) event_free(client->readable);
    if (client != NULL && client->writable != NULL) event_free(client->writable);
    free(client);
    net_refuse(fd, "server full: this client cannot be watched\n");
    return;
  }
  client->server = server;
  client->next = server->clients;
  client->place = &server->clients;
  if (client->next != NULL) client->next->place = &client->next;
  server->clients = client;
}

static void on_client(evutil_socket_t listener, short what, void *argument) {
  struct server *server = argument;
  enum accept_result result = ACCEPT_AGAIN;
  int fd;
  (void)what;
  /* A few at a time: those who are connected want to be served as well. */
  for (int i = 0; i < 16 && (result == ACCEPT_DONE || result == ACCEPT_AGAIN); ++i) {
    result = net_accept(listener, &fd);
    if (result == ACCEPT_DONE) add_client(server, fd);
  }
  if (result == ACCEPT_NO_ROOM) {
    /* The listener stays ready, and would be told at once, for ever. */
    static const struct timeval pause = {0, 100000};
    event_del(server->listener);
    event_add(server->retry, &pause);
  }
}

static void on_retry(evutil_socket_t fd, short what, void *argument) {
  struct server *server = argument;
  (void)fd;
  (void)what;
  event_add(server->listener, NULL);
}

static void on_stop(evutil_socket_t signal, short what, void *argument) {
  (void)signal;
  (void)what;
  event_base_loopbreak(argument);
}

static int run(struct server *server, int listener) {
  struct event *interrupt = evsignal_new(server->base, SIGINT, on_stop, server->base);
  struct event *terminate = evsignal_new(server->base, SIGTERM, on_stop, server->base);
  server->listener = event_new(server->base, listener, EV_READ | EV_PERSIST, on_client, server);
  server->retry = evtimer_new(server->base, on_retry, server);
  int failed = !interrupt || !terminate || !server->listener || !server->retry ||
               event_add(interrupt, NULL) != 0 || event_add(terminate, NULL) != 0 ||
               event_add(server->listener, NULL) != 0 || event_base_dispatch(server->base) < 0;
  if (failed) fprintf(stderr, "the loop could not be run\n");
  while (server->clients != NULL) remove_client(server->clients);
  if (server->listener) event_free(server->listener);
  if (server->retry) event_free(server->retry);
  if (interrupt) event_free(interrupt);
  if (terminate) event_free(terminate);
  return failed;
}

int rot13_event_main(int argc, char **argv) {
  struct options options;
  int status;
  if (options_read(&options, argc, argv, "A ROT13 server on events.", 1, &status)) return status;
  if (options.backend != NULL) net_choose_backend(options.backend);
  struct server server;
  memset(&server, 0, sizeof server);
  server.base = event_base_new();
  if (server.base == NULL) return 1; /* the library has said why */
  if (options.backend != NULL && strcmp(event_base_get_method(server.base), options.backend) != 0) {
    fprintf(stderr, "backend %s is not to be had here: %s would be used\n", options.backend,
            event_base_get_method(server.base));
    event_base_free(server.base);
    return 1;
  }
  int listener = net_listen(&options);
  status = listener < 0 || evutil_make_socket_nonblocking(listener) != 0 || run(&server, listener);
  if (listener >= 0) evutil_closesocket(listener);
  event_base_free(server.base);
  return status;
}

#ifndef EXAMPLE_WITHOUT_MAIN
int main(int argc, char **argv) { return rot13_event_main(argc, argv); }
#endif
