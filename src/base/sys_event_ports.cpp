#include "base/sys_event_ports.h"

#include <fcntl.h>

#include <ctime>

#include "base/sys.h"

namespace eddy::engine::sys {

int port_create() {
  if (!allowed(call::port_create, -1)) return -1;
  const int port = ::port_create();
  if (port >= 0) (void)::fcntl(port, F_SETFD, FD_CLOEXEC);
  return port;
}

int port_associate_fd(int port, int fd, int events, void* user) {
  return allowed(call::port_associate, fd)
             ? ::port_associate(port, PORT_SOURCE_FD, static_cast<uintptr_t>(fd), events, user)
             : -1;
}

int port_dissociate_fd(int port, int fd) {
  return allowed(call::port_associate, fd)
             ? ::port_dissociate(port, PORT_SOURCE_FD, static_cast<uintptr_t>(fd))
             : -1;
}

int port_wait(int port, port_event_t* events, unsigned capacity, unsigned* got,
              std::int64_t timeout) {
  *got = 0;
  if (!allowed(call::port_wait, port)) return -1;
  timespec wait{static_cast<time_t>(timeout / 1'000'000'000),
                static_cast<long>(timeout % 1'000'000'000)};
  // What is asked for stands in the same variable as what was got, and is not always overwritten
  // when the call fails: an event without a source tells that nothing was.
  *got = 1;
  events[0].portev_source = 0;
  const int result = ::port_getn(port, events, capacity, got, timeout < 0 ? nullptr : &wait);
  if (events[0].portev_source == 0) *got = 0;
  return result;
}

}  // namespace eddy::engine::sys
