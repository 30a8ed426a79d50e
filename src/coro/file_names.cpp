// What is done with files by their names.
#include <fcntl.h>
#include <unistd.h>
#include <eddy/file.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdio>

#include "coro/file_call.h"
#include "coro/file_info.h"

namespace eddy {
namespace {

using detail::checked_path;
using detail::file_call;
using detail::on_thread;
using detail::refuse_zeroes;
using detail::request;
using detail::verb;

request of_path(verb what, std::string& path, int flags = 0, std::size_t size = 0,
                void* second = nullptr) noexcept {
  return {.what = what,
          .fd = AT_FDCWD,
          .flags = flags,
          .data = path.data(),
          .size = size,
          .second = second};
}

// Beside it, so that it can be renamed to it.
std::string temporary_name(const std::string& path) {
  static std::atomic<unsigned> last{0};
  const unsigned number = last.fetch_add(1, std::memory_order_relaxed);
  return path + ".new-" + std::to_string(::getpid()) + "-" + std::to_string(number);
}

// So that the new name is there after a crash too. Where that cannot be had, it is not.
task<> sync_directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  std::string folder =
      slash == std::string::npos ? "." : path.substr(0, std::max(slash, std::size_t{1}));
  const std::int64_t fd =
      co_await file_call(of_path(verb::openat, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd < 0) co_return;
  file opened(static_cast<int>(fd));
  (void)co_await as_result(opened.sync());
}

task<> fill_new(const std::string& temporary, byte_view bytes, unsigned permissions,
                const result<file_info>& before) {
  file f = co_await open_file(temporary, file_access::create, permissions);
  if (before) {
    const int fd = f.native_handle();
    const unsigned kept = before->permissions;
    const int outcome =
        co_await on_thread([fd, kept] { return ::fchmod(fd, kept) == 0 ? 0 : -errno; });
    checked_path(outcome, "set the permissions of", temporary);
  }
  co_await f.write_at(bytes, 0);
  co_await f.sync();
  co_await f.close();
}

}  // namespace

task<file_info> info_of(std::string path, bool follow_links) {
  refuse_zeroes(path, "ask about");
  struct statx answer {};
  const int flags = follow_links ? 0 : AT_SYMLINK_NOFOLLOW;
  const request r = of_path(verb::statx, path, flags, STATX_BASIC_STATS, &answer);
  checked_path(co_await file_call(r), "ask about", path);
  co_return detail::info_from(answer);
}

// Its size is a hint: that of what is made up on reading (/proc) is 0.
task<std::string> read_file(std::string path, std::size_t limit) {
  constexpr std::size_t step = 64 << 10;
  file f = co_await open_file(path);
  const file_info about = co_await f.info();
  std::string all;
  const auto expected = static_cast<std::size_t>(std::min<std::uint64_t>(about.size, limit));
  std::size_t size = 0;
  for (;;) {
    if (size == all.size()) all.resize(std::max(size + step, expected + 1));
    const std::size_t got = co_await f.read_at(std::span<char>(all).subspan(size), size);
    if (got == 0) break;
    size += got;
    if (size > limit) error(std::make_error_code(std::errc::file_too_large), "read", path).raise();
  }
  all.resize(size);
  co_return all;
}

task<> write_file(std::string path, byte_view bytes, unsigned permissions) {
  refuse_zeroes(path, "write");
  const std::string temporary = temporary_name(path);
  const auto before = co_await as_result(info_of(path, false));
  // A device or a pipe is not what another file may take the place of.
  if (before && before->kind != file_kind::regular && before->kind != file_kind::link)
    error(std::make_error_code(before->kind == file_kind::directory
                                   ? std::errc::is_a_directory
                                   : std::errc::operation_not_supported),
          "replace", path)
        .raise();
  std::exception_ptr failed;
  try {
    co_await fill_new(temporary, bytes, permissions, before);
    co_await rename_file(temporary, path);
  } catch (...) {
    failed = std::current_exception();
  }
  if (failed != nullptr) {
    // (Also where this was cancelled.)
    co_await on_thread([&temporary] { return ::unlink(temporary.c_str()); });
    std::rethrow_exception(failed);
  }
  co_await sync_directory_of(path);
}

task<> rename_file(std::string from, std::string to, bool replace) {
  refuse_zeroes(from, "rename");
  refuse_zeroes(to, "rename to");
  const int flags = replace ? 0 : RENAME_NOREPLACE;
  checked_path(co_await file_call(of_path(verb::renameat, from, flags, 0, to.data())), "rename",
               from + " to " + to);
}

task<> remove_file(std::string path) {
  refuse_zeroes(path, "remove");
  checked_path(co_await file_call(of_path(verb::unlinkat, path)), "remove", path);
}

task<> remove_directory(std::string path) {
  refuse_zeroes(path, "remove");
  checked_path(co_await file_call(of_path(verb::unlinkat, path, AT_REMOVEDIR)), "remove", path);
}

task<> make_directory(std::string path, unsigned permissions) {
  refuse_zeroes(path, "make the directory");
  checked_path(co_await file_call(of_path(verb::mkdirat, path, 0, permissions)),
               "make the directory", path);
}

task<> make_hard_link(std::string path, std::string other_name) {
  refuse_zeroes(path, "make a name of");
  refuse_zeroes(other_name, "make the name");
  const int outcome = co_await on_thread(
      [&] { return ::link(path.c_str(), other_name.c_str()) == 0 ? 0 : -errno; });
  checked_path(outcome, "make the name", other_name + " of " + path);
}

task<> make_link(std::string target, std::string link) {
  refuse_zeroes(target, "make a link to");
  refuse_zeroes(link, "make the link");
  const int outcome =
      co_await on_thread([&] { return ::symlink(target.c_str(), link.c_str()) == 0 ? 0 : -errno; });
  checked_path(outcome, "make the link", link);
}

task<std::string> read_link(std::string path) {
  refuse_zeroes(path, "read the link");
  std::string target(PATH_MAX, '\0');
  const ssize_t size = co_await on_thread([&] {
    const ssize_t got = ::readlink(path.c_str(), target.data(), target.size());
    return got >= 0 ? got : -errno;
  });
  target.resize(static_cast<std::size_t>(checked_path(size, "read the link", path)));
  co_return target;
}

}  // namespace eddy
