// Descriptors that close themselves.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

namespace eddy::engine::test {

class descriptor {
 public:
  explicit descriptor(int fd = -1) : fd_(fd) {}
  descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~descriptor() { close(); }

  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

struct socket_pair {
  descriptor a, b;

  explicit socket_pair(int flags = SOCK_NONBLOCK) {
    int fds[2] = {-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0, fds), 0);
    a = descriptor(fds[0]);
    b = descriptor(fds[1]);
  }
};

// A port of loopback that the system chose. Nobody listens there, and nobody else gets it.
struct bound_socket {
  descriptor socket;
  sockaddr_in address{};

  explicit bound_socket(int flags = SOCK_NONBLOCK) {
    socket = descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(socket.get(), as_sockaddr(), sizeof address), 0);
    socklen_t size = sizeof address;
    EXPECT_EQ(::getsockname(socket.get(), as_sockaddr(), &size), 0);
  }

  sockaddr* as_sockaddr() { return reinterpret_cast<sockaddr*>(&address); }
};

struct tcp_listener : bound_socket {
  explicit tcp_listener(int flags = SOCK_NONBLOCK) : bound_socket(flags) {
    EXPECT_EQ(::listen(socket.get(), 64), 0);
  }
};

}  // namespace eddy::engine::test
