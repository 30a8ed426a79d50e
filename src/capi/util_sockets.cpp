// Options and pairs of sockets: the evutil_make_...() functions, evutil_closesocket() and
// evutil_socketpair().
#include <cerrno>

#include <event2/util.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "base/sys.h"
#include "capi/settings.h"

namespace {

namespace sys = eddy::engine::sys;
using eddy::engine::capi::log_warn;

int switch_on(evutil_socket_t sock, int level, int option) {
  const int on = 1;
  return setsockopt(sock, level, option, &on, sizeof on);
}

// Reads descriptor flags with `get`, and writes them with `set` if `flag` is missing.
int add_flag(evutil_socket_t sock, int get, int set, int flag, const char* get_name,
             const char* set_name) {
  const int flags = sys::allowed(sys::call::fcntl, sock) ? fcntl(sock, get, 0) : -1;
  if (flags == -1) {
    log_warn("fcntl(%d, %s)", sock, get_name);
    return -1;
  }
  if ((flags & flag) != 0) return 0;
  if (sys::allowed(sys::call::fcntl, sock) && fcntl(sock, set, flags | flag) != -1) return 0;
  log_warn("fcntl(%d, %s)", sock, set_name);
  return -1;
}

}  // namespace

extern "C" {

int evutil_make_socket_nonblocking(evutil_socket_t sock) {
  return add_flag(sock, F_GETFL, F_SETFL, O_NONBLOCK, "F_GETFL", "F_SETFL");
}

int evutil_make_socket_closeonexec(evutil_socket_t sock) {
  return add_flag(sock, F_GETFD, F_SETFD, FD_CLOEXEC, "F_GETFD", "F_SETFD");
}

int evutil_make_listen_socket_reuseable(evutil_socket_t sock) {
  return switch_on(sock, SOL_SOCKET, SO_REUSEADDR);
}

int evutil_make_listen_socket_reuseable_port(evutil_socket_t sock) {
  return switch_on(sock, SOL_SOCKET, SO_REUSEPORT);
}

int evutil_make_listen_socket_ipv6only(evutil_socket_t sock) {
  return switch_on(sock, IPPROTO_IPV6, IPV6_V6ONLY);
}

int evutil_make_tcp_listen_socket_deferred(evutil_socket_t sock) {
#if defined(TCP_DEFER_ACCEPT)
  return switch_on(sock, IPPROTO_TCP, TCP_DEFER_ACCEPT);
#else
  static_cast<void>(sock);
  return 0;
#endif
}

int evutil_closesocket(evutil_socket_t sock) { return sys::close(sock); }

int evutil_socketpair(int d, int type, int protocol, evutil_socket_t sv[2]) {
  if (!sys::allowed(sys::call::socketpair, -1)) return -1;
  return socketpair(d, type, protocol, sv);
}

}  // extern "C"
