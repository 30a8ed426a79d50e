// The verbs of streams, listeners and connects within with_timeout and with_stop, awaited as they
// are: they give what they give without, or throw.
#include <gtest/gtest.h>

#include <string>

#include "support/coroutine_streams.h"

namespace eddy::test {
namespace {

class bounded_verbs : public coroutines_on_every_backend {};

std::string text_of(const std::optional<std::span<char>>& line) {
  return line ? std::string(line->data(), line->size()) : std::string("(end)");
}

struct an_hour {
  template <class A>
  auto operator()(A&& verb) const {
    return with_timeout(1h, std::forward<A>(verb));
  }
};
struct a_token {
  std::stop_source source;
  template <class A>
  auto operator()(A&& verb) const {
    return with_stop(source.get_token(), std::forward<A>(verb));
  }
};
struct both {
  an_hour hour;
  a_token token;
  template <class A>
  auto operator()(A&& verb) const {
    return hour(token(std::forward<A>(verb)));
  }
};

// `within` outlives it.
template <class Bound>
task<> use_each_verb(const Bound& within) {
  tcp_listener listener(address::loopback(0));
  tcp_stream a = co_await within(tcp_stream::connect(listener.local_address()));
  tcp_stream b = co_await within(listener.accept());
  char four[4];
  co_await within(a.write("some"));
  co_await within(a.flush());
  EXPECT_EQ(co_await within(b.read_some(four)), 4u);
  co_await within(a.write("four", "line\n", "until;"));
  const bool all = co_await within(b.read_exactly(four));
  EXPECT_TRUE(all);
  EXPECT_EQ(text_of(co_await within(b.read_line(100))), "line\n");
  EXPECT_EQ(text_of(co_await within(b.read_until(";"))), "until;");
  co_await within(a.write("chunk"));
  chunk c = co_await within(b.read_buffer());
  EXPECT_EQ(c.size(), 5u);
  co_await within(b.write(std::move(c)));
  const byte_view pieces[] = {byte_view("and "), byte_view("more\n")};
  co_await within(b.writev(pieces));
  co_await within(b.shutdown_write());
  EXPECT_EQ(text_of(co_await within(a.read_line(100))), "chunkand more\n");
  EXPECT_EQ(text_of(co_await within(a.read_line(100))), "(end)");
}

TEST_P(bounded_verbs, each_gives_what_it_gives_without) {
  on.run(use_each_verb(an_hour{}));
  const a_token token;
  on.run(use_each_verb(token));
  const both two;
  on.run(use_each_verb(two));
}

// What awaiting it throws.
template <class A>
task<std::error_code> thrown_by(A bounded) {
  try {
    (void)co_await std::move(bounded);
  } catch (const exception& e) {
    co_return e.code();
  }
  co_return std::error_code();
}

// A stream whose peer neither reads nor writes, and a listener to which nobody connects. `late`
// gives a verb that ends by its bound, with `why`.
template <class Bound>
task<> wait_in_vain(const Bound& late, std::errc why) {
  const stream_ends ends;
  stream s(::dup(ends.a));
  s.set_write_limits(1024, 4096);
  tcp_listener listener(address::loopback(0));
  char space[4];
  EXPECT_EQ(co_await thrown_by(late(s.read_some(space))), why);
  EXPECT_EQ(co_await thrown_by(late(s.read_exactly(space))), why);
  EXPECT_EQ(co_await thrown_by(late(s.read_line(100))), why);
  EXPECT_EQ(co_await thrown_by(late(s.read_until("end"))), why);
  EXPECT_EQ(co_await thrown_by(late(s.read_buffer())), why);
  EXPECT_EQ(co_await thrown_by(late(listener.accept())), why);
  const std::string much(8 << 20, 'x');
  EXPECT_EQ(co_await thrown_by(late(s.write(much))), why);
  EXPECT_EQ(co_await thrown_by(late(s.write(much, much))), why);
  s.abort();
}

// The same with bytes that wait to be sent.
template <class Bound>
task<> flush_in_vain(const Bound& late, std::errc why) {
  const stream_ends ends;
  stream s(::dup(ends.a));
  s.set_write_limits(8 << 20, 16 << 20);
  const std::string much(8 << 20, 'x');
  co_await s.write(much);
  EXPECT_EQ(co_await thrown_by(late(s.flush())), why);
  EXPECT_EQ(co_await thrown_by(late(s.shutdown_write())), why);
  s.abort();
}

TEST_P(bounded_verbs, each_that_takes_too_long_throws_timed_out) {
  const auto late = [](auto&& verb) {
    return with_timeout(1ms, std::forward<decltype(verb)>(verb));
  };
  on.run(wait_in_vain(late, std::errc::timed_out));
  on.run(flush_in_vain(late, std::errc::timed_out));
}

TEST_P(bounded_verbs, each_that_is_stopped_throws_operation_canceled) {
  std::stop_source source;
  source.request_stop();
  const auto late = [&source](auto&& verb) {
    return with_stop(source.get_token(), std::forward<decltype(verb)>(verb));
  };
  on.run(wait_in_vain(late, std::errc::operation_canceled));
  on.run(flush_in_vain(late, std::errc::operation_canceled));
  const tcp_listener listener(address::loopback(0));
  on.run([](auto bound, address at) -> task<> {
    EXPECT_EQ(co_await thrown_by(bound(tcp_stream::connect(at))), std::errc::operation_canceled);
  }(late, listener.local_address()));
}

TEST_P(bounded_verbs, another_failure_is_thrown_as_it_is) {
  on.run([]() -> task<> {
    stream none;
    char space[4];
    EXPECT_EQ(co_await thrown_by(with_timeout(1h, none.read_some(space))),
              std::errc::bad_file_descriptor);
    EXPECT_EQ(co_await thrown_by(with_timeout(1h, none.write("text"))),
              std::errc::bad_file_descriptor);
    EXPECT_EQ(co_await thrown_by(with_timeout(1h, tcp_listener().accept())),
              std::errc::bad_file_descriptor);
    EXPECT_EQ(co_await thrown_by(with_stop(std::stop_token(), none.read_line(100))),
              std::errc::bad_file_descriptor);
  }());
}

EDDY_COROUTINES_ON_EVERY_BACKEND(bounded_verbs);

}  // namespace
}  // namespace eddy::test
