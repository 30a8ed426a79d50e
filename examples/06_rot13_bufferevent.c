/* The introduction's last program: bufferevents. The library keeps the buffers; the program says
 * what is to be done with what came. The same program is efficient where the system tells what is
 * ready (epoll) and where it does the work itself (io_uring).
 *
 * Added to the original: a listener, limits, and what happens at the end of a connection. */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/lines.h"
#include "common/net.h"
#include "servers.h"

/* Who does not take its answers is not listened to while so many bytes wait for it. */
#define MOST_WAITING (256 * 1024)

struct server {
  struct event_base *base;
  struct client *clients;
};

struct client {
  struct server *server;
  struct client *next, **place;
  struct bufferevent *stream;
  int ends; /* it will send no more: the connection ends with the last answer */
};

static void remove_client(struct client *client) {
  *client->place = client->next;
  if (client->next != NULL) client->next->place = client->place;
  bufferevent_free(client->stream); /* closes the socket */
  free(client);
}

static void rot13(unsigned char *text, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    unsigned char lower = text[i] | 0x20;
    if (lower >= 'a' && lower <= 'z') text[i] = (unsigned char)(text[i] + (lower < 'n' ? 13 : -13));
  }
}

/* How many of the first bytes are a line, or as much of one as is answered at a time; 0: wait. */
static size_t line_size(struct evbuffer *input, int *is_whole) {
  struct evbuffer_ptr end = evbuffer_search_eol(input, NULL, NULL, EVBUFFER_EOL_LF);
  *is_whole = end.pos >= 0 && end.pos < MAX_LINE;
  if (*is_whole) return (size_t)end.pos + 1;
  return evbuffer_get_length(input) >= MAX_LINE ? MAX_LINE : 0;
}

static void on_lines(struct bufferevent *stream, void *argument) {
  struct evbuffer *input = bufferevent_get_input(stream);
  struct evbuffer *output = bufferevent_get_output(stream);
  size_t size;
  int is_whole;
  (void)argument;
  while ((size = line_size(input, &is_whole)) != 0) {
    if (evbuffer_get_length(output) >= MOST_WAITING) {
      bufferevent_disable(stream, EV_READ); /* on_sent goes on */
      return;
    }
    /* The line is turned where it lies, and moved. */
    unsigned char *line = evbuffer_pullup(input, (ev_ssize_t)size);
    if (line == NULL) return; /* no memory: the next bytes try again */
    rot13(line, size);
    evbuffer_remove_buffer(input, output, size);
    if (!is_whole) evbuffer_add(output, "\n", 1);
  }
}

static void on_sent(struct bufferevent *stream, void *argument) {
  struct client *client = argument;
  on_lines(stream, client);
  if (evbuffer_get_length(bufferevent_get_output(stream)) != 0) return;
  if (client->ends)
    remove_client(client);
  else
    bufferevent_enable(stream, EV_READ);
}

static void on_event(struct bufferevent *stream, short what, void *argument) {
  struct client *client = argument;
  client->ends = 1;
  if ((what & BEV_EVENT_EOF) && evbuffer_get_length(bufferevent_get_output(stream)) != 0) return;
  remove_client(client);
}

static void on_client(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
                      int size, void *argument) {
  struct server *server = argument;
  struct client *client = calloc(1, sizeof *client);
  (void)listener;
  (void)address;
  (void)size;
  if (client != NULL)
    client->stream = bufferevent_socket_new(server->base, fd, BEV_OPT_CLOSE_ON_FREE);
  if (client == NULL || client->stream == NULL) {
    free(client);
    net_refuse(fd, "server full: no memory for this client\n");
    return;
  }
  client->server = server;
  client->next = server->clients;
  client->place = &server->clients;
  if (client->next != NULL) client->next->place = &client->next;
  server->clients = client;
  bufferevent_setcb(client->stream, on_lines, on_sent, on_event, client);
  bufferevent_setwatermark(client->stream, EV_READ, 0, 4 * MAX_LINE);
  bufferevent_enable(client->stream, EV_READ);
}

/* Descriptors have run out. The listener pauses and goes on by itself; those who wait are served
 * when others have left. */
static void on_failure(struct evconnlistener *listener, void *argument) {
  (void)listener;
  (void)argument;
}

static void on_stop(evutil_socket_t signal, short what, void *argument) {
  (void)signal;
  (void)what;
  event_base_loopbreak(argument);
}

static int run(struct server *server, int fd) {
  struct event *interrupt = evsignal_new(server->base, SIGINT, on_stop, server->base);
  struct event *terminate = evsignal_new(server->base, SIGTERM, on_stop, server->base);
  struct evconnlistener *listener =
      evconnlistener_new(server->base, on_client, server, LEV_OPT_CLOSE_ON_FREE, 0, fd);
  int failed = !interrupt || !terminate || !listener || event_add(interrupt, NULL) != 0 ||
               event_add(terminate, NULL) != 0;
  if (listener != NULL) evconnlistener_set_error_cb(listener, on_failure);
  failed = failed || event_base_dispatch(server->base) < 0;
  if (failed) fprintf(stderr, "the loop could not be run\n");
  while (server->clients != NULL) remove_client(server->clients);
  if (listener) evconnlistener_free(listener);
  if (interrupt) event_free(interrupt);
  if (terminate) event_free(terminate);
  return failed;
}

int rot13_bufferevent_main(int argc, char **argv) {
  struct options options;
  int status;
  if (options_read(&options, argc, argv, "A ROT13 server on bufferevents.", 1, &status))
    return status;
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
  int fd = net_listen(&options);
  status = fd < 0 || evutil_make_socket_nonblocking(fd) != 0 || run(&server, fd);
  event_base_free(server.base);
  return status;
}

#ifndef EXAMPLE_WITHOUT_MAIN
int main(int argc, char **argv) { return rot13_bufferevent_main(argc, argv); }
#endif
