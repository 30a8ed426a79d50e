/* Makes short connections, so many of them open at once: each connects, sends a line, and looks for
 * the answer only when the others have done so too. Blocking calls and no loop: connecting to the
 * loopback does not wait.
 *
 * To connect costs this end more than the server, because on the loopback the kernel does the work
 * for both ends within the call. So there are waves as well: the server is stopped while so many
 * connect, and the clock runs only from when it goes on until all have their answers. Then the
 * server is who one waits for.
 *
 * Closed connections keep their ports for a minute, so the clients come from sixteen addresses. */
#define _GNU_SOURCE
#include <signal.h>

#include "common/peer.h"

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

enum { line_length = 64, addresses = 16 };

static char line[line_length];
static int server_closes;

static int begin(const struct peer *peer, long number) {
  const int fd = peer_socket();
  const int one = 1;
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
  struct sockaddr_in from = bench_loopback(0);
  from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + (uint32_t)(number % addresses));
  bench_check(bind(fd, (struct sockaddr *)&from, sizeof from) == 0, "bind");
  bench_check(connect(fd, (const struct sockaddr *)&peer->server, sizeof peer->server) == 0,
              "connect");
  bench_check(send(fd, line, sizeof line, MSG_NOSIGNAL) == sizeof line, "send");
  return fd;
}

static void end(int fd) {
  char answer[line_length];
  const ssize_t got = recv(fd, answer, sizeof answer, MSG_WAITALL);
  bench_check(got >= 0, "recv");
  if (got != sizeof answer || memcmp(answer, line, sizeof line) != 0)
    bench_fail("recv", "that is not the line which was sent");
  if (server_closes && recv(fd, answer, sizeof answer, 0) != 0)
    bench_fail("recv", "the server did not close");
  close(fd);
}

/* One after the other; the ns that it took. */
static uint64_t in_turn(const struct peer *peer, int *open, long connections, long at_once) {
  const uint64_t began = wall_ns();
  for (long i = 0; i < connections; ++i) {
    if (i >= at_once) end(open[i % at_once]);
    open[i % at_once] = begin(peer, i);
  }
  for (long i = connections < at_once ? 0 : connections - at_once; i < connections; ++i)
    end(open[i % at_once]);
  return wall_ns() - began;
}

/* The ns in which the server could work. */
static uint64_t in_waves(const struct peer *peer, int *open, long connections, long at_once) {
  uint64_t took = 0;
  for (long done = 0; done < connections; done += at_once) {
    const long many = connections - done < at_once ? connections - done : at_once;
    bench_check(kill(peer->pid, SIGSTOP) == 0, "SIGSTOP");
    for (long i = 0; i < many; ++i) open[i] = begin(peer, done + i);
    const uint64_t began = wall_ns();
    bench_check(kill(peer->pid, SIGCONT) == 0, "SIGCONT");
    for (long i = 0; i < many; ++i) end(open[i]);
    took += wall_ns() - began;
  }
  return took;
}

int main(int argc, char **argv) {
  const struct peer peer = peer_start(argc, argv);
  const long connections = bench_option(argc, argv, "--connections", 50000);
  const long at_once = bench_option(argc, argv, "--at-once", 64);
  const long waves = bench_option(argc, argv, "--waves", 0);
  server_closes = bench_option(argc, argv, "--server-closes", 0) != 0;
  if (connections == 0 || at_once == 0) bench_fail("--connections, --at-once", "at least 1");
  for (size_t i = 0; i < sizeof line; ++i) line[i] = (char)('a' + i % 26);
  line[sizeof line - 1] = '\n';
  int *open = calloc((size_t)at_once, sizeof *open);
  if (open == NULL) bench_fail("calloc", "out of memory");

  const uint64_t server_before = peer_server_cpu_ns(&peer), before = cpu_ns();
  const uint64_t took = (waves != 0 ? in_waves : in_turn)(&peer, open, connections, at_once);
  const double count = (double)connections;
  printf(
      "{\"connections_per_second\": %.0f, \"cpu_us_per_connection\": %.3f, "
      "\"client_cpu_us_per_connection\": %.3f}\n",
      count / ((double)took / 1e9),
      (double)(peer_server_cpu_ns(&peer) - server_before) / 1e3 / count,
      (double)(cpu_ns() - before) / 1e3 / count);
  free(open);
  return 0;
}
