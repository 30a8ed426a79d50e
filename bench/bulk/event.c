/* Much through bufferevents: each connection is drained of whatever comes, or is sent so many
 * bytes. Compiled twice: against libevent and against eddy. */
#include "common/serve.h"

enum { piece_size = 256 * 1024 };

static char piece[piece_size];
static size_t to_send; /* on each connection; 0: receives */

static void on_event(struct bufferevent *stream, short what, void *left) {
  (void)what;
  free(left);
  bufferevent_free(stream);
}

static void on_read(struct bufferevent *stream, void *left) {
  (void)left;
  struct evbuffer *input = bufferevent_get_input(stream);
  evbuffer_drain(input, evbuffer_get_length(input));
}

/* Little is left of the output: the next piece, or the end. */
static void on_write(struct bufferevent *stream, void *arg) {
  size_t *left = arg;
  struct evbuffer *output = bufferevent_get_output(stream);
  if (*left == 0) {
    if (evbuffer_get_length(output) == 0) on_event(stream, 0, left);
    return;
  }
  const size_t many = *left < piece_size ? *left : piece_size;
  evbuffer_add(output, piece, many);
  *left -= many;
  if (*left == 0) bufferevent_setwatermark(stream, EV_WRITE, 0, 0);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
                      int size, void *arg) {
  (void)address;
  (void)size;
  (void)arg;
  struct bufferevent *stream = serve_stream(listener, fd);
  size_t *left = malloc(sizeof *left);
  if (left == NULL) bench_fail("malloc", "out of memory");
  *left = to_send;
  bufferevent_setcb(stream, on_read, to_send > 0 ? on_write : NULL, on_event, left);
  bufferevent_enable(stream, EV_READ | EV_WRITE);
  if (to_send == 0) return;
  bufferevent_setwatermark(stream, EV_WRITE, piece_size / 2, 0);
  on_write(stream, left);
}

int main(int argc, char **argv) {
  to_send = (size_t)bench_option(argc, argv, "--sends", 0);
  memset(piece, 'x', sizeof piece);
  serve(on_accept);
  return 0;
}
