/* Short connections: accept, read a line, answer it, and the end. Compiled twice: against libevent
 * and against eddy. */
#include "common/serve.h"

static int closes; /* the server, as soon as the answer is sent; else the client does */

static void on_event(struct bufferevent *stream, short what, void *arg) {
  (void)what;
  (void)arg;
  bufferevent_free(stream);
}

static void on_sent(struct bufferevent *stream, void *arg) {
  (void)arg;
  bufferevent_free(stream);
}

static void on_read(struct bufferevent *stream, void *arg) {
  (void)arg;
  size_t length;
  char *line = evbuffer_readln(bufferevent_get_input(stream), &length, EVBUFFER_EOL_LF);
  if (line == NULL) return;
  struct evbuffer *output = bufferevent_get_output(stream);
  evbuffer_add(output, line, length);
  evbuffer_add(output, "\n", 1);
  free(line);
  if (closes) bufferevent_setcb(stream, NULL, on_sent, on_event, NULL);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
                      int size, void *arg) {
  (void)address;
  (void)size;
  (void)arg;
  struct bufferevent *stream = serve_stream(listener, fd);
  bufferevent_setcb(stream, on_read, NULL, on_event, NULL);
  bufferevent_enable(stream, EV_READ | EV_WRITE);
}

int main(int argc, char **argv) {
  closes = bench_option(argc, argv, "--server-closes", 0) != 0;
  serve(on_accept);
  return 0;
}
