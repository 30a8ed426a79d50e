#include <eddy/file.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/sys.h"
#include "coro/file_call.h"
#include "coro/file_info.h"

namespace eddy {
namespace {

using detail::file_call;
using detail::request;
using detail::verb;

int flags_of(file_access access) noexcept {
  switch (access) {
    case file_access::read:
      return O_RDONLY;
    case file_access::write:
      return O_WRONLY | O_CREAT | O_TRUNC;
    case file_access::create:
      return O_RDWR | O_CREAT | O_EXCL;
    case file_access::append:
      return O_WRONLY | O_CREAT | O_APPEND;
    case file_access::update:
      return O_RDWR;
    case file_access::replace:
      return O_RDWR | O_CREAT;
  }
  return O_RDONLY;
}

// Gives the number, or throws.
std::int64_t checked(std::int64_t outcome, const char* tried, int fd) {
  if (outcome < 0) error::of_errno(static_cast<int>(-outcome), tried, fd).raise();
  return outcome;
}

// As the kernel counts: for it -1 is "where the file stands".
std::int64_t place(std::uint64_t offset, const char* tried, int fd) {
  return checked(offset > INT64_MAX ? -EINVAL : static_cast<std::int64_t>(offset), tried, fd);
}

}  // namespace

task<file> open_file(std::string path, file_access access, unsigned permissions) {
  detail::refuse_zeroes(path, "open");
  const request r{.what = verb::openat,
                  .fd = AT_FDCWD,
                  .flags = flags_of(access) | O_CLOEXEC,
                  .data = path.data(),
                  .size = permissions};
  const std::int64_t outcome = co_await file_call(r);
  co_return file(static_cast<int>(detail::checked_path(outcome, "open", path)));
}

task<std::size_t> file::read_at(std::span<char> to, std::uint64_t offset) {
  const request r{.what = verb::read,
                  .fd = native_handle(),
                  .data = to.data(),
                  .size = to.size(),
                  .offset = place(offset, "read from", native_handle())};
  co_return static_cast<std::size_t>(checked(co_await file_call(r), "read from", native_handle()));
}

task<std::size_t> file::read_all_at(std::span<char> to, std::uint64_t offset) {
  std::size_t done = 0;
  while (done < to.size()) {
    const std::size_t got = co_await read_at(to.subspan(done), offset + done);
    if (got == 0) break;
    done += got;
  }
  co_return done;
}

task<> file::write_at(byte_view bytes, std::uint64_t offset) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const request r{.what = verb::write,
                    .fd = native_handle(),
                    .data = const_cast<char*>(bytes.data()) + done,
                    .size = bytes.size() - done,
                    .offset = place(offset + done, "write to", native_handle())};
    done += static_cast<std::size_t>(checked(co_await file_call(r), "write to", native_handle()));
  }
}

task<> file::sync(bool data_alone) {
  const request r{.what = verb::fsync, .fd = native_handle(), .flags = data_alone ? 1 : 0};
  checked(co_await file_call(r), "sync", native_handle());
}

task<> file::resize(std::uint64_t size) {
  const int fd = native_handle();
  const int outcome = co_await detail::on_thread(
      [fd, size] { return ::ftruncate(fd, static_cast<off_t>(size)) == 0 ? 0 : -errno; });
  checked(outcome, "resize", fd);
}

task<> file::reserve(std::uint64_t offset, std::uint64_t size) {
  const request r{.what = verb::fallocate,
                  .fd = native_handle(),
                  .size = size,
                  .offset = place(offset, "take room for", native_handle())};
  checked(co_await file_call(r), "take room for", native_handle());
}

task<file_info> file::info() const {
  struct statx answer {};
  request r{.what = verb::statx,
            .fd = native_handle(),
            .flags = AT_EMPTY_PATH,
            .data = const_cast<char*>(""),
            .size = STATX_BASIC_STATS,
            .second = &answer};
  checked(co_await file_call(r), "ask about", native_handle());
  co_return detail::info_from(answer);
}

task<> file::close() {
  owned_descriptor mine = std::move(fd_);  // should there be no memory or thread to close it by
  const int fd = mine.get();
  const request r{.what = verb::close, .fd = fd};
  const std::int64_t outcome = co_await file_call(r);
  if (outcome != -ECANCELED) (void)mine.release();  // otherwise the kernel did not begin
  checked(outcome, "close", fd);
}

}  // namespace eddy
