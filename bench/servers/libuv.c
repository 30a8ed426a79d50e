/* A ROT13 server on libuv: answers with uv_try_write, and with uv_write what that leaves. */
#include <uv.h>

#include "servers/rot13.h"

struct peer {
  uv_tcp_t tcp; /* first: callbacks find the peer by it */
  size_t used;
  char text[rot13_max_line];
};

struct write {
  uv_write_t request; /* first */
  char text[];
};

static void on_closed(uv_handle_t *handle) { free(handle); }

static void on_written(uv_write_t *request, int status) {
  (void)status;
  free(request);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
  struct peer *peer = (struct peer *)(void *)handle;
  (void)suggested;
  *buffer = uv_buf_init(peer->text + peer->used, (unsigned)(sizeof peer->text - peer->used));
}

static void answer(struct peer *peer, size_t length) {
  uv_stream_t *stream = (uv_stream_t *)&peer->tcp;
  uv_buf_t whole = uv_buf_init(peer->text, (unsigned)length);
  int sent = uv_try_write(stream, &whole, 1);
  size_t done = sent < 0 ? 0 : (size_t)sent;
  if (done == length) return;
  struct write *write = malloc(sizeof *write + length - done);
  if (write == NULL) bench_fail("malloc", "out of memory");
  memcpy(write->text, peer->text + done, length - done);
  uv_buf_t rest = uv_buf_init(write->text, (unsigned)(length - done));
  if (uv_write(&write->request, stream, &rest, 1, on_written) != 0) free(write);
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
  struct peer *peer = (struct peer *)(void *)stream;
  if (count == 0) return;
  if (count < 0) {
    uv_close((uv_handle_t *)stream, on_closed);
    return;
  }
  rot13(buffer->base, (size_t)count);
  peer->used += (size_t)count;
  size_t whole = rot13_whole_lines(peer->text, peer->used);
  if (whole == 0) return;
  answer(peer, whole);
  peer->used -= whole;
  if (peer->used > 0) memmove(peer->text, peer->text + whole, peer->used);
}

static void on_connection(uv_stream_t *listener, int status) {
  if (status < 0) return;
  struct peer *peer = malloc(sizeof *peer);
  if (peer == NULL) bench_fail("malloc", "out of memory");
  peer->used = 0;
  uv_tcp_init(listener->loop, &peer->tcp);
  if (uv_accept(listener, (uv_stream_t *)&peer->tcp) != 0 ||
      uv_read_start((uv_stream_t *)&peer->tcp, on_alloc, on_read) != 0)
    uv_close((uv_handle_t *)&peer->tcp, on_closed);
}

int main(int argc, char **argv) {
  int fd = rot13_listen(argc, argv, SOCK_NONBLOCK);
  uv_tcp_t listener;
  uv_tcp_init(uv_default_loop(), &listener);
  if (uv_tcp_open(&listener, fd) != 0 ||
      uv_listen((uv_stream_t *)&listener, 1024, on_connection) != 0)
    bench_fail("uv_listen", "refused");
  bench_announce(fd);
  return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
