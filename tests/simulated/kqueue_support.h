// A kqueue and a pair of sockets, and short forms of what is done with them.
#pragma once

#include <sys/event.h>
#include <sys/mman.h>

#include <algorithm>
#include <vector>

#include "support.h"

namespace eddy::simulated::test {

inline std::int64_t now() {
  timespec at;
  ::clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * std::int64_t{1'000'000'000} + at.tv_nsec;
}

template <class Ident>
struct kevent made(Ident ident, short filter, int flags, unsigned fflags = 0, std::int64_t data = 0,
                   void* udata = nullptr) {
  struct kevent one;
  EV_SET(&one, ident, filter, flags, fflags, data, udata);
  return one;
}

inline int connected_to(tcp_listener& listener) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(::connect(fd, listener.as_sockaddr(), sizeof listener.address), 0);
  return fd;
}

// Connecting to a port that is bound, so nobody else's, and not listened at.
inline int connecting_to_nobody() {
  static descriptor bound;
  bound = descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(bound.get(), generic, size), 0);
  EXPECT_EQ(::getsockname(bound.get(), generic, &size), 0);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  EXPECT_EQ(::connect(fd, generic, size), -1);
  return fd;
}

class with_kqueue : public testing::Test {
 protected:
  static void apply(int kq, const struct kevent& one) {
    EXPECT_EQ(::kevent(kq, &one, 1, nullptr, 0, nullptr), 0) << errno;
  }
  void apply(const struct kevent& one) { apply(kq.get(), one); }

  template <class Ident>
  void change(Ident ident, short filter, int flags, unsigned fflags = 0, std::int64_t data = 0,
              void* udata = nullptr) {
    apply(made(ident, filter, flags, fflags, data, udata));
  }

  template <class Ident>
  int error_of(Ident ident, short filter, int flags, unsigned fflags = 0, std::int64_t data = 0) {
    const struct kevent one = made(ident, filter, flags, fflags, data);
    return ::kevent(kq.get(), &one, 1, nullptr, 0, nullptr) == 0 ? 0 : errno;
  }

  std::vector<struct kevent> wait(const timespec* timeout = &long_enough) {
    std::vector<struct kevent> events(16);
    const int told = ::kevent(kq.get(), nullptr, 0, events.data(), 16, timeout);
    EXPECT_GE(told, 0) << errno;
    events.resize(static_cast<std::size_t>(std::max(told, 0)));
    return events;
  }
  std::vector<struct kevent> poll() { return wait(&at_once); }

  // A kqueue that used every kind of event, and is gone.
  static void with_more_of_everything() {
    const descriptor other(::kqueue());
    const socket_pair ends;
    apply(other.get(), made(ends.a.get(), EVFILT_READ, EV_ADD | EV_CLEAR));
    apply(other.get(), made(ends.a.get(), EVFILT_WRITE, EV_ADD | EV_CLEAR));
    apply(other.get(), made(SIGUSR2, EVFILT_SIGNAL, EV_ADD));
    apply(other.get(), made(1, EVFILT_TIMER, EV_ADD, 0, 1000));
    apply(other.get(), made(1, EVFILT_USER, EV_ADD, NOTE_TRIGGER));
  }

  descriptor kq{::kqueue()};
  socket_pair pair;
};

}  // namespace eddy::simulated::test
