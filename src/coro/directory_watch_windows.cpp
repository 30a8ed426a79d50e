#include <eddy/directory.hpp>

#include <cerrno>

#include "coro/file_info.h"

namespace eddy {
namespace detail {

struct watched_directories {};

void end_watching::operator()(watched_directories* w) const noexcept { delete w; }

}  // namespace detail

directory_watch::directory_watch() { error::of_errno(ENOTSUP, "watch directories").raise(); }

void directory_watch::add(const std::string& path) {
  error::of_errno(ENOTSUP, "watch", path).raise();
}

void directory_watch::remove(const std::string&) noexcept {}

task<change> directory_watch::next() {
  error::of_errno(ENOTSUP, "watch directories").raise();
  co_return change();
}

}  // namespace eddy
