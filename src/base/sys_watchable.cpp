#include "base/sys_watchable.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/sys.h"
#ifdef EDDY_HAVE_EPOLL
#include <sys/epoll.h>

#include "base/sys_epoll.h"
#endif

namespace eddy::engine::sys {

bool can_be_watched(int fd, unsigned mode) {
  if (S_ISREG(mode)) return false;
  if (!S_ISCHR(mode)) return true;
#ifdef EDDY_HAVE_EPOLL
  const int set = epoll_create();
  if (set < 0) return true;
  const bool refused = epoll_ctl(set, EPOLL_CTL_ADD, fd, EPOLLIN, 0) != 0 && errno == EPERM;
  (void)close(set);
  return !refused;
#else
  // The other systems do not tell by an error: a terminal makes its reader wait, other devices are
  // rarely waited for.
  return ::isatty(fd) == 1;
#endif
}

int duplicate_of_standard(int fd) { return ::fcntl(fd, F_DUPFD_CLOEXEC, 3); }

}  // namespace eddy::engine::sys
