#include "coro/file_info.h"

#include <sys/sysmacros.h>

#include <cerrno>

namespace eddy::detail {
namespace {

std::chrono::sys_time<std::chrono::nanoseconds> time_of(const statx_timestamp& t) noexcept {
  const std::chrono::seconds whole(t.tv_sec);
  return std::chrono::sys_time<std::chrono::nanoseconds>(whole +
                                                         std::chrono::nanoseconds(t.tv_nsec));
}

}  // namespace

file_kind kind_from(unsigned mode) noexcept {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return file_kind::regular;
    case S_IFDIR:
      return file_kind::directory;
    case S_IFLNK:
      return file_kind::link;
    case S_IFIFO:
      return file_kind::pipe;
    case S_IFSOCK:
      return file_kind::socket;
    case S_IFCHR:
    case S_IFBLK:
      return file_kind::device;
    default:
      return file_kind::unknown;
  }
}

file_info info_from(const struct statx& a) noexcept {
  file_info i;
  i.kind = kind_from(a.stx_mode);
  i.size = a.stx_size;
  i.permissions = a.stx_mode & 07777U;
  i.links = a.stx_nlink;
  i.number = a.stx_ino;
  i.device = makedev(a.stx_dev_major, a.stx_dev_minor);
  i.owner = a.stx_uid;
  i.group = a.stx_gid;
  i.modified = time_of(a.stx_mtime);
  i.changed = time_of(a.stx_ctime);
  i.read = time_of(a.stx_atime);
  return i;
}

void refuse_zeroes(std::string_view path, const char* tried) {
  if (path.find('\0') != path.npos) checked_path(-EINVAL, tried, path);
}

std::int64_t checked_path(std::int64_t outcome, const char* tried, std::string_view path) {
  if (outcome >= 0) return outcome;
  error::of_errno(static_cast<int>(-outcome), tried, path).raise();
}

}  // namespace eddy::detail
