// Generators, and intervals, which are used alike.
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "support/coroutines.h"

namespace eddy::test {
namespace {

class generators : public coroutines_on_every_backend {};
class intervals : public coroutines_on_every_backend {};

async_generator<int> count_to(int n, std::chrono::microseconds each) {
  for (int i = 1; i <= n; ++i) {
    if (each >= 0us) co_await sleep_for(each);
    co_yield i;
  }
}

TEST_P(generators, values_come_one_after_the_other_and_then_nothing) {
  on.run([]() -> task<> {
    for (const auto each : {-1us, 0us, 50us}) {
      auto numbers = count_to(20, each);
      int expected = 0;
      while (auto x = co_await numbers.next()) EXPECT_EQ(*x, ++expected);
      EXPECT_EQ(expected, 20);
      EXPECT_EQ(co_await numbers.next(), std::nullopt);
      EXPECT_EQ(co_await numbers.next(), std::nullopt);
    }
  }());
}

TEST_P(generators, it_runs_only_while_it_is_asked) {
  int steps = 0;
  on.run([](int& n) -> task<> {
    auto g = [](int& m) -> async_generator<int> {
      m = 1;
      co_yield 1;
      m = 2;
      co_await sleep_for(0s);
      co_yield 2;
      m = 3;
    }(n);
    EXPECT_EQ(n, 0);
    co_await g.next();
    EXPECT_EQ(n, 1);
    co_await yield_once();
    EXPECT_EQ(n, 1);
    co_await g.next();
    EXPECT_EQ(n, 2);
  }(steps));
  EXPECT_EQ(steps, 2);
}

TEST_P(generators, what_it_throws_is_thrown_by_next_and_is_its_end) {
  on.run([]() -> task<> {
    auto g = []() -> async_generator<std::string> {
      co_yield "one";
      co_await sleep_for(0s);
      throw std::runtime_error("broken");
    }();
    EXPECT_EQ(co_await g.next(), "one");
    try {
      co_await g.next();
      ADD_FAILURE();
    } catch (const std::runtime_error& e) {
      EXPECT_STREQ(e.what(), "broken");
    }
    EXPECT_EQ(co_await g.next(), std::nullopt);
  }());
}

TEST_P(generators, each_next_has_the_timeout_and_the_cancellation_of_who_asks) {
  on.run([]() -> task<> {
    auto g = []() -> async_generator<int> {
      for (int i = 0;; ++i) {
        const auto slept = co_await as_result(sleep_for(i % 2 == 0 ? std::chrono::seconds(0) : 1h));
        co_yield slept ? i : -i;
      }
    }();
    EXPECT_EQ(co_await with_timeout(1h, g.next()), 0);
    EXPECT_EQ(co_await with_timeout(1ms, g.next()), -1);
    EXPECT_EQ(**co_await as_result(g.next()), 2);
    co_await with_scope([&](scope& s) -> task<> {
      s.cancel();
      EXPECT_EQ(co_await g.next(), -3);
    });
    EXPECT_EQ(co_await g.next(), 4);

    auto ends = count_to(5, 1h);
    EXPECT_EQ((co_await as_result(with_timeout(1ms, ends.next()))).error(), std::errc::timed_out);
    EXPECT_EQ(co_await ends.next(), std::nullopt);
  }());
}

TEST_P(generators, one_that_is_dropped_where_it_stands_frees_what_it_holds) {
  const auto kept = std::make_shared<int>(1);
  on.run([](std::shared_ptr<int> p) -> task<> {
    auto g = [](std::shared_ptr<int> mine) -> async_generator<std::unique_ptr<int>> {
      for (;;) co_yield std::make_unique<int>(*mine);
    }(p);
    EXPECT_EQ(**co_await g.next(), 1);
    auto moved = std::move(g);
    EXPECT_EQ(**co_await moved.next(), 1);
    moved = [](std::shared_ptr<int>) -> async_generator<std::unique_ptr<int>> { co_return; }(p);
    EXPECT_EQ(co_await moved.next(), std::nullopt);
  }(kept));
  EXPECT_EQ(kept.use_count(), 1);
}

TEST_P(generators, a_million_values_take_no_memory_and_no_stack) {
  on.run([]() -> task<> {
    auto g = count_to(1'000'000, -1us);
    long long sum = *co_await g.next();
    const long before = allocations();
    while (auto x = co_await g.next()) sum += *x;
    EXPECT_EQ(allocations() - before, 0);
    EXPECT_EQ(sum, 500'000'500'000);
  }());
}

TEST_P(generators, generators_can_stand_on_each_other) {
  on.run([]() -> task<> {
    auto even = [](async_generator<int> all) -> async_generator<int> {
      while (auto x = co_await all.next())
        if (*x % 2 == 0) co_yield *x;
    }(count_to(10, 0us));
    std::string seen;
    while (auto x = co_await even.next()) seen += std::to_string(*x) + ' ';
    EXPECT_EQ(seen, "2 4 6 8 10 ");
  }());
}

TEST_P(intervals, ticks_do_not_drift_however_long_the_work_takes) {
  on.run([]() -> task<> {
    const auto begin = loop::clock::now();
    interval every(2ms);
    std::uint64_t ticks = 0;
    while (ticks < 10) {
      ticks += co_await every.next();
      co_await sleep_for(700us);
    }
    EXPECT_GE(loop::clock::now() - begin, ticks * 2ms);
  }());
}

TEST_P(intervals, ticks_that_were_missed_are_counted_and_not_made_up_for) {
  on.run([]() -> task<> {
    const auto begin = loop::clock::now();
    interval every(1ms);
    co_await sleep_for(5ms);
    const std::uint64_t missed = co_await every.next();
    EXPECT_GE(missed, 5u);
    EXPECT_LE(missed * 1ms, loop::clock::now() - begin);
    const auto again = loop::clock::now();
    every.reset();
    EXPECT_GE(co_await every.next(), 1u);
    EXPECT_GE(loop::clock::now() - again, 1ms);
  }());
}

TEST_P(intervals, a_cancelled_wait_loses_no_tick) {
  on.run([]() -> task<> {
    const auto begin = loop::clock::now();
    interval every(5ms);
    const auto cancelled = co_await as_result(with_timeout(0s, every.next()));
    const std::uint64_t ticks = (cancelled ? *cancelled : 0) + co_await every.next();
    EXPECT_GE(ticks, 1u);
    EXPECT_LE(ticks * 5ms, loop::clock::now() - begin);
    interval forever(std::chrono::hours::max());
    EXPECT_EQ((co_await as_result(with_timeout(0s, forever.next()))).error(), std::errc::timed_out);
    interval fast(0s);
    EXPECT_GE(co_await fast.next(), 1u);
  }());
}

EDDY_COROUTINES_ON_EVERY_BACKEND(generators);
EDDY_COROUTINES_ON_EVERY_BACKEND(intervals);

}  // namespace
}  // namespace eddy::test
