#include "buffer/descriptor_io.h"

#include <sys/uio.h>

#include <algorithm>
#include <cerrno>

#include "base/sys.h"

namespace eddy::engine {
namespace {

constexpr int most_pieces = 64;
// sendfile needs four more system calls around it, so that it raises no SIGPIPE.
constexpr std::size_t worth_a_sendfile = 1 << 16;

// The first `size` bytes of the pieces.
void cut(iovec* pieces, int count, std::size_t size) {
  for (int i = 0; i < count; ++i) {
    pieces[i].iov_len = std::min(pieces[i].iov_len, size);
    size -= pieces[i].iov_len;
  }
}

ssize_t write_memory(const buffer& from, int fd, std::size_t most) {
  iovec pieces[most_pieces];
  const int count = std::min(from.peek(0, most, pieces, most_pieces), most_pieces);
  cut(pieces, count, most);
  const ssize_t sent = sys::write_pieces(fd, pieces, count);
  return sent < 0 ? -errno : sent;
}

}  // namespace

ssize_t read_into(buffer& to, int fd, std::size_t most) {
  iovec pieces[2];
  const int count = to.reserve(most, pieces, 2);
  if (count < 0) return count;
  cut(pieces, count, most);
  const ssize_t got = sys::read_pieces(fd, pieces, count);
  if (got <= 0) return got == 0 ? 0 : -errno;
  cut(pieces, count, static_cast<std::size_t>(got));
  (void)to.commit(pieces, count);
  return got;
}

ssize_t write_from(const buffer& from, int fd, std::size_t most) {
  std::size_t of_file = most;
  const mapped_file* file = from.first_file(of_file);
  if (file == nullptr || of_file < worth_a_sendfile) return write_memory(from, fd, most);
  iovec place;
  (void)from.peek(0, of_file, &place, 1);
  const auto* data = static_cast<const unsigned char*>(place.iov_base);
  const ssize_t sent = sys::send_file(fd, file->fd, file->place_of(data), of_file);
  if (sent > 0) return sent;
  // Shorter than it was: the memory behind its end must not be touched.
  if (sent == 0) return -EIO;
  if (errno == EINVAL || errno == ENOSYS) return write_memory(from, fd, most);
  return -errno;
}

}  // namespace eddy::engine
