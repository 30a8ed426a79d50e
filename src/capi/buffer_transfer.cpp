// event2/buffer.h: to and from descriptors.
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "capi/buffer.h"

using namespace eddy;
using namespace eddy::capi;

namespace {

constexpr int most_pieces = 128;
constexpr int most_at_once = 4096;  // of a read, as in libevent

// As writev, but a socket whose peer is gone gives EPIPE instead of a signal.
ssize_t write_pieces(int fd, iovec* pieces, int count) {
  msghdr message{};
  message.msg_iov = pieces;
  message.msg_iovlen = static_cast<std::size_t>(count);
  const ssize_t sent = ::sendmsg(fd, &message, MSG_NOSIGNAL);
  return sent < 0 && errno == ENOTSOCK ? ::writev(fd, pieces, count) : sent;
}

}  // namespace

extern "C" {

int evbuffer_write(evbuffer* b, evutil_socket_t fd) { return evbuffer_write_atmost(b, fd, -1); }

int evbuffer_write_atmost(evbuffer* b, evutil_socket_t fd, ev_ssize_t most) {
  buffer_guard guard(b);
  if (b->front_frozen) return -1;
  std::size_t size = b->bytes.size();
  if (most >= 0 && static_cast<std::size_t>(most) < size) size = static_cast<std::size_t>(most);
  if (size == 0) return -1;
  iovec pieces[most_pieces];
  const int count = b->bytes.peek(0, size, pieces, most_pieces);
  const ssize_t written = write_pieces(fd, pieces, count < most_pieces ? count : most_pieces);
  if (written > 0) (void)evbuffer_drain(b, static_cast<std::size_t>(written));
  return static_cast<int>(written);
}

int evbuffer_read(evbuffer* b, evutil_socket_t fd, int most) {
  buffer_guard guard(b);
  if (b->end_frozen) return -1;
  if (most < 0 || most > most_at_once) most = most_at_once;
  iovec pieces[2];
  const int count = b->bytes.reserve(static_cast<std::size_t>(most), pieces, 2);
  if (count < 0) return as_buffer_result(-count);
  auto left = static_cast<std::size_t>(most);
  for (int i = 0; i < count; ++i) {
    if (pieces[i].iov_len > left) pieces[i].iov_len = left;
    left -= pieces[i].iov_len;
  }
  const ssize_t got = ::readv(fd, pieces, count);
  if (got <= 0) return static_cast<int>(got);
  left = static_cast<std::size_t>(got);
  for (int i = 0; i < count; ++i) {
    if (pieces[i].iov_len > left) pieces[i].iov_len = left;
    left -= pieces[i].iov_len;
  }
  (void)b->bytes.commit(pieces, count);
  buffer_changed(b, static_cast<std::size_t>(got), 0);
  return static_cast<int>(got);
}

}  // extern "C"
