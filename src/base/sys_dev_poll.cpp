#include "base/sys_dev_poll.h"

#include <fcntl.h>
#include <sys/devpoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

#include "base/sys.h"

// A driver that lives in the program, for tests, is reached by names of its own.
#ifndef EDDY_DEVPOLL_OPEN
#define EDDY_DEVPOLL_OPEN ::open
#define EDDY_DEVPOLL_WRITE ::write
#define EDDY_DEVPOLL_IOCTL ::ioctl
#endif

namespace eddy::engine::sys {
namespace {

// Rounded up, so that a timer is never early.
int to_milliseconds(std::int64_t timeout) {
  if (timeout <= 0) return timeout == 0 ? 0 : -1;
  const std::int64_t ms = timeout / 1'000'000 + (timeout % 1'000'000 != 0);
  return ms > INT_MAX ? INT_MAX : static_cast<int>(ms);
}

}  // namespace

int dev_poll_open() {
  return allowed(call::dev_poll_open, -1) ? EDDY_DEVPOLL_OPEN("/dev/poll", O_RDWR | O_CLOEXEC) : -1;
}

int dev_poll_write(int device, const pollfd* entries, std::size_t count) {
  if (!allowed(call::dev_poll_write, device)) return -1;
  const std::size_t size = count * sizeof(pollfd);
  const ssize_t written = EDDY_DEVPOLL_WRITE(device, entries, size);
  if (written == static_cast<ssize_t>(size)) return 0;
  if (written >= 0) errno = EINVAL;
  return -1;
}

int dev_poll_wait(int device, pollfd* entries, std::size_t capacity, std::int64_t timeout) {
  if (!allowed(call::dev_poll_wait, device)) return -1;
  dvpoll asked{};
  asked.dp_fds = entries;
  asked.dp_nfds = static_cast<decltype(asked.dp_nfds)>(capacity);
  asked.dp_timeout = to_milliseconds(timeout);
  return EDDY_DEVPOLL_IOCTL(device, DP_POLL, &asked);
}

}  // namespace eddy::engine::sys
