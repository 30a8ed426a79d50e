// How waiting on a stream ends otherwise: cancelled, timed out, stopped, closed, at every place
// where a coroutine waits. And bufferevents that are awaited.
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <eddy/stream.hpp>

#include <functional>

#include "support/coroutine_streams.h"

namespace eddy::test {
namespace {

class waits_on_streams : public coroutines_on_every_backend {};

std::string text_of(const std::optional<std::span<char>>& line) {
  return line ? std::string(line->data(), line->size()) : std::string("(end)");
}

const std::string large(3'000'000, 'x');  // more than a socket takes that has taken what it can

// Windows takes a text of any length whole as long as it has not much of others.
stream& filled(stream& s) {
  const int fd = s.native_handle();
  evutil_make_socket_nonblocking(fd);
  while (::send(fd, large.data(), large.size(), MSG_NOSIGNAL | MSG_DONTWAIT) > 0) continue;
  return s;
}

// Tells when it is about to wait for good.
using wait_function = std::function<task<error>(stream&, bool&)>;

template <class Operation>
task<error> error_of_operation(Operation o, bool& waits) {
  waits = true;
  auto r = co_await as_result(std::move(o));
  co_return r ? error() : r.error();
}

// Each way to wait.
std::vector<wait_function> all_waits() {
  static char space[100];
  return {
      [](stream& s, bool& w) { return error_of_operation(s.read_some(space), w); },
      [](stream& s, bool& w) { return error_of_operation(s.read_exactly(space), w); },
      [](stream& s, bool& w) { return error_of_operation(s.read_line(), w); },
      [](stream& s, bool& w) { return error_of_operation(s.read_until("end"), w); },
      [](stream& s, bool& w) { return error_of_operation(s.read_buffer(), w); },
      [](stream& s, bool& w) { return error_of_operation(filled(s).write(large), w); },
      [](stream& s, bool& w) { return error_of_operation(filled(s).write(large, "x"), w); },
      [](stream& s, bool& w) -> task<error> {
        const auto first = co_await as_result(with_timeout(1ms, filled(s).write(large)));
        // (On a machine that is busy, that of who calls it may come first.)
        EXPECT_TRUE(first.error() == std::errc::timed_out || first.error().is_cancelled());
        co_return co_await error_of_operation(s.flush(), w);
      },
      [](stream& s, bool& w) -> task<error> {
        (void)co_await as_result(with_timeout(1ms, filled(s).write(large)));
        co_return co_await error_of_operation(s.shutdown_write(), w);
      },
  };
}

// How it ends, when `act` is done while it waits.
template <class Act>
task<error> error_when(const wait_function& w, stream& s, const Act& act) {
  error why;
  co_await with_scope([&](scope& all) -> task<> {
    bool waits = false;
    all.spawn([&]() -> task<> { why = co_await w(s, waits); });
    while (!waits) co_await sleep_for(1ms);
    act(all);
  });
  co_return why;
}

TEST_P(waits_on_streams, each_is_cancelled) {
  for (const wait_function& wait : all_waits()) {
    stream_ends ends;
    on.run([](stream_ends& e, const wait_function& w) -> task<> {
      stream s(e.take_b());
      const auto act = [](scope& all) { all.cancel(); };
      const error why = co_await error_when(w, s, act);
      EXPECT_TRUE(why.is_cancelled()) << why.message();
      s.abort();
    }(ends, wait));
  }
}

TEST_P(waits_on_streams, each_times_out) {
  for (const wait_function& wait : all_waits()) {
    stream_ends ends;
    on.run([](stream_ends& e, const wait_function& w) -> task<> {
      stream s(e.take_b());
      bool waits = false;
      const auto r = co_await as_result(with_timeout(5ms, w(s, waits)));
      EXPECT_TRUE(!r || r->is_cancelled()) << (r ? r->message() : r.error().message());
      s.abort();
    }(ends, wait));
  }
}

TEST_P(waits_on_streams, each_ends_when_the_loop_stops) {
  for (const wait_function& wait : all_waits()) {
    stream_ends ends;
    loop l(loop_options{.backend = GetParam().c_str()});
    error why;
    bool waits = false;
    l.spawn([](stream_ends& e, const wait_function& w, error& out, bool& now) -> task<> {
      stream s(e.take_b());
      out = co_await w(s, now);
      s.abort();
    }(ends, wait, why, waits));
    l.spawn([](loop& of, const bool& now) -> task<> {
      while (!now) co_await sleep_for(1ms);
      of.stop(10s);
    }(l, waits));
    l.run();
    EXPECT_TRUE(why.is_cancelled()) << why.message();
  }
}

TEST_P(waits_on_streams, each_ends_when_the_stream_is_closed) {
  for (const wait_function& wait : all_waits()) {
    stream_ends ends;
    on.run([](stream_ends& e, const wait_function& w) -> task<> {
      stream s(e.take_b());
      const auto act = [&](scope&) { s.abort(); };
      const error why = co_await error_when(w, s, act);
      EXPECT_TRUE(why.is_cancelled()) << why.message();
      EXPECT_NE(why.message().find("fd "), std::string::npos) << why.message();
    }(ends, wait));
  }
}

TEST_P(waits_on_streams, each_ends_when_the_peer_goes) {
  int number = 0;
  for (const wait_function& wait : all_waits()) {
    stream_ends ends;
    on.run([](stream_ends& e, const wait_function& w, bool writes) -> task<> {
      stream s(e.take_b());
      const auto act = [&](scope&) { e.close_a(); };
      const error why = co_await error_when(w, s, act);
      // An end is none for who reads.
      EXPECT_EQ(why != std::error_code(), writes) << why.message();
      s.abort();
    }(ends, wait, number >= 5));
    ++number;
  }
}

TEST_P(waits_on_streams, a_silent_peer_is_told_by_the_read_timeout_which_is_not_the_end) {
  stream_ends ends;
  on.run([](stream_ends& e) -> task<> {
    stream s(e.take_b());
    s.set_read_timeout(2ms);
    for (int i = 0; i < 3; ++i) {
      const auto r = co_await as_result(s.read_line());
      EXPECT_EQ(r.error(), std::errc::timed_out);
      EXPECT_TRUE(r.error().message().starts_with("read a line or part from fd "));
    }
    // Nobody reads: then nobody is told.
    co_await sleep_for(5ms);
    s.set_read_timeout(1h);
    e.send("x\n");
    EXPECT_EQ(text_of(co_await s.read_line()), "x\n");
    s.set_read_timeout(0s);
    const auto r = co_await as_result(with_timeout(5ms, s.read_line()));
    EXPECT_EQ(r.error(), std::errc::timed_out);
    EXPECT_EQ(r.error().message().find("line"), 7u) << r.error().message();
  }(ends));
}

TEST_P(waits_on_streams, a_read_timeout_counts_from_when_the_read_begins) {
  stream_ends ends;
  on.run([](stream_ends& e) -> task<> {
    stream s(e.take_b());
    s.set_read_timeout(1h);
    e.send("x\n");
    EXPECT_EQ(text_of(co_await s.read_line()), "x\n");
    s.set_read_timeout(4ms);
    // That of the stream, at which nobody reads, is due in the same turn, after the sleep.
    co_await when_all(sleep_for(1ms), []() -> task<> {
      const auto end = loop::clock::now() + 10ms;
      while (loop::clock::now() < end) continue;
      co_return;
    }());
    const auto begun = loop::clock::now();
    EXPECT_EQ((co_await as_result(s.read_line())).error(), std::errc::timed_out);
    EXPECT_GE(loop::clock::now() - begun, 4ms);
  }(ends));
}

TEST_P(waits_on_streams, a_peer_that_takes_nothing_is_told_by_the_write_timeout) {
  stream_ends ends;
  on.run([](stream_ends& e) -> task<> {
    stream s(e.take_b());
    s.set_write_timeout(3ms);
    const auto r = co_await as_result(filled(s).write(large));
    EXPECT_EQ(r.error(), std::errc::timed_out);
    const auto again = co_await as_result(s.write("x"));
    EXPECT_EQ(again.error(), std::errc::timed_out);
    e.send("x\n");
    EXPECT_EQ(text_of(co_await s.read_line()), "x\n");
  }(ends));
}

TEST_P(waits_on_streams, what_was_shut_cannot_be_written_but_can_be_read) {
  stream_ends ends;
  on.run([](stream_ends& e) -> task<> {
    stream s(e.take_b());
    co_await s.write("last");
    co_await s.shutdown_write();
    const auto r = co_await as_result(s.write("x"));
    EXPECT_EQ(r.error(), std::errc::broken_pipe);
    char text[8];
    EXPECT_EQ(::recv(e.a, text, sizeof text, 0), 4);
    EXPECT_EQ(::recv(e.a, text, sizeof text, 0), 0);
    e.send("answer");
    e.close_a();
    EXPECT_EQ(text_of(co_await s.read_line()), "answer");
  }(ends));
}

// --- bufferevents ---

TEST_P(waits_on_streams, a_bufferevent_is_awaited_and_given_back) {
  stream_ends ends;
  event_base* base = on.native_handle();
  evutil_make_socket_nonblocking(ends.b);
  bufferevent* b = bufferevent_socket_new(base, ends.b, 0);
  std::string seen;
  const auto on_read = [](bufferevent* of, void* to) {
    char text[64];
    static_cast<std::string*>(to)->append(text, bufferevent_read(of, text, sizeof text));
  };
  bufferevent_setcb(b, on_read, nullptr, nullptr, &seen);
  bufferevent_setwatermark(b, EV_READ, 2, 100);
  bufferevent_enable(b, EV_READ);
  on.run([](stream_ends& e, bufferevent* of, std::string& text) -> task<> {
    {
      stream s = stream::wrap(of);
      EXPECT_EQ(s.native_handle(), e.b);
      e.send("one\ntwo\nrest");
      EXPECT_EQ(text_of(co_await s.read_line()), "one\n");
      EXPECT_EQ(text_of(co_await s.read_line()), "two\n");
      co_await s.write("answer\n");
      co_await s.write("and more\n");
      co_await s.flush();
      char answer[32];
      EXPECT_EQ(::recv(e.a, answer, sizeof answer, 0), 16);
      const auto r = co_await as_result(with_timeout(1ms, s.read_line()));
      EXPECT_EQ(r.error(), std::errc::timed_out);
      EXPECT_EQ(text, "");
    }
    e.send(" of it");
    while (text.size() < 10) co_await sleep_for(1ms);
    EXPECT_EQ(text, "rest of it");
  }(ends, b, seen));
  std::size_t low = 0, high = 0;
  bufferevent_getwatermark(b, EV_READ, &low, &high);
  EXPECT_EQ(low, 2u);
  EXPECT_EQ(high, 100u);
  bufferevent_free(b);
}

TEST_P(waits_on_streams, pairs_of_bufferevents_are_awaited_at_both_ends) {
  bufferevent* both[2];
  ASSERT_EQ(bufferevent_pair_new(on.native_handle(), 0, both), 0);
  on.run([](bufferevent* x, bufferevent* y) -> task<> {
    co_await with_scope([=](scope& s) -> task<> {
      s.spawn([=]() -> task<> {
        stream peer = stream::wrap(y);
        while (auto line = co_await peer.read_line()) co_await peer.write(*line);
      });
      stream me = stream::wrap(x);
      for (int i = 0; i < 1'000; ++i) {
        co_await me.write(std::to_string(i) + "\n");
        EXPECT_EQ(text_of(co_await me.read_line()), std::to_string(i) + "\n");
      }
      s.cancel();
    });
  }(both[0], both[1]));
  bufferevent_free(both[0]);
  bufferevent_free(both[1]);
}

TEST_P(waits_on_streams, devices_that_are_always_ready_are_read_and_written_like_files) {
  on.run([]() -> task<> {
    stream nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
    const std::string much(1 << 20, 'x');
    for (int i = 0; i < 5; ++i) {
      co_await nothing.write(much);
      co_await nothing.flush();
    }
    char space[100];
    EXPECT_EQ(co_await nothing.read_some(space), 0u);
    stream zeros(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
    EXPECT_TRUE(co_await zeros.read_exactly(space));
    stream full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    EXPECT_EQ((co_await as_result(full.write("x"))).error(), std::errc::no_space_on_device);
  }());
}

EDDY_COROUTINES_ON_EVERY_BACKEND(waits_on_streams);

}  // namespace
}  // namespace eddy::test
