// A stream whose read timeout passes, and is changed, while what came is not told yet.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <string>

#include "stream/socket.h"
#include "support/backends.h"
#include "support/sockets.h"
#include "support/watching.h"

namespace eddy::engine::test {
namespace {

class stream_timeouts : public on_every_backend {
 protected:
  static loop_options driven(driven_clock& clock) {
    loop_options options;
    options.clock = clock.source();
    return options;
  }
  void look() { on->run(run_once | run_nonblocking); }

  driven_clock clock;
  opened_loop on{GetParam(), driven(clock)};
};

void count_bytes(stream* s, void* seen) {
  *static_cast<std::size_t*>(seen) += s->in.bytes.size();
  s->in.bytes.clear();
}

// What is there before the timeout, and when it passes.
class timeouts_that_are_set_again : public stream_timeouts {
 protected:
  static void send_bytes(socket_pair& pair) { ASSERT_EQ(::send(pair.b.get(), "bytes", 5, 0), 5); }
  void play(bool come_before) {
    ASSERT_EQ(on->set_priorities(2), 0);
    socket_pair pair;
    std::size_t seen = 0;
    stream* s = make_socket_stream(*on, pair.a.get(), 0);
    ASSERT_NE(s, nullptr);
    set_callbacks(*s, count_bytes, nullptr, nullptr, &seen);
    const timeval soon{0, 10'000}, later{1, 0};
    // Then the request ends with the bytes.
    if (come_before) set_watermark(*s, watch_read, 0, 5);
    set_timeouts(*s, &soon, nullptr);
    enable(*s, watch_read);
    look();
    // Before it is told of its timeout it reads on without one, and the loop is left.
    watching first(*on, -1, 0, [&] {
      set_timeouts(*s, nullptr, nullptr);
      enable(*s, watch_read);
      on->stop_now();
    });
    watching second(*on, -1, 0, [&] { set_timeouts(*s, &later, nullptr); });
    for (watching* w : {&first, &second}) ASSERT_EQ(on->set_priority(w, 0), 0);
    if (come_before) send_bytes(pair);
    on->activate(&first, watch_read, 1);
    clock.now += 10'000'000;
    look();
    ASSERT_EQ(first.calls, 1);
    on->activate(&second, watch_read, 1);
    look();
    ASSERT_EQ(second.calls, 1);
    if (!come_before) send_bytes(pair);
    for (int turns = 0; turns < 10; ++turns) look();
    EXPECT_EQ(seen, 5u);
    free_stream(*s);
  }
};

// The request that the timeout stops has ended by the time that the timeout is set again.
TEST_P(timeouts_that_are_set_again, before_they_are_told_leave_no_stream_without_a_request) {
  play(false);
}

TEST_P(timeouts_that_are_set_again, before_they_are_told_leave_no_byte_untold) { play(true); }

// News of the send that a write timeout stopped comes after the timeout was told: another stream
// had the kernel answer in between.
TEST_P(stream_timeouts, of_writing_leave_a_stream_that_sends_on_when_it_is_enabled) {
  socket_pair pair, other_pair;
  stream* s = make_socket_stream(*on, pair.a.get(), 0);
  stream* other = make_socket_stream(*on, other_pair.a.get(), 0);
  ASSERT_TRUE(s != nullptr && other != nullptr);
  const timeval soon{0, 10'000};
  set_timeouts(*s, nullptr, &soon);
  const std::string text(3'000'000, 'x');
  for (stream* each : {s, other}) {
    ASSERT_EQ(each->out.bytes.add(text.data(), text.size()), 0);
    each->out.changed(text.size(), 0);
  }
  for (int turns = 0; turns < 5; ++turns) look();
  // As when somebody wants to change its first bytes.
  watching first(*on, -1, 0, [&] {
    other->out.freeze_front(false);
    other->out.changed(0, 0);
    other->out.freeze_front(true);
  });
  on->activate(&first, watch_read, 1);
  clock.now += 10'000'000;
  look();
  ASSERT_EQ(first.calls, 1);
  EXPECT_FALSE(s->is_enabled(watch_write));
  for (int turns = 0; turns < 5; ++turns) look();
  set_timeouts(*s, nullptr, nullptr);
  enable(*s, watch_write);
  std::string got(1 << 20, ' ');
  std::size_t came = 0;
  for (int turns = 0; turns < 10'000 && came < text.size(); ++turns) {
    look();
    const ssize_t part = ::recv(pair.b.get(), got.data(), got.size(), MSG_DONTWAIT);
    if (part > 0) came += static_cast<std::size_t>(part);
  }
  EXPECT_EQ(came, text.size());
  free_stream(*s);
  free_stream(*other);
}

EDDY_ON_EVERY_BACKEND(stream_timeouts);
EDDY_ON_EVERY_BACKEND(timeouts_that_are_set_again);

}  // namespace
}  // namespace eddy::engine::test
