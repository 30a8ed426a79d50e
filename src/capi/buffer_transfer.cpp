// event2/buffer.h: to and from descriptors.
#include <algorithm>
#include <cerrno>

#include "buffer/descriptor_io.h"
#include "capi/buffer.h"

using namespace eddy::engine;
using namespace eddy::engine::capi;

constexpr std::size_t most_at_once = 4096;  // of a read, as in libevent

extern "C" {

int evbuffer_write(evbuffer* b, evutil_socket_t fd) { return evbuffer_write_atmost(b, fd, -1); }

int evbuffer_write_atmost(evbuffer* b, evutil_socket_t fd, ev_ssize_t most) {
  buffer_guard guard(b);
  if (b->front_frozen()) return -1;
  std::size_t size = b->bytes.size();
  if (most >= 0 && static_cast<std::size_t>(most) < size) size = static_cast<std::size_t>(most);
  if (size == 0) return -1;
  const ssize_t written = write_from(b->bytes, fd, size);
  if (written < 0) return errno = static_cast<int>(-written), -1;
  if (written > 0) (void)evbuffer_drain(b, static_cast<std::size_t>(written));
  return static_cast<int>(written);
}

int evbuffer_read(evbuffer* b, evutil_socket_t fd, int most) {
  buffer_guard guard(b);
  if (b->end_frozen()) return -1;
  std::size_t size = most_at_once;
  if (most >= 0) size = std::min(size, static_cast<std::size_t>(most));
  const ssize_t got = read_into(b->bytes, fd, size);
  if (got < 0) return errno = static_cast<int>(-got), -1;
  if (got == 0) return 0;
  buffer_changed(b, static_cast<std::size_t>(got), 0);
  return static_cast<int>(got);
}

}  // extern "C"
