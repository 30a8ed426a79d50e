/* A load on memcached: many connections with one request under way on each, nine gets to one set.
 * All keys are set first, and always to the same value, so that every answer is known beforehand
 * and compared, byte for byte. */
#define _GNU_SOURCE
#include <sys/epoll.h>

#include "common/peer.h"

enum { keys = 10000, longest = 1024, room = longest + 128 };

struct connection {
  int fd;
  size_t expected, got;
  char answer[room]; /* that has to come */
};

static char text[longest + 26];
static struct bench_random random_requests = {42};

static int size_of(unsigned key) {
  static const int sizes[] = {32, 100, 400, longest};
  return sizes[key % 4];
}

static size_t make_set(unsigned key, char *into) {
  return (size_t)snprintf(into, room, "set key-%u 0 0 %d\r\n%.*s\r\n", key, size_of(key),
                          size_of(key), text + key % 26);
}

static size_t make_answer(unsigned key, int is_set, char *into) {
  if (is_set) return (size_t)snprintf(into, room, "STORED\r\n");
  return (size_t)snprintf(into, room, "VALUE key-%u 0 %d\r\n%.*s\r\nEND\r\n", key, size_of(key),
                          size_of(key), text + key % 26);
}

static void ask(struct connection *one, unsigned key, int is_set) {
  char request[room];
  const size_t size = is_set ? make_set(key, request)
                             : (size_t)snprintf(request, sizeof request, "get key-%u\r\n", key);
  one->expected = make_answer(key, is_set, one->answer);
  one->got = 0;
  bench_check(send(one->fd, request, size, MSG_NOSIGNAL) == (ssize_t)size, "send");
}

static void ask_any(struct connection *one) {
  const unsigned key = (unsigned)bench_below(&random_requests, keys);
  ask(one, key, bench_below(&random_requests, 10) == 0);
}

/* Whether the answer is complete. */
static int receive(struct connection *one) {
  char piece[room];
  const ssize_t got = recv(one->fd, piece, one->expected - one->got, 0);
  bench_check(got >= 0, "recv");
  if (got == 0) bench_fail("recv", "memcached closed a connection");
  if (memcmp(piece, one->answer + one->got, (size_t)got) != 0)
    bench_fail("recv", "memcached gave another answer than it should");
  one->got += (size_t)got;
  return one->got == one->expected;
}

static void fill(struct connection *one) {
  for (unsigned key = 0; key < keys; ++key) {
    ask(one, key, 1);
    while (!receive(one)) continue;
  }
}

/* `requests` answers, with one request under way on each connection. */
static void load(int set, struct connection *all, long connections, long requests) {
  long asked = 0, answered = 0;
  for (; asked < connections && asked < requests; ++asked) ask_any(&all[asked]);
  while (answered < requests) {
    struct epoll_event ready[256];
    const int count = epoll_wait(set, ready, 256, 20000);
    bench_check(count >= 0 || errno == EINTR, "epoll_wait");
    if (count == 0) bench_fail("memcached", "did not answer for twenty seconds");
    for (int i = 0; i < count; ++i) {
      struct connection *one = ready[i].data.ptr;
      if (!receive(one)) continue;
      ++answered;
      if (asked++ < requests) ask_any(one);
    }
  }
}

static struct connection *connect_all(const struct peer *peer, int set, long connections) {
  struct connection *all = calloc((size_t)connections, sizeof *all);
  if (all == NULL) bench_fail("calloc", "out of memory");
  for (long i = 0; i < connections; ++i) {
    struct epoll_event interest = {.events = EPOLLIN, .data.ptr = &all[i]};
    all[i].fd = peer_connect(peer);
    bench_check(epoll_ctl(set, EPOLL_CTL_ADD, all[i].fd, &interest) == 0, "epoll_ctl");
  }
  return all;
}

int main(int argc, char **argv) {
  const struct peer peer = peer_start(argc, argv);
  const long connections = bench_option(argc, argv, "--connections", 64);
  const long requests = bench_option(argc, argv, "--requests", 200000);
  if (connections == 0 || requests == 0) bench_fail("--connections, --requests", "at least 1");
  for (size_t i = 0; i < sizeof text; ++i) text[i] = (char)('a' + i % 26);
  const int set = epoll_create1(EPOLL_CLOEXEC);
  bench_check(set >= 0, "epoll_create1");
  struct connection *all = connect_all(&peer, set, connections);
  fill(&all[0]);

  const uint64_t server_before = peer_server_cpu_ns(&peer), before = cpu_ns(), began = wall_ns();
  load(set, all, connections, requests);
  const double count = (double)requests;
  printf(
      "{\"requests_per_second\": %.0f, \"cpu_us_per_request\": %.3f, "
      "\"client_cpu_us_per_request\": %.3f}\n",
      count / ((double)(wall_ns() - began) / 1e9),
      (double)(peer_server_cpu_ns(&peer) - server_before) / 1e3 / count,
      (double)(cpu_ns() - before) / 1e3 / count);
  free(all);
  return 0;
}
