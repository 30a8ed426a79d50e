#include "backend/select.h"

#include <fcntl.h>

#include <cerrno>

#include "base/memory.h"
#include "base/sys.h"

namespace eddy::engine {
namespace {

// Rounded up to µs, so that a timer is never early. Some systems refuse more than 10^8 seconds.
timeval to_timeval(std::int64_t timeout) {
  constexpr std::int64_t most = std::int64_t{100'000'000} * 1'000'000'000;
  if (timeout > most) timeout = most;
  const std::int64_t us = timeout / 1000 + (timeout % 1000 != 0);
  return timeval{static_cast<time_t>(us / 1'000'000), static_cast<suseconds_t>(us % 1'000'000)};
}

}  // namespace

select_backend* select_backend::create() { return memory::create<select_backend>(); }

select_backend::select_backend() { (void)after_fork(); }

int select_backend::update(int fd, bool known, interest wanted, std::uint32_t tag) {
  (void)known;
  if (fd < 0 || fd >= FD_SETSIZE) return EINVAL;
  FD_CLR(fd, &readable_);
  FD_CLR(fd, &writable_);
  if (wanted & watch_read) FD_SET(fd, &readable_);
  if (wanted & watch_write) FD_SET(fd, &writable_);
  tags_[fd] = tag;
  if (fd > highest_) highest_ = fd;
  while (highest_ >= 0 && !FD_ISSET(highest_, &readable_) && !FD_ISSET(highest_, &writable_))
    --highest_;
  return 0;
}

// One closed descriptor fails the whole call. What is no longer open is reported once (the next
// call on it gives EBADF to its owner) and watched no longer; the rest lives.
void select_backend::forget_closed(fired_list& fired_now) {
  for (int fd = 0; fd <= highest_; ++fd) {
    if (!FD_ISSET(fd, &readable_) && !FD_ISSET(fd, &writable_)) continue;
    if (::fcntl(fd, F_GETFD) < 0) {
      FD_CLR(fd, &readable_);
      FD_CLR(fd, &writable_);
      fired_now.ready.push_reserved(fired{watch_read | watch_write, fd, tags_[fd]});
    }
  }
}

int select_backend::wait(std::int64_t timeout, fired_list& fired_now) {
  const int count = highest_ + 1;
  if (!fired_now.ready.reserve(fired_now.ready.size() + static_cast<std::size_t>(count)))
    return ENOMEM;
  fd_set readable = readable_;
  fd_set writable = writable_;
  timeval wait_time = to_timeval(timeout < 0 ? 0 : timeout);
  int left = sys::select(count, &readable, &writable, nullptr, timeout < 0 ? nullptr : &wait_time);
  if (left < 0 && errno == EBADF) {
    forget_closed(fired_now);
    return 0;
  }
  if (left < 0) return errno;
  if (start_ >= count) start_ = 0;
  for (int i = 0, fd = start_; i < count && left > 0; ++i, ++fd) {
    if (fd == count) fd = 0;
    interest what = 0;
    if (FD_ISSET(fd, &readable)) what |= watch_read, --left;
    if (FD_ISSET(fd, &writable)) what |= watch_write, --left;
    if (what != 0) fired_now.ready.push_reserved(fired{what, fd, tags_[fd]});
  }
  ++start_;
  return 0;
}

int select_backend::after_fork() {
  FD_ZERO(&readable_);
  FD_ZERO(&writable_);
  highest_ = -1;
  return 0;
}

}  // namespace eddy::engine
