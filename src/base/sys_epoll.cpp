// epoll with a wait in nanoseconds: epoll_pwait2 (Linux 5.11), or epoll_wait in whole milliseconds.
#include "base/sys_epoll.h"

#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <ctime>

#include "base/sys.h"

namespace eddy::engine::sys {
namespace {

std::atomic<bool> has_pwait2{true};

// Rounded up, so that a timer is never early.
int to_milliseconds(std::int64_t timeout) {
  if (timeout <= 0) return timeout == 0 ? 0 : -1;
  const std::int64_t ms = timeout / 1'000'000 + (timeout % 1'000'000 != 0);
  return ms > INT_MAX ? INT_MAX : static_cast<int>(ms);
}

}  // namespace

int epoll_create() { return allowed(call::epoll_create, -1) ? ::epoll_create1(EPOLL_CLOEXEC) : -1; }

int epoll_ctl(int epoll, int operation, int fd, std::uint32_t events, std::uint64_t data) {
  if (!allowed(call::epoll_ctl, fd)) return -1;
  epoll_event event{};
  event.events = events;
  event.data.u64 = data;
  return ::epoll_ctl(epoll, operation, fd, &event);
}

int epoll_wait(int epoll, epoll_event* events, int capacity, std::int64_t timeout) {
  if (!allowed(call::epoll_wait, epoll)) return -1;
#ifdef SYS_epoll_pwait2
  if (timeout > 0 && has_pwait2.load(std::memory_order_relaxed)) {
    const timespec wait{static_cast<time_t>(timeout / 1'000'000'000),
                        static_cast<long>(timeout % 1'000'000'000)};
    const long got = ::syscall(SYS_epoll_pwait2, epoll, events, capacity, &wait, nullptr, 0);
    // Old kernels do not know it, and some seccomp filters answer EPERM for what they do not know.
    if (got >= 0 || (errno != ENOSYS && errno != EPERM)) return static_cast<int>(got);
    has_pwait2.store(false, std::memory_order_relaxed);
  }
#endif
  return ::epoll_wait(epoll, events, capacity, to_milliseconds(timeout));
}

}  // namespace eddy::engine::sys
