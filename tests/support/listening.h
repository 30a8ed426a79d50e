// Listeners that keep what they accept, and clients of theirs.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cstring>
#include <functional>
#include <vector>

#include "net/listener.h"
#include "stream/socket.h"
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
    has_socket_alone = true;
    EXPECT_EQ(open_listener(*this, on, at.socket.get(), thread_safe), 0);
    set_wanted(*this, true);
    EXPECT_EQ(enable_listener(*this, true), 0);
  }
  ~listening() {
    if (!gone) free_listener(*this);
    while (!gone) owner->run(run_once | run_nonblocking);  // one with a lock
  }
  bool is_by_kernel() { return owner->is_transferred(&readiness); }
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

// A stream that waits for bytes which nobody sends: while it does, the loop transfers, where it
// can.
class idle_stream {
 public:
  explicit idle_stream(loop& on) : stream_(make_socket_stream(on, pair_.a.get(), 0)) {
    enable(*stream_, watch_read);
  }
  ~idle_stream() { free_stream(*stream_); }
  idle_stream(const idle_stream&) = delete;
  idle_stream& operator=(const idle_stream&) = delete;

 private:
  socket_pair pair_;
  stream* stream_;
};

}  // namespace eddy::engine::test
