// Listeners that keep what they accept, and clients of theirs.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cstring>
#include <functional>
#include <vector>

#include "net/listener.h"
#include "support/backends.h"
#include "support/sockets.h"

namespace eddy::engine::test {

struct listening : listener {
  tcp_listener at;
  std::vector<descriptor> accepted;
  std::vector<sockaddr_storage> peers;
  std::vector<int> errors;
  std::function<void()> then;  // after each connection
  bool gone = false;

  explicit listening(loop& on, bool thread_safe = false) {
    static constexpr listener_calls functions{
        [](listener* l, int fd, sockaddr* address, socklen_t size) {
          auto* self = static_cast<listening*>(l);
          EXPECT_EQ(size, sizeof(sockaddr_in));
          self->accepted.emplace_back(fd);
          self->peers.emplace_back();
          std::memcpy(&self->peers.back(), address, size);
          if (self->then) self->then();
        },
        [](listener* l, int error) { static_cast<listening*>(l)->errors.push_back(error); }};
    calls = &functions;
    destroy = [](listener* l) { static_cast<listening*>(l)->gone = true; };
    EXPECT_EQ(open_listener(*this, on, at.socket.get(), thread_safe), 0);
    set_wanted(*this, true);
    EXPECT_EQ(enable_listener(*this, true), 0);
  }
  ~listening() {
    if (!gone) free_listener(*this);
    while (!gone) owner->run(run_once | run_nonblocking);  // one with a lock
  }
};

inline descriptor silent_client_of(listening& l) {
  descriptor made(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::connect(made.get(), l.at.as_sockaddr(), sizeof l.at.address), 0);
  return made;
}

// One whose first bytes say which it is.
inline descriptor client_of(listening& l, int number = 0) {
  descriptor made = silent_client_of(l);
  EXPECT_EQ(::send(made.get(), &number, sizeof number, MSG_NOSIGNAL), ssize_t{sizeof number});
  return made;
}

}  // namespace eddy::engine::test
