// event2/listener.h
#include <event2/listener.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <cerrno>
#include <new>

#include "base/memory.h"
#include "base/sys.h"
#include "capi/base.h"
#include "capi/settings.h"
#include "net/listener.h"

using namespace eddy::engine;
using namespace eddy::engine::capi;

struct evconnlistener : eddy::engine::listener {
  evconnlistener_cb on_connection = nullptr;
  evconnlistener_errorcb on_error = nullptr;
  void* argument = nullptr;
};

namespace {

evconnlistener* face(listener* l) { return static_cast<evconnlistener*>(l); }

void accepted(listener* l, int fd, sockaddr* address, socklen_t size) {
  face(l)->on_connection(face(l), fd, address, static_cast<int>(size), face(l)->argument);
}

void failed(listener* l, int error) {
  errno = error;
  sys::tell_socket_error(error);
  if (face(l)->on_error != nullptr) return face(l)->on_error(face(l), face(l)->argument);
  log_warn("evconnlistener: accept on descriptor %d; trying again soon", l->readiness.fd);
}

constexpr listener_calls calls{accepted, failed};

void destroy(listener* l) { memory::destroy(face(l)); }

bool set_option(int fd, int level, int name) {
  const int on = 1;
  return ::setsockopt(fd, level, name, &on, sizeof on) == 0;
}

bool set_options(int fd, unsigned flags) {
  if (!set_option(fd, SOL_SOCKET, SO_KEEPALIVE)) return false;
  if ((flags & LEV_OPT_REUSEABLE) && !set_option(fd, SOL_SOCKET, SO_REUSEADDR)) return false;
  if ((flags & LEV_OPT_REUSEABLE_PORT) && !set_option(fd, SOL_SOCKET, SO_REUSEPORT)) return false;
  if ((flags & LEV_OPT_DEFERRED_ACCEPT) && !set_option(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT))
    return false;
  return !(flags & LEV_OPT_BIND_IPV6ONLY) || set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY);
}

}  // namespace

extern "C" {

evconnlistener* evconnlistener_new(event_base* base, evconnlistener_cb cb, void* ptr,
                                   unsigned flags, int backlog, evutil_socket_t fd) {
  constexpr int most = 0x7fff;  // the kernel cuts it to net.core.somaxconn
  if (backlog != 0 && ::listen(fd, backlog < 0 ? most : backlog) != 0) return nullptr;
  auto* l = memory::create<evconnlistener>();
  if (l == nullptr) return nullptr;
  if (const int error = open_listener(*l, *base, fd, (flags & LEV_OPT_THREADSAFE) != 0)) {
    memory::destroy(l);
    errno = error;
    return nullptr;
  }
  l->calls = &calls;
  l->destroy = destroy;
  l->closes_socket = (flags & LEV_OPT_CLOSE_ON_FREE) != 0;
  l->leaves_blocking = (flags & LEV_OPT_LEAVE_SOCKETS_BLOCKING) != 0;
  l->on_connection = cb;
  l->argument = ptr;
  l->wanted = cb != nullptr;
  if (!(flags & LEV_OPT_DISABLED)) (void)evconnlistener_enable(l);
  return l;
}

evconnlistener* evconnlistener_new_bind(event_base* base, evconnlistener_cb cb, void* ptr,
                                        unsigned flags, int backlog, const sockaddr* sa,
                                        int socklen) {
  if (backlog == 0) return nullptr;  // a socket of our own does not listen yet
  const int fd = sys::stream_socket(sa != nullptr ? sa->sa_family : AF_UNSPEC);
  if (fd < 0) return nullptr;
  evconnlistener* l = nullptr;
  if (set_options(fd, flags) &&
      (sa == nullptr || ::bind(fd, sa, static_cast<socklen_t>(socklen)) == 0))
    l = evconnlistener_new(base, cb, ptr, flags, backlog, fd);
  if (l != nullptr) l->has_socket_alone = true;
  if (l == nullptr) {
    const int error = errno;
    (void)sys::close(fd);
    errno = error;
  }
  return l;
}

void evconnlistener_free(evconnlistener* lev) { free_listener(*lev); }

int evconnlistener_enable(evconnlistener* lev) { return enable_listener(*lev, true) == 0 ? 0 : -1; }

int evconnlistener_disable(evconnlistener* lev) {
  return enable_listener(*lev, false) == 0 ? 0 : -1;
}

event_base* evconnlistener_get_base(evconnlistener* lev) {
  return static_cast<event_base*>(lev->owner);
}

evutil_socket_t evconnlistener_get_fd(evconnlistener* lev) { return lev->readiness.fd; }

void evconnlistener_set_cb(evconnlistener* lev, evconnlistener_cb cb, void* arg) {
  shared_guard guard(lev->lock);
  lev->on_connection = cb;
  lev->argument = arg;
  (void)set_wanted(*lev, cb != nullptr);
}

void evconnlistener_set_error_cb(evconnlistener* lev, evconnlistener_errorcb errorcb) {
  shared_guard guard(lev->lock);
  lev->on_error = errorcb;
}

}  // extern "C"
