#include "backend/select_windows.h"

#include <cerrno>

#include "base/memory.h"
#include "base/sys.h"
#include "base/sys_watchable.h"
#include "base/sys_windows/handles.h"

namespace eddy::engine {
namespace {

// Rounded up to µs, so that a timer is never early. `long` has 32 bits here; who has longer to wait
// comes back.
timeval to_timeval(std::int64_t timeout) {
  constexpr std::int64_t most = std::int64_t{1'000'000} * 1'000'000'000;
  if (timeout > most) timeout = most;
  const std::int64_t us = timeout / 1000 + (timeout % 1000 != 0);
  return timeval{static_cast<long>(us / 1'000'000), static_cast<long>(us % 1'000'000)};
}

DWORD to_milliseconds(std::int64_t timeout) {
  constexpr std::int64_t most = std::int64_t{1'000'000} * 1'000'000'000;
  if (timeout < 0 || timeout > most) timeout = most;
  return static_cast<DWORD>(timeout / 1'000'000 + (timeout % 1'000'000 != 0));
}

}  // namespace

select_backend* select_backend::create() { return memory::create<select_backend>(); }

int select_backend::update(int fd, bool known, interest wanted, std::uint32_t tag) {
  (void)known;
  const auto index = static_cast<std::size_t>(fd);
  if (wanted == 0 && index >= entries_.size()) return 0;
  // One that is no socket would make every wait fail.
  if (wanted != 0)
    if (const int error = sys::refuse_to_watch(fd)) return error;
  if (index >= entries_.size() && !entries_.resize(index + 1, entry{})) return ENOMEM;
  entries_[index].tag = tag;
  const int error = set_place(readers_, &entry::reader, fd, (wanted & watch_read) != 0);
  return error != 0 ? error : set_place(writers_, &entry::writer, fd, (wanted & watch_write) != 0);
}

int select_backend::set_place(sys::socket_set& set, int entry::*place, int fd, bool wanted) {
  int& at = entries_[static_cast<std::size_t>(fd)].*place;
  if (wanted == (at >= 0)) return 0;
  if (wanted) {
    if (!set.add(static_cast<SOCKET>(fd))) return ENOMEM;
    at = static_cast<int>(set.size()) - 1;
    return 0;
  }
  const SOCKET last = set.remove(static_cast<std::size_t>(at));
  entries_[static_cast<std::size_t>(last)].*place = at;
  at = -1;
  return 0;
}

int select_backend::wait(std::int64_t timeout, fired_list& fired_now) {
  const std::size_t most = readers_.size() + writers_.size();
  // Without a socket select only fails.
  if (most == 0) {
    if (!sys::allowed(sys::call::select, -1)) return errno == EINTR ? 0 : errno;
    return ::SleepEx(to_milliseconds(timeout), FALSE), 0;
  }
  if (!fired_now.ready.reserve(fired_now.ready.size() + most)) return ENOMEM;
  if (!ready_to_read_.assign(readers_) || !ready_to_write_.assign(writers_) ||
      !failed_.assign(writers_))
    return ENOMEM;
  timeval wait_time = to_timeval(timeout < 0 ? 0 : timeout);
  const int ready = sys::select(0, ready_to_read_.get(), ready_to_write_.get(), failed_.get(),
                                timeout < 0 ? nullptr : &wait_time);
  if (ready < 0 && (errno == ENOTSOCK || errno == EBADF || errno == EINTR)) {
    // (EINTR: one was closed during the wait.)
    forget_closed(fired_now);
    return 0;
  }
  if (ready < 0) return errno;
  if (ready == 0) return 0;
  const std::size_t first = fired_now.ready.size();
  tell(ready_to_read_, watch_read, fired_now);
  tell(ready_to_write_, watch_write, fired_now);
  // An attempt to connect that failed is told here alone.
  tell(failed_, watch_read | watch_write, fired_now);
  for (std::size_t i = first; i < fired_now.ready.size(); ++i)
    entries_[static_cast<std::size_t>(fired_now.ready[i].fd)].told = -1;
  ++start_;
  return 0;
}

void select_backend::tell(const sys::socket_set& set, interest what, fired_list& fired_now) {
  const std::size_t count = set.size();
  for (std::size_t i = 0; i < count; ++i) {
    const auto fd = static_cast<std::size_t>(set[(start_ + i) % count]);
    entry& e = entries_[fd];
    if (e.told >= 0) {
      fired_now.ready[static_cast<std::size_t>(e.told)].what |= what;
      continue;
    }
    e.told = static_cast<int>(fired_now.ready.size());
    fired_now.ready.push_reserved(fired{what, static_cast<int>(fd), e.tag});
  }
}

// One closed socket fails the whole call. It is reported once (the next call on it gives EBADF to
// its owner) and watched no longer; the rest lives.
void select_backend::forget_closed(fired_list& fired_now) {
  for (std::size_t fd = 0; fd < entries_.size(); ++fd) {
    if (entries_[fd].reader < 0 && entries_[fd].writer < 0) continue;
    const int number = static_cast<int>(fd);
    if (sys::is_socket(number)) continue;
    (void)set_place(readers_, &entry::reader, number, false);
    (void)set_place(writers_, &entry::writer, number, false);
    fired_now.ready.push_reserved(fired{watch_read | watch_write, number, entries_[fd].tag});
  }
}

int select_backend::after_fork() { return ENOSYS; }

}  // namespace eddy::engine
