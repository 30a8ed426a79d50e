// Both ends of a connection, and bytes of which each knows its place.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <utility>

#include "coroutines.h"

namespace eddy::test {

struct stream_ends {
  int a = -1, b = -1;

  stream_ends() {
    int both[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both), 0);
    a = both[0];
    b = both[1];
  }
  ~stream_ends() {
    close_a();
    if (b >= 0) ::close(b);
  }
  int take_a() { return std::exchange(a, -1); }
  int take_b() { return std::exchange(b, -1); }
  void close_a() {
    if (a >= 0) ::close(take_a());
  }
  void send(std::string_view text) const {
    EXPECT_EQ(::send(a, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
};

inline std::string pattern(std::size_t from, std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    text[i] = static_cast<char>(((from + i) * 2654435761U) >> 13 ^ (from + i));
  return text;
}

}  // namespace eddy::test
