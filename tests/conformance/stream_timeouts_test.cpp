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

TEST_P(stream_timeouts, that_are_set_again_before_they_are_told_take_nothing_else_along) {
  ASSERT_EQ(on->set_priorities(2), 0);
  socket_pair pair;
  std::size_t seen = 0;
  stream* s = make_socket_stream(*on, pair.a.get(), 0);
  ASSERT_NE(s, nullptr);
  set_callbacks(*s, count_bytes, nullptr, nullptr, &seen);
  const timeval soon{0, 10'000}, later{1, 0};
  set_timeouts(*s, &soon, nullptr);
  enable(*s, watch_read);
  look();
  // Before it is told of its timeout it reads on without one, and the loop is left.
  watching first(*on, -1, 0, [&] {
    set_timeouts(*s, nullptr, nullptr);
    enable(*s, watch_read);
    on->stop_now();
  });
  // The end of the request that the timeout stopped has come by now.
  watching second(*on, -1, 0, [&] { set_timeouts(*s, &later, nullptr); });
  for (watching* w : {&first, &second}) ASSERT_EQ(on->set_priority(w, 0), 0);
  on->activate(&first, watch_read, 1);
  clock.now += 10'000'000;
  look();
  ASSERT_EQ(first.calls, 1);
  on->activate(&second, watch_read, 1);
  look();
  ASSERT_EQ(second.calls, 1);
  ASSERT_EQ(::send(pair.b.get(), "bytes", 5, 0), 5);
  for (int turns = 0; turns < 10; ++turns) look();
  EXPECT_EQ(seen, 5u);
  free_stream(*s);
}

EDDY_ON_EVERY_BACKEND(stream_timeouts);

}  // namespace
}  // namespace eddy::engine::test
