// What Linux has and POSIX has not, and what systems tell of themselves.
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

#include <cerrno>

#include "base/sys.h"

namespace eddy::engine::sys {

int recvmmsg(int fd, mmsghdr* messages, unsigned count, int flags) {
  return allowed(call::recv, fd) ? ::recvmmsg(fd, messages, count, flags, nullptr) : -1;
}

int sendmmsg(int fd, mmsghdr* messages, unsigned count, int flags) {
  return allowed(call::send, fd) ? ::sendmmsg(fd, messages, count, flags | MSG_NOSIGNAL) : -1;
}

int select(int count, fd_set* readable, fd_set* writable, fd_set* exceptional, timeval* timeout) {
  return allowed(call::select, -1) ? ::select(count, readable, writable, exceptional, timeout) : -1;
}

int eventfd() { return allowed(call::eventfd, -1) ? ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : -1; }

int get_fd_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > 1 << 20) return 1 << 20;
  return static_cast<int>(limit.rlim_cur);
}

bool secure_mode() { return ::getauxval(AT_SECURE) != 0; }

}  // namespace eddy::engine::sys
