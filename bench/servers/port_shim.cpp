// Preloaded under a server that we do not change and that binds a port of its own choice: the first
// bind to an IPv4 address goes to a free port on 127.0.0.1 instead, and once that socket listens
// the port is announced like the other servers announce theirs. Nothing else of the program is
// touched, and nothing after its start. (A network namespace of its own would do too, but needs
// privileges.)
#include <dlfcn.h>

#include "common/listen.h"

#define BENCH_INTERPOSE extern "C" __attribute__((visibility("default")))

namespace {
int moved_socket = -1;
}

BENCH_INTERPOSE int bind(int fd, const sockaddr* address, socklen_t size) noexcept {
  static const auto next = reinterpret_cast<decltype(&bind)>(dlsym(RTLD_NEXT, "bind"));
  if (moved_socket >= 0 || address->sa_family != AF_INET) return next(fd, address, size);
  sockaddr_in moved{};
  moved.sin_family = AF_INET;
  moved.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int result = next(fd, reinterpret_cast<const sockaddr*>(&moved), sizeof moved);
  if (result == 0) moved_socket = fd;
  return result;
}

BENCH_INTERPOSE int listen(int fd, int backlog) noexcept {
  static const auto next = reinterpret_cast<decltype(&listen)>(dlsym(RTLD_NEXT, "listen"));
  const int result = next(fd, backlog);
  if (result == 0 && fd == moved_socket) bench_announce(fd);
  return result;
}
