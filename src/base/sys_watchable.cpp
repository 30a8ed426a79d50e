#include "base/sys_watchable.h"

#include <unistd.h>

#include <cerrno>

#include "base/sys.h"
#ifdef EDDY_HAVE_EPOLL
#include <sys/epoll.h>

#include "base/sys_epoll.h"
#endif

namespace eddy::engine::sys {

bool can_be_watched(int device) {
#ifdef EDDY_HAVE_EPOLL
  const int set = epoll_create();
  if (set < 0) return true;
  const bool refused = epoll_ctl(set, EPOLL_CTL_ADD, device, EPOLLIN, 0) != 0 && errno == EPERM;
  (void)close(set);
  return !refused;
#else
  // The other systems do not tell by an error: a terminal makes its reader wait, other devices are
  // rarely waited for.
  return ::isatty(device) == 1;
#endif
}

}  // namespace eddy::engine::sys
