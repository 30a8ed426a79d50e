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

#include <signal.h>
#include <sys/prctl.h>

#include "common/listen.h"
#include "common/memory.h"

static size_t answered;

/* Waits for the parent's byte twice: then it sends the lines, then it ends. */
static void peer(const struct sockaddr_in *server, size_t count, int parent) {
  int *all = calloc(count, sizeof *all);
  char line[64], byte = 0;
  if (all == NULL) bench_fail("calloc", "out of memory");
  memset(line, 'x', sizeof line);
  line[sizeof line - 1] = '\n';
  for (size_t i = 0; i < count; ++i) {
    all[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bench_check(all[i] >= 0, "socket");
    bench_check(connect(all[i], (const struct sockaddr *)server, sizeof *server) == 0, "connect");
  }
  if (read(parent, &byte, 1) != 1) exit(1);
  for (size_t i = 0; i < count; ++i)
    bench_check(send(all[i], line, sizeof line, MSG_NOSIGNAL) == sizeof line, "send");
  for (size_t i = 0; i < count; ++i)
    bench_check(recv(all[i], line, sizeof line, MSG_WAITALL) == sizeof line, "recv");
  if (read(parent, &byte, 1) != 1) exit(1);
  exit(0);
}

/* The parent's end of a socket to the child. */
static int start_peer(int listener, size_t count) {
  struct sockaddr_in server;
  socklen_t size = sizeof server;
  int ends[2];
  bench_check(getsockname(listener, (struct sockaddr *)&server, &size) == 0, "getsockname");
  bench_check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "socketpair");
  const pid_t child = fork();
  bench_check(child >= 0, "fork");
  if (child > 0) {
    close(ends[1]);
    return ends[0];
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  close(listener);
  close(ends[0]);
  peer(&server, count, ends[1]);
  exit(1);
}

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
  const int child = start_peer(listener, count);
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
