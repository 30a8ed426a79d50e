#include "base/sys_kqueue.h"

#include <fcntl.h>

#include <ctime>

#include "base/sys.h"

namespace eddy::engine::sys {

int kqueue_create() {
  if (!allowed(call::kqueue_create, -1)) return -1;
  // kqueue1 and kqueuex, which set the flag at once, are not everywhere. A program that another
  // thread starts in between has the queue's number open, but not the queue: fork leaves it out.
  const int queue = ::kqueue();
  if (queue >= 0) (void)::fcntl(queue, F_SETFD, FD_CLOEXEC);
  return queue;
}

int kevent_change(int queue, const struct kevent* changes, int count, struct kevent* results) {
  const timespec not_at_all{};
  return allowed(call::kevent_change, count > 0 ? static_cast<int>(changes[0].ident) : -1)
             ? ::kevent(queue, changes, count, results, count, &not_at_all)
             : -1;
}

int kevent_wait(int queue, const struct kevent* changes, int count, struct kevent* events,
                int capacity, std::int64_t timeout) {
  if (!allowed(call::kevent_wait, queue)) return -1;
  // More than 10^8 seconds is EINVAL in FreeBSD and macOS.
  constexpr std::int64_t most = std::int64_t{100'000'000} * 1'000'000'000;
  if (timeout > most) timeout = most;
  const timespec wait{static_cast<time_t>(timeout / 1'000'000'000),
                      static_cast<long>(timeout % 1'000'000'000)};
  return ::kevent(queue, changes, count, events, capacity, timeout < 0 ? nullptr : &wait);
}

}  // namespace eddy::engine::sys
