// Preloaded under a server that we do not change and that binds a port of its own choice: the first
// bind to an IPv4 address goes to a free port on 127.0.0.1 instead, and the port is announced like
// the other servers announce theirs. Nothing else of the program is touched, and nothing after its
// start. (A network namespace of its own would do too, but needs privileges.)
#include <dlfcn.h>

#include "servers/rot13.h"

extern "C" __attribute__((visibility("default"))) int bind(int fd, const sockaddr* address,
                                                           socklen_t size) noexcept {
  static const auto next = reinterpret_cast<decltype(&bind)>(dlsym(RTLD_NEXT, "bind"));
  static bool done = false;
  if (done || address->sa_family != AF_INET) return next(fd, address, size);
  done = true;
  sockaddr_in moved{};
  moved.sin_family = AF_INET;
  moved.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int result = next(fd, reinterpret_cast<const sockaddr*>(&moved), sizeof moved);
  if (result == 0) rot13_announce(fd);
  return result;
}
