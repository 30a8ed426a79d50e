/* What a bufferevent takes that has nothing to do, with a connected TCP socket: heap, and resident
 * memory of the process. Once before anything has come, and once after a line was read and answered
 * on each. What the first one sets up for all is a figure of its own. Compiled twice: against
 * libevent and against eddy.
 *
 * The other ends are held by a child, which is forked before the library is used. */
#define _GNU_SOURCE
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "common/held.h"
#include "common/memory.h"

static size_t answered;

static void on_read(struct bufferevent *stream, void *arg) {
  size_t length;
  char *line = evbuffer_readln(bufferevent_get_input(stream), &length, EVBUFFER_EOL_LF);
  (void)arg;
  if (line == NULL) return;
  bufferevent_write(stream, line, length);
  bufferevent_write(stream, "\n", 1);
  free(line);
  ++answered;
}

static void on_event(struct bufferevent *stream, short what, void *arg) {
  (void)stream;
  (void)what;
  (void)arg;
  bench_fail("stream", "ended");
}

static struct bufferevent *stream_over(struct event_base *base, int fd) {
  struct bufferevent *stream = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
  if (stream == NULL) bench_fail("bufferevent_socket_new", "no stream");
  bufferevent_setcb(stream, on_read, NULL, on_event, NULL);
  bufferevent_enable(stream, EV_READ | EV_WRITE);
  return stream;
}

static void print_since(const char *when, double heap, double resident, size_t count) {
  printf("\"heap bytes per bufferevent%s\": %.0f, ", when,
         (bench_heap_bytes() - heap) / (double)count);
  printf("\"resident bytes per bufferevent%s\": %.0f, ", when,
         (bench_statm_bytes(1) - resident) / (double)count);
}

int main(int argc, char **argv) {
  const size_t count = (size_t)bench_option(argc, argv, "--streams", 10000);
  if (count < 2) bench_fail("--streams", "at least 2");
  alarm(100);
  const int listener = bench_listen(0, 0);
  const int child = held_start(listener, count);
  int *fds = calloc(count, sizeof *fds);
  struct bufferevent **streams = calloc(count, sizeof *streams);
  if (fds == NULL || streams == NULL) bench_fail("calloc", "out of memory");
  for (size_t i = 0; i < count; ++i) {
    fds[i] = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    bench_check(fds[i] >= 0, "accept4");
    streams[i] = NULL; /* so that the array is resident */
  }

  struct event_base *base = event_base_new();
  if (base == NULL) bench_fail("event_base_new", "no loop");
  event_base_loop(base, EVLOOP_NONBLOCK);
  printf("{");
  double heap = bench_heap_bytes(), resident = bench_statm_bytes(1);
  streams[0] = stream_over(base, fds[0]);
  event_base_loop(base, EVLOOP_NONBLOCK);
  print_since(", the first", heap, resident, 1);
  heap = bench_heap_bytes();
  resident = bench_statm_bytes(1);
  for (size_t i = 1; i < count; ++i) streams[i] = stream_over(base, fds[i]);
  event_base_loop(base, EVLOOP_NONBLOCK);
  print_since("", heap, resident, count - 1);

  bench_check(write(child, "", 1) == 1, "write");
  while (answered < count) bench_check(event_base_loop(base, EVLOOP_ONCE) == 0, "event_base_loop");
  event_base_loop(base, EVLOOP_NONBLOCK); /* what was answered last is sent */
  print_since(" after a line", heap, resident, count - 1);
  printf("\"streams\": %zu}\n", count);

  for (size_t i = 0; i < count; ++i) bufferevent_free(streams[i]);
  event_base_free(base);
  bench_check(write(child, "", 1) == 1, "write");
  free(streams);
  free(fds);
  return 0;
}
