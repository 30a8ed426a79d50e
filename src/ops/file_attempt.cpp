#include "ops/file_attempt.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "base/sys.h"

namespace eddy::engine {
namespace {

template <class Call>
std::int64_t outcome_of(Call call) {
  std::int64_t result = 0;
  do result = call();
  while (result < 0 && errno == EINTR);
  return result < 0 ? -errno : result;
}

}  // namespace

std::int64_t attempt_on_file(const operation& op) {
  constexpr std::size_t most_bytes = 0x7ffff000;
  const std::size_t size = std::min(op.size, most_bytes);
  const auto* path = static_cast<const char*>(op.data);
  const auto mode = static_cast<mode_t>(op.size);
  switch (op.what) {
    case verb::read:
      return outcome_of([&] { return ::pread(op.fd, op.data, size, op.offset); });
    case verb::write:
      return outcome_of([&] { return ::pwrite(op.fd, op.data, size, op.offset); });
    case verb::openat:
      return outcome_of([&] { return ::openat(op.fd, path, op.verb_flags, mode); });
    case verb::close:  // not twice: see close(2)
      return sys::close(op.fd) == 0 ? 0 : -errno;
    case verb::fsync:
      return outcome_of([&] { return op.verb_flags != 0 ? ::fdatasync(op.fd) : ::fsync(op.fd); });
    case verb::statx:
      return outcome_of([&] {
        return ::statx(op.fd, path, op.verb_flags, static_cast<unsigned>(op.size),
                       static_cast<struct statx*>(op.second));
      });
    case verb::renameat:
      return outcome_of([&] {
        return ::renameat2(op.fd, path, op.fd, static_cast<const char*>(op.second),
                           static_cast<unsigned>(op.verb_flags));
      });
    case verb::unlinkat:
      return outcome_of([&] { return ::unlinkat(op.fd, path, op.verb_flags); });
    case verb::mkdirat:
      return outcome_of([&] { return ::mkdirat(op.fd, path, mode); });
    case verb::fallocate:
      return outcome_of([&] {
        return ::fallocate(op.fd, op.verb_flags, op.offset, static_cast<off_t>(op.size));
      });
    default:
      return -EINVAL;
  }
}

}  // namespace eddy::engine
