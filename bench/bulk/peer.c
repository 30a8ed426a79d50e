/* Sends much to a server, or receives much from it: a thread with blocking calls for each stream.
 *
 * It does as little as the kernel allows, so that the server is who one waits for: what it sends
 * are pages that it does not copy (sendfile), and what it receives is thrown away by the kernel
 * (MSG_TRUNC). */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/mman.h>
#include <sys/sendfile.h>

#include "common/peer.h"

enum { piece_size = 1024 * 1024 };

struct stream {
  pthread_t thread;
  int fd;
  size_t bytes;
};

static int pages; /* a file in memory */

static int made_pages(void) {
  static char piece[piece_size];
  memset(piece, 'y', sizeof piece);
  const int fd = memfd_create("piece", MFD_CLOEXEC);
  bench_check(fd >= 0 && write(fd, piece, sizeof piece) == piece_size, "memfd");
  return fd;
}

/* All of it, and until the server has seen the end: it closes then, in order. */
static void *send_all(void *arg) {
  const struct stream *stream = arg;
  for (size_t left = stream->bytes; left > 0;) {
    off_t from = 0;
    const ssize_t sent = sendfile(stream->fd, pages, &from, left < piece_size ? left : piece_size);
    bench_check(sent > 0, "sendfile");
    left -= (size_t)sent;
  }
  bench_check(shutdown(stream->fd, SHUT_WR) == 0, "shutdown");
  char byte;
  const ssize_t got = recv(stream->fd, &byte, 1, 0);
  bench_check(got >= 0, "recv");
  if (got > 0) bench_fail("recv", "the server sends instead of closing");
  return NULL;
}

static void *receive_all(void *arg) {
  const struct stream *stream = arg;
  size_t bytes = 0;
  ssize_t got;
  while ((got = recv(stream->fd, NULL, piece_size, MSG_TRUNC)) > 0) bytes += (size_t)got;
  bench_check(got == 0, "recv");
  if (bytes != stream->bytes) bench_fail("recv", "the server closed too early or too late");
  return NULL;
}

int main(int argc, char **argv) {
  const struct peer peer = peer_start(argc, argv);
  const long streams = bench_option(argc, argv, "--streams", 1);
  const size_t bytes = (size_t)bench_option(argc, argv, "--bytes", 1 << 30);
  const int receives = bench_option(argc, argv, "--receives", 0) != 0;
  if (streams == 0 || bytes == 0) bench_fail("--streams, --bytes", "must be at least 1");
  struct stream *all = calloc((size_t)streams, sizeof *all);
  if (all == NULL) bench_fail("calloc", "out of memory");
  pages = made_pages();

  const uint64_t server_before = peer_server_cpu_ns(&peer), before = cpu_ns(), began = wall_ns();
  for (long i = 0; i < streams; ++i) {
    all[i].fd = peer_connect(&peer);
    all[i].bytes = bytes; /* of each */
    errno = pthread_create(&all[i].thread, NULL, receives ? receive_all : send_all, &all[i]);
    bench_check(errno == 0, "pthread_create");
  }
  for (long i = 0; i < streams; ++i) pthread_join(all[i].thread, NULL);
  const double mib = (double)bytes * (double)streams / (1 << 20);
  printf("{\"mib_per_second\": %.1f, \"cpu_us_per_mib\": %.3f, \"peer_cpu_us_per_mib\": %.3f}\n",
         mib / ((double)(wall_ns() - began) / 1e9),
         (double)(peer_server_cpu_ns(&peer) - server_before) / 1e3 / mib,
         (double)(cpu_ns() - before) / 1e3 / mib);
  free(all);
  return 0;
}
