// Streams: what reads give, what writes do, on every backend.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>
#include <eddy/stream.hpp>

#include <cstdlib>
#include <string>

#include "support/coroutine_streams.h"

namespace eddy::test {
namespace {

class streams_awaited : public coroutines_on_every_backend {};

std::string text_of(const std::optional<std::span<char>>& line) {
  return line ? std::string(line->data(), line->size()) : std::string("(end)");
}

TEST_P(streams_awaited, lines_are_read_turned_and_written_back) {
  stream_ends ends;
  on.run([](stream_ends& e) -> task<> {
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn([&]() -> task<> {
        stream peer(e.take_b());
        while (auto line = co_await peer.read_line(100)) {
          for (char& c : *line)
            if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
          co_await peer.write(*line);
        }
      });
      stream me(e.take_a());
      for (int i = 0; i < 100; ++i) {
        co_await me.write("hello " + std::to_string(i) + "\n");
        EXPECT_EQ(text_of(co_await me.read_line()), "HELLO " + std::to_string(i) + "\n");
      }
      co_await me.shutdown_write();
      EXPECT_EQ(text_of(co_await me.read_line()), "(end)");
    });
  }(ends));
}

TEST_P(streams_awaited, a_line_may_come_in_parts_and_many_at_a_time) {
  stream_ends ends;
  on.run([](stream_ends& e) -> task<> {
    stream in(e.take_b());
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn([&]() -> task<> {
        for (const char* part : {"on", "e\ntwo\nth", "", "ree", "\n\nlast"}) {
          e.send(part);
          co_await sleep_for(1ms);
        }
        e.close_a();
      });
      for (const char* line : {"one\n", "two\n", "three\n", "\n", "last", "(end)", "(end)"})
        EXPECT_EQ(text_of(co_await in.read_line()), line);
    });
  }(ends));
}

TEST_P(streams_awaited, a_line_that_is_too_long_fails_and_can_be_read_otherwise) {
  stream_ends ends;
  on.run([](stream_ends& e) -> task<> {
    stream in(e.take_b());
    e.send("123456789\nshort\n");
    for (int i = 0; i < 2; ++i) {
      const auto r = co_await as_result(in.read_line(9));
      EXPECT_EQ(r.error(), std::errc::value_too_large);
    }
    EXPECT_EQ(text_of(co_await in.read_line(10)), "123456789\n");
    EXPECT_EQ(text_of(co_await in.read_line(9)), "short\n");
    const auto r = co_await as_result(with_timeout(1ms, in.read_line(9)));
    EXPECT_EQ(r.error(), std::errc::timed_out);
    e.send("1234");
    const auto two = co_await as_result(with_timeout(1ms, in.read_line(9)));
    EXPECT_EQ(two.error(), std::errc::timed_out);
    e.send("56789");
    const auto three = co_await as_result(in.read_line(9));
    EXPECT_EQ(three.error(), std::errc::value_too_large);
    char rest[16];
    EXPECT_EQ(co_await in.read_some(rest), 9u);
    EXPECT_EQ(std::string(rest, 9), "123456789");
  }(ends));
}

TEST_P(streams_awaited, what_stands_before_a_delimiter_is_read) {
  stream_ends ends;
  on.run([](stream_ends& e) -> task<> {
    stream in(e.take_b());
    e.send("head\r\n\r\nbody\r");
    EXPECT_EQ(text_of(co_await in.read_until("\r\n\r\n")), "head\r\n\r\n");
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn([&]() -> task<> {
        co_await sleep_for(1ms);
        e.send("\n\r");
        co_await sleep_for(1ms);
        e.send("\nrest");
      });
      EXPECT_EQ(text_of(co_await in.read_until("\r\n\r\n")), "body\r\n\r\n");
    });
    const auto none = co_await as_result(in.read_until(""));
    EXPECT_EQ(none.error(), std::errc::invalid_argument);
    e.close_a();
    EXPECT_EQ(text_of(co_await in.read_until("\r\n\r\n")), "rest");
  }(ends));
}

TEST_P(streams_awaited, an_exact_number_is_read_across_all_pieces) {
  stream_ends ends;
  on.run([](stream_ends& e) -> task<> {
    stream in(e.take_b());
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn([&]() -> task<> {
        stream out(e.take_a());
        for (std::size_t at = 0; at < 300'000; at += 1'000) co_await out.write(pattern(at, 1'000));
      });
      std::string all(299'990, '\0');
      EXPECT_TRUE(co_await in.read_exactly(std::span(all.data(), 10)));
      EXPECT_EQ(std::string(all.data(), 10), pattern(0, 10));
      EXPECT_TRUE(co_await in.read_exactly(std::span(all.data(), all.size() - 10)));
      EXPECT_EQ(std::string(all.data(), all.size() - 10), pattern(10, all.size() - 10));
      char end[11];
      const auto r = co_await as_result(in.read_exactly(end));
      EXPECT_EQ(r.error(), std::errc::no_message_available);
      EXPECT_TRUE(co_await in.read_exactly(std::span(end, 10)));
      EXPECT_EQ(std::string(end, 10), pattern(299'990, 10));
      EXPECT_FALSE(co_await in.read_exactly(end));
    });
  }(ends));
}

TEST_P(streams_awaited, what_a_cancelled_read_took_is_read_again) {
  stream_ends ends;
  on.run([](stream_ends& e) -> task<> {
    stream in(e.take_b());
    e.send("abc");
    char all[8];
    for (int i = 0; i < 3; ++i) {
      const auto r = co_await as_result(with_timeout(1ms, in.read_exactly(std::span(all, 6))));
      EXPECT_EQ(r.error(), std::errc::timed_out);
      const auto line = co_await as_result(with_timeout(1ms, in.read_line()));
      EXPECT_EQ(line.error(), std::errc::timed_out);
    }
    e.send("def");
    EXPECT_TRUE(co_await in.read_exactly(std::span(all, 6)));
    EXPECT_EQ(std::string(all, 6), "abcdef");
  }(ends));
}

TEST_P(streams_awaited, received_pieces_pass_through_a_proxy) {
  stream_ends left, right;
  on.run([](stream_ends& l, stream_ends& r) -> task<> {
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn([&]() -> task<> {
        stream from(l.take_b()), to(r.take_a());
        while (chunk c = co_await from.read_buffer()) co_await to.write(std::move(c));
      });
      s.spawn([&]() -> task<> {
        stream source(l.take_a());
        for (std::size_t at = 0; at < 3'000'000; at += 10'000)
          co_await source.write(pattern(at, 10'000));
      });
      stream sink(r.take_b());
      std::size_t seen = 0;
      while (chunk c = co_await sink.read_buffer()) {
        EXPECT_EQ(std::string(c.data(), c.size()), pattern(seen, c.size()));
        seen += c.size();
      }
      EXPECT_EQ(seen, 3'000'000u);
    });
  }(left, right));
}

TEST_P(streams_awaited, a_piece_outlives_its_stream) {
  stream_ends ends;
  chunk kept;
  on.run([](stream_ends& e, chunk& k) -> task<> {
    stream in(e.take_b());
    e.send("0123456789");
    char two[2];
    co_await in.read_exactly(two);
    k = co_await in.read_buffer();
  }(ends, kept));
  EXPECT_EQ(std::string(kept.data(), kept.size()), "23456789");
}

TEST_P(streams_awaited, several_pieces_are_written_as_one) {
  stream_ends ends;
  on.run([](stream_ends& e) -> task<> {
    stream out(e.take_a());
    stream in(e.take_b());
    const std::string head = "GET ";
    const byte_view more[] = {"x", std::string_view("y"), head};
    co_await out.write(head, "/", std::string_view(" HTTP\r\n"));
    co_await out.writev(more);
    co_await out.write("\n");
    EXPECT_EQ(text_of(co_await in.read_line()), "GET / HTTP\r\n");
    EXPECT_EQ(text_of(co_await in.read_line()), "xyGET \n");
  }(ends));
}

TEST_P(streams_awaited, a_writer_waits_for_a_reader_that_does_not_read) {
  stream_ends ends;
  on.run([](stream_ends& e) -> task<> {
    stream out(e.take_a());
    stream in(e.take_b());
    out.set_write_limits(1'000, 10'000);
    std::size_t written = 0, most = 0;
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn([&]() -> task<> {
        for (; written < 5'000'000; written += 50'000) {
          co_await out.write(pattern(written, 50'000));
          most = std::max(most, out.unsent());
        }
        co_await out.shutdown_write();
        EXPECT_EQ(out.unsent(), 0u);
      });
      co_await sleep_for(2ms);
      EXPECT_LT(written, 5'000'000u);
      char space[4'096];
      std::size_t seen = 0;
      while (const std::size_t n = co_await in.read_some(space)) {
        EXPECT_EQ(std::string(space, n), pattern(seen, n));
        seen += n;
      }
      EXPECT_EQ(seen, 5'000'000u);
    });
    EXPECT_LE(most, 10'000u);
  }(ends));
}

TEST_P(streams_awaited, what_several_write_is_not_mixed) {
  stream_ends ends;
  on.run([](stream_ends& e) -> task<> {
    stream out(e.take_a());
    out.set_write_limits(100, 1'000);
    co_await with_scope([&](scope& s) -> task<> {
      for (char c = 'a'; c <= 'e'; ++c)
        s.spawn([&out, c]() -> task<> {
          for (int i = 0; i < 20; ++i) co_await out.write(std::string(9'999, c) + "\n");
        });
      stream in(e.take_b());
      for (int i = 0; i < 100; ++i) {
        const auto line = co_await in.read_line();
        EXPECT_EQ(line->size(), 10'000u);
        EXPECT_EQ(std::string(9'999, (*line)[0]) + "\n", text_of(line));
      }
    });
  }(ends));
}

TEST_P(streams_awaited, what_is_ahead_of_the_reader_stays_bounded) {
  stream_ends ends;
  on.run([](stream_ends& e) -> task<> {
    stream out(e.take_a());
    stream in(e.take_b());
    in.set_read_ahead(10'000);
    std::size_t written = 0;
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn([&]() -> task<> {
        for (; written < 50'000'000; written += 50'000)
          co_await out.write(std::string(50'000, 'x'));
      });
      char one[1];
      for (int i = 0; i < 20; ++i) {
        EXPECT_TRUE(co_await in.read_exactly(one));
        co_await sleep_for(1ms);
      }
      EXPECT_LT(written, 40'000'000u);
      s.cancel();
    });
  }(ends));
}

TEST_P(streams_awaited, one_reads_at_a_time) {
  stream_ends ends;
  on.run([](stream_ends& e) -> task<> {
    stream in(e.take_b());
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn([&]() -> task<> { EXPECT_EQ(text_of(co_await in.read_line()), "x\n"); });
      const auto r = co_await as_result(in.read_line());
      EXPECT_EQ(r.error(), std::errc::device_or_resource_busy);
      e.send("x\n");
    });
  }(ends));
}

TEST_P(streams_awaited, a_stream_that_is_none_says_so) {
  on.run([]() -> task<> {
    stream none;
    char space[1];
    EXPECT_EQ((co_await as_result(none.read_some(space))).error(), std::errc::bad_file_descriptor);
    EXPECT_EQ((co_await as_result(none.read_line())).error(), std::errc::bad_file_descriptor);
    EXPECT_EQ((co_await as_result(none.write("x"))).error(), std::errc::bad_file_descriptor);
    EXPECT_EQ((co_await as_result(none.flush())).error().message(), "flush: Bad file descriptor");
    EXPECT_EQ(none.native_handle(), -1);
    none.close();
  }());
}

TEST_P(streams_awaited, a_stream_of_another_loop_is_refused) {
  stream_ends ends;
  stream in(ends.take_b());
  ends.send("a\n");
  loop other(loop_options{.backend = GetParam().c_str()});
  stream moved = std::move(in);
  other.run([](stream& s) -> task<> { EXPECT_EQ(text_of(co_await s.read_line()), "a\n"); }(moved));
  on.run([](stream& s) -> task<> {
    EXPECT_EQ((co_await as_result(s.write("x"))).error(), std::errc::operation_not_permitted);
  }(moved));
  moved.abort();
}

TEST_P(streams_awaited, a_pipe_and_a_file_are_streams) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  char name[] = "/tmp/eddy-stream-XXXXXX";
  const int file = ::mkostemp(name, O_CLOEXEC);
  ASSERT_GE(file, 0);
  on.run([](int in, int out, int f) -> task<> {
    stream from(in), to(out);
    co_await to.write("through a pipe\n");
    EXPECT_EQ(text_of(co_await from.read_line()), "through a pipe\n");
    to.close();
    EXPECT_EQ(text_of(co_await from.read_line()), "(end)");
    stream file_out(::dup(f));
    co_await file_out.write("one\ntwo");
    co_await file_out.flush();
    ::lseek(f, 0, SEEK_SET);
    stream file_in(::dup(f));
    EXPECT_EQ(text_of(co_await file_in.read_line()), "one\n");
    EXPECT_EQ(text_of(co_await file_in.read_line()), "two");
    EXPECT_EQ(text_of(co_await file_in.read_line()), "(end)");
  }(ends[0], ends[1], file));
  ::close(file);
  ::unlink(name);
}

EDDY_COROUTINES_ON_EVERY_BACKEND(streams_awaited);

}  // namespace
}  // namespace eddy::test
