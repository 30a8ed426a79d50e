// Calls in orders that nobody would choose, but that happen: what is closed while it is waited for,
// what is cancelled twice for different reasons, what ends while others still run.
#include <event2/event.h>
#include <event2/event_struct.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/select.h>
#include <unistd.h>

#include "support/coroutine_streams.h"
#include "support/system.h"

namespace eddy::test {
namespace {

class unhappy_orders : public coroutines_on_every_backend {};

// --- the end of a loop ---

void ignore_event(evutil_socket_t, short, void*) {}

TEST_P(unhappy_orders, a_loop_with_an_event_of_the_program_ends_when_its_tasks_have) {
  stream_ends ends;
  ::event own;
  bool ended = false;
  {
    loop l(loop_options{.backend = GetParam().c_str()});
    event_assign(&own, l.native_handle(), ends.b, EV_READ | EV_PERSIST, ignore_event, nullptr);
    ASSERT_EQ(event_add(&own, nullptr), 0);
    l.spawn([&]() -> task<> {
      (void)co_await as_result(sleep_for(24h));
      ended = true;
    });
  }
  EXPECT_TRUE(ended);
}

TEST(wrapped_loops_of_events, event_base_free_returns_although_events_are_left) {
  stream_ends ends;
  event_base* base = event_base_new();
  ::event own;
  event_assign(&own, base, ends.b, EV_READ | EV_PERSIST, ignore_event, nullptr);
  ASSERT_EQ(event_add(&own, nullptr), 0);
  loop::wrap(base).spawn(sleep_long());
  event_base_free(base);
}

TEST_P(unhappy_orders, what_a_post_throws_while_a_stream_is_closed_is_told) {
  stream_ends ends;
  testing::internal::CaptureStderr();
  {
    loop l(loop_options{.backend = GetParam().c_str()});
    l.run([](int fd) -> task<> {
      stream s(fd);
      s.set_write_limits(1 << 20, 8 << 20);
      co_await s.write(std::string(4 << 20, 'x'));  // more than the kernel takes
    }(ends.take_b()));
    l.post([] { throw std::runtime_error("posted at the end"); });
    ends.close_a();
  }
  EXPECT_NE(testing::internal::GetCapturedStderr().find("posted at the end"), std::string::npos);
}

// Ends when it is cancelled, and leaves the next ones behind.
task<> goes_on(loop& on, int times, int& ended) {
  (void)co_await as_result(sleep_for(24h));
  ++ended;
  if (times == 0) co_return;
  on.post([&on, times, &ended] { on.spawn(goes_on(on, times - 1, ended)); });
  on.spawn(goes_on(on, times - 1, ended));
}

TEST_P(unhappy_orders, what_is_spawned_while_a_loop_ends_is_cancelled_too) {
  int ended = 0;
  {
    loop l(loop_options{.backend = GetParam().c_str()});
    l.spawn(goes_on(l, 3, ended));
  }
  EXPECT_GE(ended, 4);
}

// --- scopes ---

TEST_P(unhappy_orders, a_scope_that_is_used_again_does_not_name_who_awaited_it_before) {
  on.run([](loop& l) -> task<> {
    scope s(l);
    s.spawn(sleep_short());
    co_await [](scope& joined) -> task<> { co_await joined.join(); }(s);
    s.spawn(sleep_short());
    EXPECT_NE(l.suspended_tasks().find("sleep_short"), std::string::npos);
    co_await s.join();
  }(on));
}

TEST_P(unhappy_orders, a_scope_that_is_awaited_already_refuses_to_be_joined) {
  on.run([](loop& l) -> task<> {
    scope s(l);
    s.spawn(sleep_short());
    int joined = 0;
    co_await with_scope([&](scope& both) -> task<> {
      both.spawn([&]() -> task<> {
        co_await s.join();
        ++joined;
      });
      EXPECT_EQ((co_await as_result(s.join())).error(), std::errc::device_or_resource_busy);
    });
    EXPECT_EQ(joined, 1);
    co_await with_scope([](scope& own) -> task<> {
      own.spawn(sleep_short());
      EXPECT_EQ((co_await as_result(own.join())).error(), std::errc::device_or_resource_busy);
      co_await sleep_for(1ms);
      EXPECT_EQ((co_await as_result(own.join())).error(), std::errc::device_or_resource_busy);
    });
  }(on));
}

TEST_P(unhappy_orders, a_scope_that_failed_while_its_loop_stops_stays_stopped) {
  bool was_told = false;
  on.spawn([](loop& l, bool& told) -> task<> {
    scope s(l);
    s.spawn([]() -> task<> {
      (void)co_await as_result(sleep_for(24h));
      throw std::runtime_error("while it is cancelled");
    });
    EXPECT_THROW(co_await s.join(), std::runtime_error);
    s.spawn([](bool& t) -> task<> {
      t = (co_await as_result(sleep_for(1h))).error() == std::errc::operation_canceled;
    }(told));
    co_await s.join();
  }(on, was_told));
  on.stop(10s);
  on.run();
  EXPECT_TRUE(was_told);
}

TEST_P(unhappy_orders, a_scope_that_failed_is_stopped_with_its_loop_later) {
  bool was_told = false;
  on.spawn([](loop& l, bool& told) -> task<> {
    scope s(l);
    s.spawn([]() -> task<> {
      co_await sleep_for(1ms);
      throw std::runtime_error("the first");
    });
    EXPECT_THROW(co_await s.join(), std::runtime_error);
    l.stop(10s);
    s.spawn([](bool& t) -> task<> {
      t = (co_await as_result(sleep_for(1h))).error() == std::errc::operation_canceled;
    }(told));
    co_await s.join();
  }(on, was_told));
  on.run();
  EXPECT_TRUE(was_told);
}

// --- timeouts ---

// Ends with its cancellation, but only after a while.
struct slow_end : awaitable<slow_end>, detail::leaf {
  slow_end() : leaf(&stop) {}
  slow_end(const slow_end&) : slow_end() {}
  bool begin(const awaiting& a) noexcept { return wait(a); }
  result<void> await_result() const { return error(std::errc::operation_canceled, "end"); }
  static void came(void* self) noexcept { static_cast<slow_end*>(self)->wake(); }
  static void stop(stoppable& s) noexcept {
    auto& e = static_cast<slow_end&>(s);
    (void)e.timer.start(*e.who.in->core, detail::deadline_after(5'000'000), &came, &e);
  }
  detail::timer timer;
};

TEST_P(unhappy_orders, what_was_cancelled_before_its_time_was_over_is_no_timeout) {
  on.run([]() -> task<> {
    co_await with_scope([](scope& s) -> task<> {
      s.spawn([]() -> task<> { co_await with_timeout(1ms, slow_end()); });
      s.cancel();
      co_return;
    });
    const auto both = co_await as_result(with_timeout(1ms, with_timeout(2ms, slow_end())));
    EXPECT_EQ(both.error(), std::errc::timed_out);
  }());
}

// --- streams ---

TEST_P(unhappy_orders, a_write_behind_a_shutdown_that_waits_fails_when_that_is_done) {
  on.run([]() -> task<> {
    auto [a, b] = unix_stream::pair();
    a.set_write_limits(1 << 10, 64 << 20);
    const std::string much(8 << 20, 'x');
    co_await a.write(much);
    co_await with_scope([&, &from = a, &to = b](scope& s) -> task<> {
      s.spawn([&]() -> task<> { co_await from.shutdown_write(); });
      s.spawn([&]() -> task<> {
        EXPECT_EQ((co_await as_result(from.write("too late"))).error(), std::errc::broken_pipe);
      });
      std::size_t size = 0;
      while (chunk c = co_await to.read_buffer()) size += c.size();
      EXPECT_EQ(size, much.size());
    });
    co_await b.write("answer\n");
    const auto line = co_await a.read_line();
    EXPECT_EQ(std::string(line->data(), line->size()), "answer\n");
  }());
}

TEST_P(unhappy_orders, a_stream_that_is_closed_ends_the_waits_for_descriptors) {
  on.run([]() -> task<> {
    auto [a, b] = unix_stream::pair();
    co_await with_scope([&, &one = a](scope& s) -> task<> {
      s.spawn([&]() -> task<> {
        char space[8];
        EXPECT_EQ((co_await as_result(one.receive_fds(space))).error(),
                  std::errc::operation_canceled);
      });
      co_await sleep_for(1ms);
      one.close();
      // Not to be taken for it.
      stream_ends others;
      others.send("for others");
      co_await sleep_for(1ms);
    });
  }());
}

TEST_P(unhappy_orders, descriptors_are_not_received_behind_bytes_that_were_read_ahead) {
  on.run([]() -> task<> {
    auto [a, b] = unix_stream::pair();
    b.set_read_timeout(1ms);
    co_await a.write("part of a line");
    EXPECT_EQ((co_await as_result(b.read_line())).error(), std::errc::timed_out);
    char space[8];
    EXPECT_EQ((co_await as_result(with_timeout(1ms, b.receive_fds(space)))).error(),
              std::errc::operation_not_supported);
  }());
}

TEST_P(unhappy_orders, a_stream_that_is_closed_ends_who_sends_descriptors) {
  EDDY_NEEDS(descriptors_can_be_sent);
  on.run([]() -> task<> {
    auto [a, b] = unix_stream::pair();
    const int fd = a.native_handle();
    while (::send(fd, "full", 4, MSG_DONTWAIT | MSG_NOSIGNAL) > 0) continue;
    co_await with_scope([&, &one = a](scope& s) -> task<> {
      for (int i = 0; i < 3; ++i)
        s.spawn([&]() -> task<> {
          EXPECT_EQ((co_await as_result(one.send_fd("x", 0))).error(),
                    std::errc::operation_canceled);
        });
      s.spawn([&]() -> task<> {
        EXPECT_EQ((co_await as_result(with_timeout(1ms, one.send_fd("x", 0)))).error(),
                  std::errc::timed_out);
      });
      co_await sleep_for(5ms);
      one.close();
    });
  }());
}

// --- what a loop cannot wait for ---

// With a number that select(2) has no room for.
int high(int fd) {
  const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, FD_SETSIZE + 10);
  EXPECT_GE(copy, FD_SETSIZE);
  ::close(fd);
  return copy;
}

TEST(descriptors_that_are_too_high, fail_what_waits_for_them) {
  EDDY_NEEDS(dup2_is_there);
  loop on(loop_options{.backend = "select"});
  on.run([]() -> task<> {
    char space[8];
    const auto refused = std::errc::invalid_argument;
    stream_ends ends;
    stream s(high(ends.take_b()));
    EXPECT_EQ((co_await as_result(with_timeout(5s, s.read_some(space)))).error(), refused);
    const std::string much(4 << 20, 'x');
    EXPECT_EQ((co_await as_result(with_timeout(5s, s.write(much)))).error(), refused);
    EXPECT_EQ((co_await as_result(with_timeout(5s, s.flush()))).error(), refused);
    EXPECT_EQ((co_await as_result(readable(s.native_handle()))).error(), refused);
    tcp_listener low(address::loopback(0));
    tcp_listener listener(high(::dup(low.native_handle())));
    for (int i = 0; i < 2; ++i) {
      const auto r = co_await as_result(with_timeout(5s, listener.accept()));
      EXPECT_TRUE(!r && r.error() == refused);
    }
    datagram_socket datagrams(high(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)));
    const auto r = co_await as_result(datagrams.receive(space));
    EXPECT_TRUE(!r && r.error() == refused);
  }());
}

TEST_P(unhappy_orders, what_is_nothing_to_read_from_says_so) {
  on.run([]() -> task<> {
    char space[8];
    stream directory(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const auto r = co_await as_result(with_timeout(5s, directory.read_some(space)));
    EXPECT_TRUE(!r && r.error() != std::errc::timed_out);
    tcp_listener none(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    for (int i = 0; i < 2; ++i) {
      const auto a = co_await as_result(with_timeout(5s, none.accept()));
      EXPECT_TRUE(!a && a.error() != std::errc::timed_out);
    }
  }());
}

EDDY_COROUTINES_ON_EVERY_BACKEND(unhappy_orders);

}  // namespace
}  // namespace eddy::test
