// io_uring without what the newest kernels have: blocks that are filled bit by bit, receives that
// count. The kernel of today plays the older one: it is refused what that would not know.
#include <vector>

#include "support/recorded.h"
#include "support/streams.h"

namespace {

using namespace eddy::engine;
using namespace eddy::engine::test;

class older_kernels : public testing::Test {
 public:
  void SetUp() override {
    const std::vector<std::string> names = available_backends();
    if (std::find(names.begin(), names.end(), "io_uring") == names.end())
      GTEST_SKIP() << "io_uring is not available here";
    ASSERT_EQ(setenv("EDDY_BACKEND", "io_uring", 1), 0);
    // The first registration of a ring is that of its blocks.
    refused = std::make_unique<failing_calls>(sys::call::uring_register,
                                              [](int n) { return n == 1 ? EINVAL : 0; });
    base.reset(event_base_new());
  }
  void TearDown() override { unsetenv("EDDY_BACKEND"); }

  template <class Condition>
  void run_until(Condition done) {
    for (int turns = 0; !done(); ++turns) {
      ASSERT_LT(turns, 1'000'000) << "it does not come about";
      ASSERT_NE(event_base_loop(base.get(), EVLOOP_NONBLOCK), -1);
    }
  }

  std::unique_ptr<failing_calls> refused;
  std::unique_ptr<event_base, base_deleter> base;
};

TEST_F(older_kernels, bring_every_byte_in_order_into_many_small_blocks) {
  socket_pair pair;
  reader from, to;
  open_on(base.get(), pair.a.get(), from);
  open_on(base.get(), pair.b.get(), to);
  std::size_t written = 0;
  for (const std::size_t size : {1u, 4096u, 5000u, 100'000u, 3u, 2'000'000u, 4000u}) {
    const std::string text = bytes(written, size);
    ASSERT_EQ(bufferevent_write(from.bev, text.data(), size), 0);
    written += size;
    event_base_loop(base.get(), EVLOOP_NONBLOCK);
  }
  run_until([&] { return to.seen >= written; });
  EXPECT_EQ(to.seen, written);
  EXPECT_EQ(to.wrong, 0u);
  EXPECT_GE(refused->seen(), 2);
  bufferevent_free(from.bev);
  bufferevent_free(to.bev);
}

TEST_F(older_kernels, keep_a_high_watermark_exactly) {
  socket_pair pair;
  reader r;
  open_on(base.get(), pair.a.get(), r);
  bufferevent_setwatermark(r.bev, EV_READ, 0, 1000);
  const std::size_t all = 50'000;
  std::size_t fed = 0;
  run_until([&] {
    fed = feed(pair.b.get(), fed, all);
    return r.seen == all;
  });
  EXPECT_EQ(r.wrong, 0u);
  EXPECT_EQ(r.longest, 1000u);
  bufferevent_free(r.bev);
}

TEST_F(older_kernels, go_on_when_a_slow_reader_keeps_all_small_blocks) {
  socket_pair slow_pair, quick_pair;
  reader slow, quick;
  open_on(base.get(), slow_pair.a.get(), slow);
  open_on(base.get(), quick_pair.a.get(), quick);
  slow.drains = false;
  const std::size_t kept = feed(slow_pair.b.get(), 0, 10'000'000);
  run_until([&] { return evbuffer_get_length(bufferevent_get_input(slow.bev)) == kept; });
  const std::size_t all = 300'000;
  std::size_t fed = 0;
  run_until([&] {
    fed = feed(quick_pair.b.get(), fed, all);
    return quick.seen == all;
  });
  slow.check(bufferevent_get_input(slow.bev));
  EXPECT_EQ(slow.seen, kept);
  EXPECT_EQ(slow.wrong + quick.wrong, 0u);
  bufferevent_free(slow.bev);
  bufferevent_free(quick.bev);
}

}  // namespace
