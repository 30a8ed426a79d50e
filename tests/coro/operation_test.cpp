// Operations: what the kernel is asked for, cancelled, timed out, and counted.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string_view>

#include "support/coroutines.h"

namespace eddy::test {
namespace {

class operations_awaited : public coroutines_on_every_backend {};

struct socket_ends {
  int a = -1, b = -1;
  socket_ends() {
    int both[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, both), 0);
    a = both[0];
    b = both[1];
  }
  ~socket_ends() {
    ::close(a);
    ::close(b);
  }
};

TEST_P(operations_awaited, bytes_go_from_one_task_to_another) {
  socket_ends ends;
  on.run([](socket_ends& e) -> task<> {
    co_await with_scope([&e](scope& s) -> task<> {
      s.spawn([&e]() -> task<> {
        for (int i = 0; i < 100; ++i) EXPECT_EQ(co_await send_fd(e.a, "x", 1), 1u);
        ::shutdown(e.a, SHUT_WR);
      });
      char data[8];
      std::size_t all = 0;
      while (const std::size_t n = co_await recv_fd(e.b, data, sizeof data)) all += n;
      EXPECT_EQ(all, 100u);
    });
  }(ends));
}

TEST_P(operations_awaited, a_connection_is_made_and_accepted) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(::bind(listener, plain, size), 0);
  ASSERT_EQ(::listen(listener, 8), 0);
  ASSERT_EQ(::getsockname(listener, plain, &size), 0);
  on.run([](int at, const sockaddr* to, socklen_t length) -> task<> {
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn([&]() -> task<> {
        const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        co_await connect_fd(client, to, length);
        co_await write_fd(client, "hello", 5);
        ::close(client);
      });
      const int peer = co_await accept_fd(at);
      char data[8];
      EXPECT_EQ(co_await read_fd(peer, data, sizeof data), 5u);
      ::close(peer);
    });
  }(listener, plain, size));
  ::close(listener);
}

TEST_P(operations_awaited, an_error_says_what_was_tried_on_what) {
  on.run([]() -> task<> {
    char data[1];
    const auto r = co_await as_result(recv_fd(19'999, data, 1));
    EXPECT_FALSE(r);
    EXPECT_EQ(r.error().message(), "receive from fd 19999: Bad file descriptor");
    try {
      co_await readable(19'999);
      ADD_FAILURE();
    } catch (const exception& e) {
      EXPECT_STREQ(e.what(), "wait to read from fd 19999: Bad file descriptor");
    }
  }());
}

TEST_P(operations_awaited, a_receive_that_times_out_takes_nothing) {
  socket_ends ends;
  on.run([](socket_ends& e) -> task<> {
    char data[4] = {};
    const auto r = co_await as_result(with_timeout(1ms, recv_fd(e.b, data, sizeof data)));
    EXPECT_EQ(r.error(), std::errc::timed_out);
    EXPECT_EQ(co_await send_fd(e.a, "abc", 3), 3u);
    EXPECT_EQ(co_await recv_fd(e.b, data, sizeof data), 3u);
    EXPECT_STREQ(data, "abc");
  }(ends));
}

// One completion for each, whatever is cancelled when.
TEST_P(operations_awaited, each_of_many_ends_once_when_all_are_cancelled_in_flight) {
  constexpr int many = 200;
  socket_ends ends;
  int began = 0, ended = 0;
  on.run([](socket_ends& e, int& b, int& n) -> task<> {
    co_await with_scope([&](scope& s) -> task<> {
      for (int i = 0; i < many; ++i)
        s.spawn([&]() -> task<> {
          char data[1];
          ++b;
          const auto r = co_await as_result(recv_fd(e.b, data, 1));
          ++n;
          EXPECT_TRUE(r || r.error().is_cancelled()) << r.error().message();
        });
      EXPECT_EQ(::send(e.a, "12345", 5, 0), 5);
      co_await sleep_for(1ms);
      s.cancel();
    });
  }(ends, began, ended));
  EXPECT_EQ(began, many);
  EXPECT_EQ(ended, many);
}

TEST_P(operations_awaited, ten_thousand_in_flight_end_within_the_deadline_of_a_stop) {
  const long before = blocks();
  {
    loop l(loop_options{.backend = GetParam().c_str()});
    std::array<socket_ends, 100> ends;
    int ended = 0;
    for (int i = 0; i < 10'000; ++i)
      l.spawn([](int fd, int& n) -> task<> {
        char data[1];
        const auto r = co_await as_result(recv_fd(fd, data, 1));
        EXPECT_TRUE(!r && r.error().is_cancelled());
        ++n;
      }(ends[static_cast<std::size_t>(i) % ends.size()].b, ended));
    l.spawn([](loop& of) -> task<> {
      co_await sleep_for(1ms);
      of.stop(60s);
    }(l));
    l.run();
    EXPECT_EQ(ended, 10'000);
  }
  EXPECT_EQ(blocks(), before);
}

TEST_P(operations_awaited, an_operation_takes_no_memory) {
  socket_ends ends;
  on.run([](socket_ends& e) -> task<> {
    char data[1];
    for (int i = 0; i < 3; ++i) {
      co_await send_fd(e.a, "x", 1);
      co_await with_timeout(1h, recv_fd(e.b, data, 1));
      co_await sleep_for(0s);
    }
    const long before = allocations();
    for (int i = 0; i < 100; ++i) {
      co_await send_fd(e.a, "x", 1);
      co_await with_timeout(1h, recv_fd(e.b, data, 1));
      co_await sleep_for(0s);
    }
    EXPECT_EQ(allocations() - before, 0);
  }(ends));
}

TEST_P(operations_awaited, the_tasks_that_wait_are_listed_with_where) {
  socket_ends ends;
  on.spawn([](int fd) -> task<> {
    char data[1];
    co_await with_timeout(1h, recv_fd(fd, data, 1));
  }(ends.a));
  const std::string list = on.suspended_tasks();
  EXPECT_NE(list.find("operation_test.cpp:"), std::string::npos) << list;
  on.stop(10s);
  EXPECT_NO_THROW((void)code_of([&] { on.run(); }));
}

EDDY_COROUTINES_ON_EVERY_BACKEND(operations_awaited);

}  // namespace
}  // namespace eddy::test
