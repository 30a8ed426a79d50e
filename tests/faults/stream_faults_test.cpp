// Part B of the fault list: what goes wrong with the bytes of one stream concerns that stream
// alone, is told once, and loses nothing that could be kept.
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/watch.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "base/sys.h"
#include "support/recorded.h"
#include "support/streams.h"
#include "support/system.h"

namespace {

using eddy::engine::sys::call;
using eddy::engine::test::bytes;
using eddy::engine::test::descriptor;
using eddy::engine::test::failing_calls;
using eddy::engine::test::feed;
using eddy::engine::test::open_on;
using eddy::engine::test::reader;
using eddy::engine::test::socket_pair;
using eddy::engine::test::tcp_listener;

class stream_faults : public eddy::engine::test::stream_test {
 public:
  // Whether bytes go through calls that a test can see, instead of being moved by the system.
  static bool by_calls() {
    const bool ahead = std::getenv("EDDY_TEST_READS_AHEAD") != nullptr && GetParam() == "iocp";
    return GetParam() != "io_uring" && !ahead;
  }
};

// Calls of two kinds move at most `length()` bytes.
class shortened_calls : public eddy::engine::sys::interceptor {
 public:
  shortened_calls(call a, call b, std::function<std::size_t()> length)
      : a_(a), b_(b), length_(std::move(length)) {
    eddy::engine::sys::set_interceptor(this);
  }
  ~shortened_calls() override { eddy::engine::sys::set_interceptor(nullptr); }
  int before(call which, int, std::size_t& length) override {
    if (which != a_ && which != b_) return 0;
    ++seen;
    length = std::min(length, length_());
    return 0;
  }
  int seen = 0;

 private:
  call a_, b_;
  std::function<std::size_t()> length_;
};

// A file of the bytes that readers expect, without a name.
descriptor file_of(std::size_t size) {
  char name[] = "/tmp/eddy-stream-faults-XXXXXX";
  descriptor file(::mkstemp(name));
  EXPECT_GE(file.get(), 0);
  ::unlink(name);
  const std::string text = bytes(0, size);
  EXPECT_EQ(::pwrite(file.get(), text.data(), size, 0), static_cast<ssize_t>(size));
  return file;
}

struct tcp_pair {
  descriptor a, b;

  tcp_pair() {
    tcp_listener listener(0);
    a = descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(a.get(), listener.as_sockaddr(), sizeof listener.address), 0);
    b = descriptor(::accept4(listener.socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
    EXPECT_GE(b.get(), 0);
    for (const int fd : {a.get(), b.get()}) EXPECT_EQ(evutil_make_socket_nonblocking(fd), 0);
  }
};

// Closing it sends a reset.
void reset(descriptor& fd) {
  const linger at_once{1, 0};
  EXPECT_EQ(::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
  fd.close();
}

TEST_P(stream_faults, short_transfers_keep_every_byte_in_order_at_every_split) {
  for (std::size_t most = 1; most <= 9; ++most) {
    socket_pair pair;
    reader from, to;
    open_on(base.get(), pair.a.get(), from);
    open_on(base.get(), pair.b.get(), to);
    shortened_calls cut(call::readv, call::writev, [&] { return most; });
    std::size_t written = 0;
    for (std::size_t size = 1; size < 20; ++size) {
      const std::string text = bytes(written, size);
      bufferevent_write(from.bev, text.data(), size);
      written += size;
    }
    run_until([&] { return to.seen == written; });
    EXPECT_EQ(to.wrong, 0u);
    EXPECT_EQ(cut.seen != 0, by_calls());
    bufferevent_free(from.bev);
    bufferevent_free(to.bev);
  }
}

TEST_P(stream_faults, interruptions_and_vain_wakeups_are_never_shown) {
  for (const int error : {EINTR, EAGAIN})
    for (const call which : {call::readv, call::writev, call::uring_enter}) {
      if (error == EAGAIN && which == call::uring_enter) continue;
      socket_pair pair;
      reader from, to;
      open_on(base.get(), pair.a.get(), from);
      open_on(base.get(), pair.b.get(), to);
      failing_calls failing(which, [&](int n) { return n % 2 == 1 ? error : 0; });
      for (int i = 0; i < 20; ++i) {
        const std::string text = bytes(to.seen, 100);
        bufferevent_write(from.bev, text.data(), text.size());
        run_until([&] { return to.seen == 100u * static_cast<unsigned>(i + 1); });
      }
      EXPECT_EQ(to.wrong, 0u);
      EXPECT_EQ(from.errors + to.errors + from.ends + to.ends, 0);
      bufferevent_free(from.bev);
      bufferevent_free(to.bev);
    }
}

TEST_P(stream_faults, thousands_of_pieces_are_sent_a_call_s_worth_at_a_time) {
  socket_pair pair;
  reader from, to;
  open_on(base.get(), pair.a.get(), from);
  open_on(base.get(), pair.b.get(), to);
  const std::string text = bytes(0, 9000);
  for (std::size_t at = 0; at < text.size(); at += 3)
    ASSERT_EQ(evbuffer_add_reference(bufferevent_get_output(from.bev), text.data() + at, 3, nullptr,
                                     nullptr),
              0);
  run_until([&] { return to.seen == text.size(); });
  EXPECT_EQ(to.wrong, 0u);
  bufferevent_free(from.bev);
  bufferevent_free(to.bev);
}

TEST_P(stream_faults, a_write_that_the_kernel_has_no_memory_for_is_tried_again_by_a_timer) {
  if (!by_calls()) GTEST_SKIP() << "the system's sends cannot be failed from outside";
  for (const int error : {ENOBUFS, ENOMEM}) {
    socket_pair pair;
    reader from, to;
    open_on(base.get(), pair.a.get(), from);
    open_on(base.get(), pair.b.get(), to);
    failing_calls failing(call::writev, [&](int n) { return n <= 4 ? error : 0; });
    const std::string text = bytes(0, 100);
    bufferevent_write(from.bev, text.data(), text.size());
    run_until([&] { return to.seen == text.size(); });
    EXPECT_EQ(to.wrong, 0u);
    EXPECT_EQ(from.errors, 0);
    EXPECT_EQ(failing.seen(), 5);  // and not as often as the processor could
    bufferevent_free(from.bev);
    bufferevent_free(to.bev);
  }
}

TEST_P(stream_faults, a_write_without_kernel_memory_fails_when_its_timeout_has_passed) {
  if (!by_calls()) GTEST_SKIP() << "the system's sends cannot be failed from outside";
  socket_pair pair;
  reader from;
  open_on(base.get(), pair.a.get(), from);
  const timeval limit{0, 20'000};
  bufferevent_set_timeouts(from.bev, nullptr, &limit);
  failing_calls failing(call::writev, [](int) { return ENOBUFS; });
  bufferevent_write(from.bev, "text", 4);
  run_until([&] { return from.errors + from.timeouts != 0; });
  EXPECT_LT(failing.seen(), 10);
  EXPECT_EQ(evbuffer_get_length(bufferevent_get_output(from.bev)), 4u);
  bufferevent_free(from.bev);
}

TEST_P(stream_faults, bytes_that_came_before_a_reset_are_read_before_it_is_told_once) {
  EDDY_SKIP_UNDER_WINE("a receive after a reset tells of the end");
  tcp_pair pair;
  reader r;
  open_on(base.get(), pair.a.get(), r);
  ASSERT_EQ(feed(pair.b.get(), 0, 4), 4u);
  run_until([&] { return r.seen == 4; });
  reset(pair.b);
  run_until([&] { return r.errors != 0; });
  for (int i = 0; i < 5; ++i) look();
  EXPECT_EQ(r.errors, 1);
  EXPECT_EQ(r.ends, 0);
  EXPECT_EQ(r.wrong, 0u);
  bufferevent_free(r.bev);
}

TEST_P(stream_faults, writing_to_a_peer_that_is_gone_is_an_error_and_never_a_signal) {
  eddy::engine::test::let_writing_to_nobody_kill();
  for (const bool tcp : {false, true}) {
    socket_pair local;
    tcp_pair net;
    descriptor& mine = tcp ? net.a : local.a;
    descriptor& theirs = tcp ? net.b : local.b;
    reader r;
    open_on(base.get(), mine.get(), r);
    bufferevent_disable(r.bev, EV_READ);
    theirs.close();
    for (int i = 0; i < 1000 && r.errors == 0; ++i) {
      bufferevent_write(r.bev, "text", 4);
      look();
    }
    EXPECT_EQ(r.errors, 1);
    bufferevent_free(r.bev);
  }
}

// (As on libevent, where output is left, which fails first; the bytes are not lost by that.)
TEST_P(stream_faults, bytes_that_came_before_a_reset_are_read_though_output_fails) {
  tcp_pair pair;
  reader r;
  open_on(base.get(), pair.a.get(), r);
  look();
  (void)feed(pair.b.get(), 0, 4);
  reset(pair.b);
  bufferevent_write(r.bev, "more", 4);
  run_until([&] { return r.ends + r.errors >= 2; });
  EXPECT_EQ(r.seen, 4u);
  EXPECT_EQ(r.wrong, 0u);
  bufferevent_free(r.bev);
}

TEST_P(stream_faults, the_end_of_the_other_side_keeps_nobody_busy) {
  tcp_pair pair;
  reader r;
  open_on(base.get(), pair.a.get(), r);
  ASSERT_EQ(::shutdown(pair.b.get(), SHUT_WR), 0);
  run_until([&] { return r.ends != 0; });
  int waits = 0;
  evwatch* counter = evwatch_prepare_new(
      base.get(),
      [](evwatch*, const evwatch_prepare_cb_info*, void* n) { ++*static_cast<int*>(n); }, &waits);
  const timeval soon{0, 50'000};
  event_base_loopexit(base.get(), &soon);
  event_base_dispatch(base.get());
  EXPECT_LT(waits, 8);
  EXPECT_EQ(r.ends, 1);
  evwatch_free(counter);
  bufferevent_write(r.bev, "still", 5);
  look();
  char text[8];
  look();
  EXPECT_EQ(::recv(pair.b.get(), text, sizeof text, 0), 5);
  bufferevent_free(r.bev);
}

TEST_P(stream_faults, connecting_that_fails_is_told_in_one_way_and_once) {
  tcp_listener listener;
  for (const int error : {EADDRNOTAVAIL, ENETUNREACH, ETIMEDOUT, EACCES, ENOMEM, ECONNREFUSED}) {
    reader r;
    open_on(base.get(), -1, r);
    failing_calls failing(call::connect, [&](int) { return error; });
    const int result =
        bufferevent_socket_connect(r.bev, listener.as_sockaddr(), sizeof listener.address);
    for (int i = 0; i < 5; ++i) look();
    EXPECT_EQ((result != 0) + r.errors, 1) << error;
    EXPECT_EQ(r.connects, 0);
    bufferevent_free(r.bev);
  }
}

TEST_P(stream_faults, a_connection_to_itself_is_refused) {
  tcp_listener bound;  // for its address; a socket that listens cannot connect
  descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  bound.socket.close();
  const int on = 1;
  ASSERT_EQ(::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
  ASSERT_EQ(::bind(socket.get(), bound.as_sockaddr(), sizeof bound.address), 0);
  reader r;
  open_on(base.get(), socket.get(), r);
  ASSERT_EQ(bufferevent_socket_connect(r.bev, bound.as_sockaddr(), sizeof bound.address), 0);
  run_until([&] { return r.errors + r.connects != 0; });
  EXPECT_EQ(r.errors, 1);
  EXPECT_EQ(r.connects, 0);
  bufferevent_free(r.bev);
}

// --- files ---

TEST_P(stream_faults, a_file_is_sent_whole_whatever_the_pieces_that_go_at_a_time) {
  constexpr std::size_t size = 700'001;
  socket_pair pair;
  reader from, to;
  open_on(base.get(), pair.a.get(), from);
  open_on(base.get(), pair.b.get(), to);
  descriptor file = file_of(size);
  std::mt19937 random(1);
  shortened_calls cut(call::sendfile, call::sendfile, [&] { return 1 + random() % 70'000; });
  evbuffer* out = bufferevent_get_output(from.bev);
  // A head in memory, the middle of the file, and its end in small parts.
  const std::string head = bytes(0, 10);
  ASSERT_EQ(evbuffer_add(out, head.data(), head.size()), 0);
  evbuffer_file_segment* parts =
      evbuffer_file_segment_new(file.release(), 0, -1, EVBUF_FS_CLOSE_ON_FREE);
  ASSERT_NE(parts, nullptr);
  ASSERT_EQ(evbuffer_add_file_segment(out, parts, 10, 600'000), 0);
  for (ev_off_t at = 600'010; at < static_cast<ev_off_t>(size); at += 9'091)
    ASSERT_EQ(evbuffer_add_file_segment(
                  out, parts, at, std::min<ev_off_t>(9'091, static_cast<ev_off_t>(size) - at)),
              0);
  evbuffer_file_segment_free(parts);
  run_until([&] { return to.seen >= size; });
  EXPECT_EQ(to.seen, size);
  EXPECT_EQ(to.wrong, 0u);
  EXPECT_EQ(cut.seen > 5, by_calls() && eddy::engine::test::files_are_sent_by_the_kernel);
  bufferevent_free(from.bev);
  bufferevent_free(to.bev);
}

TEST_P(stream_faults, a_file_that_became_shorter_is_an_error_and_not_a_signal) {
  EDDY_NEEDS(files_are_sent_by_the_kernel);
  socket_pair pair;
  reader from;
  open_on(base.get(), pair.a.get(), from);
  descriptor file = file_of(300'000);
  const int fd = file.get();
  ASSERT_EQ(evbuffer_add_file(bufferevent_get_output(from.bev), file.release(), 0, -1), 0);
  ASSERT_EQ(::ftruncate(fd, std::int64_t{0}), 0);
  run_until([&] { return from.errors != 0; });
  EXPECT_EQ(from.errors, 1);
  bufferevent_free(from.bev);
}

TEST_P(stream_faults, a_file_sent_to_a_peer_that_is_gone_raises_no_signal) {
  eddy::engine::test::let_writing_to_nobody_kill();
  socket_pair pair;
  reader from;
  open_on(base.get(), pair.a.get(), from);
  bufferevent_disable(from.bev, EV_READ);
  descriptor file = file_of(300'000);
  ASSERT_EQ(evbuffer_add_file(bufferevent_get_output(from.bev), file.release(), 0, -1), 0);
  pair.b.close();
  run_until([&] { return from.errors != 0; });
  EXPECT_EQ(from.errors, 1);
  bufferevent_free(from.bev);
}

// --- the output, changed by hand ---

// What the program takes from the front of the output is not sent, unless it was already; what it
// puts there goes first. The other side gets a beginning of the first text, then the second.
TEST_P(stream_faults, output_taken_back_or_put_before_while_it_is_sent_loses_nothing_else) {
  for (const bool prepends : {false, true}) {
    socket_pair pair;
    reader from;
    open_on(base.get(), pair.a.get(), from);
    const std::string first(3'000'000, 'a'), second(1000, 'b');
    bufferevent_write(from.bev, first.data(), first.size());
    for (int i = 0; i < 3; ++i) look();
    evbuffer* out = bufferevent_get_output(from.bev);
    ASSERT_EQ(evbuffer_unfreeze(out, 1), 0);
    const std::size_t left = evbuffer_get_length(out);
    ASSERT_GT(left, 0u);
    if (prepends) {
      ASSERT_EQ(evbuffer_prepend(out, second.data(), second.size()), 0);
    } else {
      ASSERT_EQ(evbuffer_drain(out, left), 0);
      bufferevent_write(from.bev, second.data(), second.size());
    }
    ASSERT_EQ(evbuffer_freeze(out, 1), 0);
    std::string got;
    std::vector<char> piece(1 << 20);
    const std::size_t expected =
        prepends ? first.size() + second.size() : first.size() - left + second.size();
    while (got.size() < expected) {
      look();
      pollfd ready{pair.b.get(), POLLIN, 0};
      ASSERT_EQ(::poll(&ready, 1, 10'000), 1);
      const ssize_t n = ::recv(pair.b.get(), piece.data(), piece.size(), MSG_DONTWAIT);
      ASSERT_GT(n, 0);
      got.append(piece.data(), static_cast<std::size_t>(n));
    }
    const std::string end(prepends ? left : 0, 'a');
    EXPECT_TRUE(got == std::string(first.size() - left, 'a') + second + end) << got.size();
    bufferevent_free(from.bev);
  }
}

// Fails one allocation of those in between `begin` and `end`.
struct failing_memory {
  static inline long left = -1;
  static bool fails() { return left >= 0 && left-- == 0; }
  static void* take(std::size_t size) { return fails() ? nullptr : std::malloc(size); }
  static void* take_again(void* p, std::size_t size) {
    return fails() ? nullptr : std::realloc(p, size);
  }
};

// With each allocation of a turn failing in turn: what is read follows on what was read before, or
// an error is told first; what is written goes once.
TEST_P(stream_faults, no_byte_is_left_out_or_doubled_when_memory_runs_out) {
  event_set_mem_functions(failing_memory::take, failing_memory::take_again, std::free);
  for (long nth = 0; nth < 12; ++nth) {
    socket_pair in, out;
    reader from, to;
    const timeval limit{100, 0};
    open_on(base.get(), in.a.get(), from);
    open_on(base.get(), out.a.get(), to);
    bufferevent_set_timeouts(to.bev, nullptr, &limit);
    for (int i = 0; i < 3; ++i) look();
    std::size_t fed = 0;
    for (int part = 0; part < 4; ++part) {
      fed = feed(in.b.get(), fed, fed + 100);
      if (part == 1) bufferevent_write(to.bev, "hello", 5);
      failing_memory::left = part == 1 ? nth : -1;
      look();
      failing_memory::left = -1;
      look();
    }
    for (int i = 0; i < 5; ++i) look();
    EXPECT_EQ(from.wrong, 0u) << nth;
    if (from.errors == 0) {
      EXPECT_EQ(from.seen, fed) << nth;
    }
    char text[100];
    const ssize_t got = ::recv(out.b.get(), text, sizeof text, MSG_DONTWAIT);
    if (to.errors == 0) {
      EXPECT_EQ(got, 5) << nth;
    } else {
      EXPECT_LE(got, 5) << nth;
    }
    bufferevent_free(from.bev);
    bufferevent_free(to.bev);
  }
}

EDDY_ON_EVERY_BACKEND(stream_faults);

}  // namespace
