// Connections of TCP: accepting, connecting, and what goes wrong with either.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <eddy/tcp.hpp>

#include <netdb.h>
#include <poll.h>

#include "coro/connect.h"
#include "support/coroutine_streams.h"
#include "support/system.h"

namespace eddy::test {
namespace {

class connections_awaited : public coroutines_on_every_backend {};

std::string text_of(const std::optional<std::span<char>>& line) {
  return line ? std::string(line->data(), line->size()) : std::string("(end)");
}

void rot13(std::span<char> text) {
  for (char& c : text) {
    const char lower = static_cast<char>(c | 0x20);
    if (lower >= 'a' && lower <= 'z') c = static_cast<char>(c + (lower < 'n' ? 13 : -13));
  }
}

task<> serve(tcp_stream peer) {
  while (auto line = co_await peer.read_line(16 * 1024)) {
    rot13(*line);
    co_await peer.write(*line);
  }
}

task<> serve_all(tcp_listener& listener, scope& s) {
  for (;;) s.spawn(serve(co_await listener.accept()));
}

// Who does not answer: its queue is full.
class black_hole {
 public:
  black_hole() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const address here = address::loopback(0);
    EXPECT_EQ(::bind(fd_, here.data(), here.size()), 0);
    EXPECT_EQ(::listen(fd_, 0), 0);
    at = address::local_of(fd_);
    for (int i = 0; i < 64; ++i) {
      const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      filling_.push_back(fd);
      pollfd p{fd, POLLOUT, 0};
      if (::connect(fd, at.data(), at.size()) != 0 && ::poll(&p, 1, 0) == 0) {
        works = true;
        return;
      }
    }
  }
  ~black_hole() {
    for (const int fd : filling_) ::close(fd);
    ::close(fd_);
  }
  address at;
  bool works = false;

 private:
  int fd_;
  std::vector<int> filling_;
};

// An address where nobody listens.
address nobody() {
  const tcp_listener gone(address::loopback(0));
  return gone.local_address();
}

// (GCC 12 takes no list in braces behind co_await.)
template <class... Addresses>
std::vector<address> all_of(const Addresses&... addresses) {
  return {addresses...};
}

int open_descriptors() {
  int count = 0;
  for (int fd = 0; fd < 1'024; ++fd) count += ::fcntl(fd, F_GETFD) != -1;
  return count;
}

TEST_P(connections_awaited, many_are_served_at_a_time) {
  on.run([]() -> task<> {
    tcp_listener listener(address::loopback(0));
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn(serve_all(listener, s));
      co_await with_scope([&](scope& clients) -> task<> {
        for (int i = 0; i < 50; ++i)
          clients.spawn([&listener, i]() -> task<> {
            tcp_stream me = co_await tcp_stream::connect(listener.local_address());
            EXPECT_EQ(me.peer_address(), listener.local_address());
            for (int j = 0; j < 10; ++j) {
              co_await me.write("Hello ", std::to_string(i), "\n");
              EXPECT_EQ(text_of(co_await me.read_line()), "Uryyb " + std::to_string(i) + "\n");
            }
          });
        co_return;
      });
      s.cancel();
    });
  }());
}

TEST_P(connections_awaited, a_host_is_found_by_its_name) {
  on.run([]() -> task<> {
    tcp_listener listener(address::loopback(0));
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn(serve_all(listener, s));
      for (const char* name : {"localhost", "127.0.0.1"}) {
        tcp_stream me = co_await tcp_stream::connect(name, listener.port());
        co_await me.write("x\n");
        EXPECT_EQ(text_of(co_await me.read_line()), "k\n");
      }
      s.cancel();
    });
  }());
}

TEST_P(connections_awaited, a_name_that_is_none_says_so) {
  on.run([]() -> task<> {
    const auto r = co_await as_result(tcp_stream::connect("no such host", 80));
    EXPECT_EQ(&r.error().code().category(), &lookup_category());
    EXPECT_NE(r.error().message().find("look up no such host: "), std::string::npos)
        << r.error().message();
    const auto empty = co_await as_result(tcp_stream::connect("", 80));
    EXPECT_EQ(empty.error(), std::error_code(EAI_NONAME, lookup_category()));
  }());
}

TEST_P(connections_awaited, what_is_refused_says_where) {
  const address at = nobody();
  on.run([](address to) -> task<> {
    const auto r = co_await as_result(tcp_stream::connect(to));
    EXPECT_EQ(r.error(), std::errc::connection_refused);
    EXPECT_EQ(r.error().message(), "connect to " + to.to_string() + ": Connection refused");
  }(at));
  EXPECT_THROW((void)tcp_listener(*address::parse("203.0.113.1:1")), exception);
}

TEST_P(connections_awaited, the_next_address_is_tried_when_the_first_is_refused) {
  const address refused = nobody();
  on.run([](address first) -> task<> {
    tcp_listener listener(address::loopback(0));
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn(serve_all(listener, s));
      // An hour: who waits for it does not end.
      tcp_stream me = co_await detail::connect_to_first(
          all_of(address::loopback_v6(first.port()), first, listener.local_address()),
          {.attempt_delay = 1h});
      co_await me.write("a\n");
      EXPECT_EQ(text_of(co_await me.read_line()), "n\n");
      const auto none = co_await as_result(detail::connect_to_first(all_of(first, first), {}));
      EXPECT_EQ(none.error(), std::errc::connection_refused);
      s.cancel();
    });
  }(refused));
}

TEST_P(connections_awaited, an_address_that_does_not_answer_is_overtaken) {
  const black_hole hole;
  if (!hole.works) GTEST_SKIP() << "this system answers although a queue is full";
  const int descriptors = open_descriptors();
  on.run([](address first, int before) -> task<> {
    tcp_listener listener(address::loopback(0));
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn(serve_all(listener, s));
      {
        tcp_stream me = co_await detail::connect_to_first(
            all_of(first, first, listener.local_address()), {.attempt_delay = 1ms});
        EXPECT_EQ(me.peer_address(), listener.local_address());
        // Those that lost are closed.
        EXPECT_LE(open_descriptors(), before + 12);
      }
      s.cancel();
    });
    const auto r = co_await as_result(
        with_timeout(5ms, detail::connect_to_first(all_of(first, first), {.attempt_delay = 1ms})));
    EXPECT_EQ(r.error(), std::errc::timed_out);
    const auto one = co_await as_result(with_timeout(1ms, tcp_stream::connect(first)));
    EXPECT_EQ(one.error(), std::errc::timed_out);
  }(hole.at, descriptors));
}

TEST_P(connections_awaited, an_accept_can_be_cancelled_and_tried_again) {
  on.run([]() -> task<> {
    tcp_listener listener(address::loopback(0));
    for (int i = 0; i < 3; ++i) {
      const auto none = co_await as_result(with_timeout(1ms, listener.accept()));
      EXPECT_EQ(none.error(), std::errc::timed_out);
      tcp_stream client = co_await tcp_stream::connect(listener.local_address());
      tcp_stream peer = co_await listener.accept();
      EXPECT_EQ(peer.peer_address(), client.local_address());
      client.close();
      EXPECT_EQ(text_of(co_await peer.read_line()), "(end)");
    }
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn([&]() -> task<> {
        const auto r = co_await as_result(listener.accept());
        EXPECT_TRUE(r.error().is_cancelled());
      });
      listener.close();
      co_return;
    });
    const auto closed = co_await as_result(listener.accept());
    EXPECT_EQ(closed.error(), std::errc::bad_file_descriptor);
  }());
}

TEST_P(connections_awaited, who_cannot_be_accepted_for_lack_of_descriptors_is_served_later) {
  EDDY_NEEDS(a_limit_of_descriptors_is_there);
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  on.run([](rlimit old) -> task<> {
    tcp_listener listener(address::loopback(0));
    tcp_stream client = co_await tcp_stream::connect(listener.local_address());
    co_await client.write("a\n");
    const int next = ::dup(0);
    ::close(next);
    rlimit few = old;
    few.rlim_cur = static_cast<rlim_t>(next);
    co_await with_scope([&](scope& s) -> task<> {
      EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
      s.spawn(serve_all(listener, s));
      while (listener.pauses() == 0) co_await sleep_for(1ms);
      EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &old), 0);
      EXPECT_EQ(text_of(co_await client.read_line()), "n\n");
      s.cancel();
    });
  }(limit));
}

TEST_P(connections_awaited, a_reset_ends_what_waits) {
  EDDY_SKIP_UNDER_WINE("a receive after a reset tells of the end");
  on.run([]() -> task<> {
    tcp_listener listener(address::loopback(0));
    tcp_stream client = co_await tcp_stream::connect(listener.local_address());
    tcp_stream peer = co_await listener.accept();
    co_await client.write("last words");
    co_await client.flush();
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn([&]() -> task<> {
        co_await sleep_for(1ms);
        client.abort();
      });
      char space[100];
      EXPECT_EQ(co_await peer.read_some(space), 10u);
      const int fd = peer.native_handle();
      for (int i = 0; i < 2; ++i) {
        const auto r = co_await as_result(peer.read_line());
        EXPECT_EQ(r.error(), std::errc::connection_reset);
        EXPECT_EQ(r.error().message(), "read a line or part from fd " + std::to_string(fd) +
                                           ": Connection reset by peer");
      }
    });
    result<void> r;
    for (int i = 0; i < 10'000 && r; ++i) {
      r = co_await as_result(peer.write("x"));
      if (r) r = co_await as_result(peer.flush());
    }
    EXPECT_EQ(r.error(), std::errc::broken_pipe) << r.error().message();
  }());
}

TEST_P(connections_awaited, the_last_answer_reaches_who_still_sends) {
  on.run([]() -> task<> {
    tcp_listener listener(address::loopback(0));
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn([&]() -> task<> {
        tcp_stream peer = co_await listener.accept();
        (void)co_await peer.read_line();
        co_await peer.write(std::string(200'000, 'y'), "\n");
      });
      tcp_stream me = co_await tcp_stream::connect(listener.local_address());
      co_await me.write("hello\n", std::string(20'000, 'x'));
      co_await me.flush();
      co_await sleep_for(1ms);
      co_await me.write("more");
      co_await me.flush();
      const auto answer = co_await me.read_line(300'000);
      EXPECT_EQ(answer->size(), 200'001u);
      EXPECT_EQ(text_of(co_await me.read_line()), "(end)");
    });
  }());
}

TEST_P(connections_awaited, what_was_written_before_the_loop_ends_is_sent) {
  int fds[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
  {
    loop l(loop_options{.backend = GetParam().c_str()});
    l.run([](int fd) -> task<> {
      stream out(fd);
      co_await out.write("the end\n");
    }(fds[0]));
  }
  char text[16];
  EXPECT_EQ(::recv(fds[1], text, sizeof text, 0), 8);
  EXPECT_EQ(::recv(fds[1], text, sizeof text, 0), 0);
  ::close(fds[1]);
}

EDDY_COROUTINES_ON_EVERY_BACKEND(connections_awaited);

}  // namespace
}  // namespace eddy::test
