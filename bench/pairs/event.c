/* Streams without a kernel between them: pairs, and filters upon them. Compiled twice: against
 * libevent and against eddy.
 *
 * Messages: on each of 64 pairs a line of 64 bytes goes there and back, again and again; a message
 * is one way. Bytes: one side drains and lets the other add as much again, so that 64 KiB are under
 * way (nothing else would stop a writer here: no socket gets full). A filter hands on what it gets
 * (evbuffer_remove_buffer), in both directions. All time is CPU time. */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "common/measure.h"

enum { pairs = 64, message_size = 64, piece_size = 65536 };

struct ends {
  struct bufferevent *near, *far; /* what is sent goes from near to far */
  struct bufferevent *under;      /* the filter, or NULL */
};

static struct event_base *base;
static char piece[piece_size];
static uint64_t left; /* messages, or bytes */

static void stop_at_an_error(struct bufferevent *stream, short what, void *arg) {
  (void)stream;
  (void)arg;
  if (what & (BEV_EVENT_ERROR | BEV_EVENT_EOF)) bench_fail("stream", "ended by itself");
}

static enum bufferevent_filter_result hand_on(struct evbuffer *from, struct evbuffer *to,
                                              ev_ssize_t limit, enum bufferevent_flush_mode mode,
                                              void *arg) {
  (void)mode;
  (void)arg;
  size_t many = evbuffer_get_length(from);
  if (limit >= 0 && many > (size_t)limit) many = (size_t)limit;
  if (many == 0) return BEV_NEED_MORE;
  return evbuffer_remove_buffer(from, to, many) == (int)many ? BEV_OK : BEV_ERROR;
}

static struct ends make(int filtered) {
  struct bufferevent *two[2];
  if (bufferevent_pair_new(base, 0, two) != 0) bench_fail("bufferevent_pair_new", "no pair");
  struct ends ends = {two[0], two[1], NULL};
  if (filtered) {
    ends.under = two[0];
    ends.near = bufferevent_filter_new(two[0], hand_on, hand_on, 0, NULL, NULL);
    if (ends.near == NULL) bench_fail("bufferevent_filter_new", "no filter");
  }
  return ends;
}

static void start(struct ends *ends, bufferevent_data_cb near_read, bufferevent_data_cb far_read,
                  size_t size) {
  bufferevent_setcb(ends->near, near_read, NULL, stop_at_an_error, NULL);
  bufferevent_setcb(ends->far, far_read, NULL, stop_at_an_error, ends->near);
  bufferevent_enable(ends->near, EV_READ | EV_WRITE);
  bufferevent_enable(ends->far, EV_READ | EV_WRITE);
  bufferevent_write(ends->near, piece, size);
}

static void finish(struct ends *ends) {
  bufferevent_free(ends->near);
  if (ends->under != NULL) bufferevent_free(ends->under);
  bufferevent_free(ends->far);
}

static void send_back(struct bufferevent *stream, void *arg) {
  char message[message_size];
  (void)arg;
  while (bufferevent_read(stream, message, sizeof message) == sizeof message) {
    if (memcmp(message, piece, sizeof message) != 0) bench_fail("message", "has changed");
    if (--left == 0) {
      event_base_loopbreak(base);
      return;
    }
    bufferevent_write(stream, message, sizeof message);
  }
}

static void drain(struct bufferevent *stream, void *near) {
  struct evbuffer *input = bufferevent_get_input(stream);
  const size_t many = evbuffer_get_length(input);
  evbuffer_drain(input, many);
  left = many < left ? left - many : 0;
  if (left == 0)
    event_base_loopbreak(base);
  else
    bufferevent_write(near, piece, many);
}

static uint64_t run(void) {
  const uint64_t began = cpu_ns();
  bench_check(event_base_dispatch(base) == 0 && left == 0, "event_base_dispatch");
  return cpu_ns() - began;
}

static double messages_per_second(int filtered, uint64_t messages) {
  struct ends ends[pairs];
  left = messages;
  for (size_t i = 0; i < pairs; ++i) {
    ends[i] = make(filtered);
    start(&ends[i], send_back, send_back, message_size);
  }
  const uint64_t took = run();
  for (size_t i = 0; i < pairs; ++i) finish(&ends[i]);
  return (double)messages / ((double)took / 1e9);
}

static double mib_per_second(int filtered, uint64_t mib) {
  struct ends ends = make(filtered);
  left = mib << 20;
  start(&ends, NULL, drain, sizeof piece);
  const uint64_t took = run();
  finish(&ends);
  return (double)mib / ((double)took / 1e9);
}

int main(int argc, char **argv) {
  const uint64_t messages = (uint64_t)bench_option(argc, argv, "--messages", 1000000);
  const uint64_t mib = (uint64_t)bench_option(argc, argv, "--mib", 1024);
  if (messages < pairs || mib == 0) bench_fail("--messages, --mib", "at least 64, and 1");
  for (size_t i = 0; i < sizeof piece; ++i) piece[i] = (char)('a' + i % 26);
  base = event_base_new();
  if (base == NULL) bench_fail("event_base_new", "no loop");
  printf("{\"pair_messages_per_second\": %.0f, ", messages_per_second(0, messages));
  printf("\"filter_messages_per_second\": %.0f, ", messages_per_second(1, messages));
  printf("\"pair_mib_per_second\": %.1f, ", mib_per_second(0, mib));
  printf("\"filter_mib_per_second\": %.1f}\n", mib_per_second(1, mib));
  event_base_free(base);
  return 0;
}
