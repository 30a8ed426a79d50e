// Channels: order, fairness, closing, and that nothing is lost or received twice.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "support/coroutines.h"

namespace eddy::test {
namespace {

class channels : public coroutines_on_every_backend {};

task<> send_numbers(channel<int>& c, int from, int count) {
  for (int i = 0; i < count; ++i) co_await c.send(from + i);
}

TEST_P(channels, values_come_in_the_order_in_which_they_were_sent_with_any_capacity) {
  for (const std::size_t capacity : {0u, 1u, 3u, 1000u})
    on.run([](std::size_t n) -> task<> {
      channel<int> c(n);
      EXPECT_EQ(c.capacity(), n);
      co_await with_scope([&](scope& s) -> task<> {
        s.spawn([&]() -> task<> {
          co_await send_numbers(c, 0, 200);
          c.close();
        });
        int expected = 0;
        while (auto x = co_await c.receive()) EXPECT_EQ(*x, expected++);
        EXPECT_EQ(expected, 200);
        EXPECT_FALSE(co_await c.receive());
      });
    }(capacity));
}

TEST_P(channels, a_sender_waits_while_it_is_full_and_a_receiver_while_it_is_empty) {
  on.run([]() -> task<> {
    channel<int> c(2);
    co_await c.send(1);
    co_await c.send(2);
    EXPECT_EQ((co_await as_result(with_timeout(0s, c.send(3)))).error(), std::errc::timed_out);
    EXPECT_FALSE(c.try_send(3));
    EXPECT_EQ(c.size(), 2u);
    EXPECT_EQ(*co_await c.receive(), 1);
    EXPECT_EQ(c.try_receive(), 2);
    EXPECT_EQ(c.try_receive(), std::nullopt);
    EXPECT_EQ((co_await as_result(with_timeout(0s, c.receive()))).error(), std::errc::timed_out);
    EXPECT_TRUE(c.try_send(4));
    EXPECT_EQ(*co_await c.receive(), 4);
  }());
}

TEST_P(channels, without_capacity_a_sender_waits_until_it_is_received) {
  on.run([]() -> task<> {
    channel<std::string> c(0);
    std::string order;
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn([&]() -> task<> {
        co_await c.send("text");
        order += "sent ";
      });
      co_await yield_once();
      EXPECT_EQ(order, "");
      EXPECT_FALSE(c.try_send("no"));
      EXPECT_EQ(*co_await c.receive(), "text");
      co_await yield_once();
      EXPECT_EQ(order, "sent ");
    });
  }());
}

TEST_P(channels, many_senders_and_receivers_share_fairly_and_nothing_is_lost_or_doubled) {
  constexpr int many = 8, each = 100;
  std::vector<int> seen(many * each), by(many);
  on.run([](std::vector<int>& all, std::vector<int>& shares) -> task<> {
    channel<int> c(3);
    co_await with_scope([&](scope& s) -> task<> {
      for (std::size_t i = 0; i < many; ++i)
        s.spawn([&, i]() -> task<> {
          while (auto x = co_await c.receive()) {
            ++all[static_cast<std::size_t>(*x)];
            ++shares[i];
          }
        });
      co_await with_scope([&](scope& senders) -> task<> {
        for (int i = 0; i < many; ++i) senders.spawn(send_numbers(c, i * each, each));
        co_return;
      });
      c.close();
    });
  }(seen, by));
  for (const int n : seen) EXPECT_EQ(n, 1);
  for (const int n : by) EXPECT_GE(n, each / 4);
}

TEST_P(channels, closing_tells_senders_and_receivers_that_wait) {
  on.run([]() -> task<> {
    channel<int> full(0), empty(4);
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn([&]() -> task<> {
        const auto r = co_await as_result(full.send(1));
        EXPECT_EQ(r.error().message(), "send into a channel: Broken pipe");
      });
      s.spawn([&]() -> task<> { EXPECT_EQ(co_await empty.receive(), std::nullopt); });
      full.close();
      empty.close();
      full.close();
      co_return;
    });
    EXPECT_EQ((co_await as_result(empty.send(1))).error(), std::errc::broken_pipe);
    EXPECT_FALSE(empty.try_send(1));
    EXPECT_TRUE(empty.is_closed());
  }());
}

TEST_P(channels, what_was_sent_before_the_close_is_received_after_it) {
  on.run([]() -> task<> {
    channel<int> c(4);
    co_await send_numbers(c, 1, 3);
    c.close();
    for (int i = 1; i <= 3; ++i) EXPECT_EQ(co_await c.receive(), i);
    EXPECT_EQ(co_await c.receive(), std::nullopt);
  }());
}

TEST_P(channels, values_may_be_movable_only_and_are_destroyed_with_the_channel) {
  const auto kept = std::make_shared<int>(1);
  on.run([](std::shared_ptr<int> p) -> task<> {
    channel<std::unique_ptr<std::shared_ptr<int>>> c(2);
    co_await c.send(std::make_unique<std::shared_ptr<int>>(p));
    co_await c.send(std::make_unique<std::shared_ptr<int>>(p));
    EXPECT_EQ(***co_await c.receive(), 1);
    EXPECT_EQ(p.use_count(), 3);
  }(kept));
  EXPECT_EQ(kept.use_count(), 1);
}

TEST_P(channels, a_channel_that_is_destroyed_ends_those_that_wait) {
  on.run([]() -> task<> {
    auto c = std::make_unique<channel<int>>(0);
    auto d = std::make_unique<channel<int>>(0);
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn([&]() -> task<> { EXPECT_EQ(co_await c->receive(), std::nullopt); });
      s.spawn([&]() -> task<> {
        EXPECT_EQ((co_await as_result(d->send(1))).error(), std::errc::broken_pipe);
      });
      c.reset();
      d.reset();
      co_return;
    });
  }());
}

TEST_P(channels, a_value_that_was_handed_over_is_not_lost_to_a_cancellation_that_comes_after) {
  on.run([]() -> task<> {
    channel<int> c(0);
    int got = 0;
    bool sent = false;
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn([&]() -> task<> { got = *co_await c.receive(); });
      EXPECT_TRUE(c.try_send(7));
      s.cancel();
      co_return;
    });
    EXPECT_EQ(got, 7);
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn([&]() -> task<> {
        co_await c.send(8);
        sent = true;
      });
      EXPECT_EQ(c.try_receive(), 8);
      s.cancel();
      co_return;
    });
    EXPECT_TRUE(sent);
  }());
}

TEST_P(channels, a_cancelled_task_does_not_go_on_with_one_that_is_never_empty) {
  on.run([]() -> task<> {
    channel<int> c(4);
    long rounds = 0;
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn([&]() -> task<> {
        for (;;) {
          co_await c.send(1);
          ++rounds;
        }
      });
      s.spawn([&]() -> task<> {
        while (auto x = co_await c.receive()) {
        }
      });
      co_await sleep_for(1ms);
      s.cancel();
    });
    EXPECT_GT(rounds, 0);
    EXPECT_FALSE(c.is_closed());
  }());
}

TEST_P(channels, handing_over_takes_no_memory) {
  on.run([]() -> task<> {
    channel<int> c(1);
    long before = 0;
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn([&]() -> task<> {
        while (auto x = co_await c.receive()) {
        }
      });
      before = allocations();
      for (int i = 0; i < 100; ++i) co_await c.send(i);
      EXPECT_EQ(allocations() - before, 0);
      c.close();
    });
  }());
}

EDDY_COROUTINES_ON_EVERY_BACKEND(channels);

}  // namespace
}  // namespace eddy::test
