// when_all and when_any: what they give, whom they cancel, whom they wait for.
#include <gtest/gtest.h>

#include <array>
#include <list>
#include <memory>
#include <stdexcept>
#include <string>

#include "support/coroutines.h"

namespace eddy::test {
namespace {

class all_of : public coroutines_on_every_backend {};
class any_of : public coroutines_on_every_backend {};

task<int> after(std::chrono::microseconds d, int n) {
  co_await sleep_for(d);
  co_return n;
}
task<int> fails_after(std::chrono::microseconds d, const char* why) {
  co_await sleep_for(d);
  throw std::runtime_error(why);
}
// Counts those that were cancelled, and those that ended.
struct ends {
  int cancelled = 0;
  int all = 0;
};
task<int> counted(ends& e, std::chrono::microseconds d, int n) {
  const auto r = co_await as_result(sleep_for(d));
  ++e.all;
  if (!r) ++e.cancelled;
  r.value();
  co_return n;
}
template <class F>
std::string what_of(F f) {
  try {
    f();
  } catch (const std::exception& e) {
    return e.what();
  }
  return "nothing was thrown";
}

TEST_P(all_of, the_values_come_in_the_order_of_the_tasks_whichever_ends_first) {
  on.run([]() -> task<> {
    auto [a, b, c] = co_await when_all(after(2ms, 1), after(0us, 2),
                                       []() -> task<std::string> { co_return "text"; }());
    EXPECT_EQ(a, 1);
    EXPECT_EQ(b, 2);
    EXPECT_EQ(c, "text");
  }());
}

TEST_P(all_of, nothing_references_and_move_only_things_are_given_too) {
  static int place = 7;
  on.run([]() -> task<> {
    auto all = co_await when_all(
        sleep_short(), []() -> task<int&> { co_return place; }(),
        []() -> task<std::unique_ptr<int>> {
          co_await sleep_for(0s);
          co_return std::make_unique<int>(3);
        }());
    EXPECT_EQ(std::get<1>(all), &place);
    EXPECT_EQ(*std::get<2>(all), 3);
  }());
}

TEST_P(all_of, operations_results_and_timeouts_can_be_among_them) {
  on.run([]() -> task<> {
    auto [nothing, slow, good] = co_await when_all(
        sleep_for(1ms), as_result(with_timeout(1ms, sleep_for(1h))), as_result(after(0us, 4)));
    EXPECT_EQ(slow.error(), std::errc::timed_out);
    EXPECT_EQ(*good, 4);
    (void)nothing;
  }());
}

TEST_P(all_of, a_range_gives_a_vector) {
  on.run([]() -> task<> {
    std::vector<task<int>> several;
    for (int i = 0; i < 50; ++i) several.push_back(after(i % 7 * 100us, i));
    const std::vector<int> values = co_await when_all(std::move(several));
    EXPECT_EQ(values.size(), 50u);
    for (int i = 0; i < 50; ++i) EXPECT_EQ(values[static_cast<std::size_t>(i)], i);

    std::list<sleep_operation> sleeps;
    for (int i = 0; i < 5; ++i) sleeps.push_back(sleep_for(100us));
    co_await when_all(std::move(sleeps));
    co_await when_all(std::vector<task<>>());
  }());
}

TEST_P(all_of, the_first_failure_cancels_the_others_and_is_thrown_when_they_have_ended) {
  ends e;
  EXPECT_EQ(what_of([&] {
              on.run([](ends& n) -> task<> {
                co_await when_all(counted(n, 1h, 1), fails_after(1ms, "first"), counted(n, 1h, 2));
              }(e));
            }),
            "first");
  EXPECT_EQ(e.cancelled, 2);
  EXPECT_EQ(what_of([&] {
              on.run([](ends& n) -> task<> {
                std::vector<task<int>> several;
                for (int i = 0; i < 10; ++i) several.push_back(counted(n, 1h, i));
                several.push_back(fails_after(1ms, "in a range"));
                co_await when_all(std::move(several));
              }(e));
            }),
            "in a range");
  EXPECT_EQ(e.cancelled, 12);
}

TEST_P(all_of, what_comes_after_one_that_fails_at_once_is_not_started) {
  ends e;
  EXPECT_EQ(what_of([&] {
              on.run([](ends& n) -> task<> {
                co_await when_all(
                    counted(n, 1h, 1),
                    []() -> task<> {
                      throw std::runtime_error("at once");
                      co_return;
                    }(),
                    counted(n, 0us, 2));
              }(e));
            }),
            "at once");
  EXPECT_EQ(e.all, 1);
}

TEST_P(all_of, results_of_each_cancel_nothing) {
  on.run([]() -> task<> {
    auto [bad, good] = co_await when_all(as_result([]() -> task<> {
                                           error(std::errc::io_error, "try").raise();
                                           co_return;
                                         }()),
                                         as_result(after(1ms, 5)));
    EXPECT_EQ(bad.error(), std::errc::io_error);
    EXPECT_EQ(*good, 5);
  }());
}

TEST_P(all_of, a_result_of_all_is_the_first_error) {
  on.run([]() -> task<> {
    const auto r = co_await as_result(when_all(after(1h, 1), []() -> task<> {
      error(std::errc::io_error, "try").raise();
      co_return;
    }()));
    EXPECT_EQ(r.error(), std::errc::io_error);
    const auto late = co_await as_result(with_timeout(1ms, when_all(after(1h, 1), sleep_long())));
    EXPECT_EQ(late.error(), std::errc::timed_out);
    const auto good = co_await as_result(when_all(after(0us, 1), after(0us, 2)));
    EXPECT_EQ(std::get<1>(*good), 2);
  }());
}

TEST_P(all_of, a_cancellation_reaches_all_and_another_failure_is_told_rather) {
  ends e;
  on.run([](ends& n) -> task<> {
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn([&]() -> task<> {
        const auto r = co_await as_result(when_all(counted(n, 1h, 1), counted(n, 1h, 1)));
        EXPECT_TRUE(r.error().is_cancelled());
      });
      s.cancel();
      co_return;
    });
    EXPECT_EQ(n.cancelled, 2);
    try {
      co_await with_timeout(1ms, when_all(counted(n, 1h, 1), []() -> task<> {
                              (void)co_await as_result(sleep_for(1h));
                              throw std::logic_error("on the way out");
                            }()));
      ADD_FAILURE();
    } catch (const std::logic_error&) {
    }
  }(e));
}

TEST_P(all_of, ten_thousand_that_end_at_once_do_not_grow_the_stack) {
  on.run([]() -> task<> {
    std::vector<task<int>> several;
    for (int i = 0; i < 10'000; ++i) several.push_back([](int n) -> task<int> { co_return n; }(i));
    const auto values = co_await when_all(std::move(several));
    EXPECT_EQ(values.back(), 9999);
    for (int i = 0; i < 100'000; ++i)
      co_await when_all([]() -> task<> { co_return; }(), []() -> task<> { co_return; }());
  }());
}

TEST_P(all_of, tasks_take_no_memory_beside_their_frames) {
  on.run([]() -> task<> {
    const long before = allocations();
    for (int i = 0; i < 10; ++i) co_await when_all(after(0us, 1), after(0us, 2));
    EXPECT_EQ(allocations() - before, 20);
  }());
}

TEST_P(any_of, the_first_to_end_is_given_and_the_others_have_been_cancelled_and_awaited) {
  ends e;
  on.run([](ends& n) -> task<> {
    auto [index, value] =
        co_await when_any(counted(n, 1h, 1), counted(n, 1ms, 2), []() -> task<std::string> {
          co_await sleep_for(1h);
          co_return "late";
        }());
    EXPECT_EQ(index, 1u);
    EXPECT_EQ(value.index(), 1u);
    EXPECT_EQ(std::get<1>(value), 2);
    EXPECT_EQ(n.all, 2);
    EXPECT_EQ(n.cancelled, 1);
  }(e));
}

TEST_P(any_of, a_range_gives_the_index_and_the_value) {
  ends e;
  on.run([](ends& n) -> task<> {
    std::vector<task<int>> several;
    for (int i = 0; i < 20; ++i) several.push_back(counted(n, i == 13 ? 1ms : 1h, i));
    const auto first = co_await when_any(std::move(several));
    EXPECT_EQ(first.index, 13u);
    EXPECT_EQ(first.value, 13);
    EXPECT_EQ(n.all, 20);

    std::array<sleep_operation, 2> sleeps{sleep_for(1h), sleep_for(0s)};
    EXPECT_EQ((co_await when_any(std::move(sleeps))).index, 1u);
    const auto none = co_await as_result(when_any(std::vector<task<>>()));
    EXPECT_EQ(none.error(), std::errc::invalid_argument);
  }(e));
}

TEST_P(any_of, one_that_ends_at_once_wins_and_what_comes_after_it_is_not_started) {
  ends e;
  on.run([](ends& n) -> task<> {
    const auto first = co_await when_any(
        counted(n, 1h, 1), []() -> task<> { co_return; }(), counted(n, 1h, 2));
    EXPECT_EQ(first.index, 1u);
    EXPECT_EQ(n.all, 1);
  }(e));
}

TEST_P(any_of, a_failure_can_be_the_first_and_losers_are_not_heard) {
  ends e;
  EXPECT_EQ(what_of([&] {
              on.run([](ends& n) -> task<> {
                co_await when_any(counted(n, 1h, 1), fails_after(1ms, "won"));
              }(e));
            }),
            "won");
  EXPECT_EQ(e.cancelled, 1);
  on.run([]() -> task<> {
    const auto first = co_await when_any(after(0us, 1), []() -> task<int> {
      (void)co_await as_result(sleep_for(1h));
      throw std::logic_error("lost");
    }());
    EXPECT_EQ(first.index, 0u);
  }());
}

TEST_P(any_of, a_loser_that_takes_its_time_is_waited_for) {
  bool ended = false;
  on.run([](bool& b) -> task<> {
    co_await when_any(sleep_short(), [](bool& in) -> task<> {
      (void)co_await as_result(sleep_for(1h));
      for (int i = 0; i < 3; ++i) co_await yield_once();
      in = true;
    }(b));
    EXPECT_TRUE(b);
  }(ended));
}

TEST_P(any_of, a_cancellation_and_a_timeout_from_outside_end_it) {
  on.run([]() -> task<> {
    const auto r = co_await as_result(with_timeout(1ms, when_any(sleep_long(), sleep_long())));
    EXPECT_EQ(r.error(), std::errc::timed_out);
    const auto inner =
        co_await when_any(with_timeout(1h, sleep_for(1h)), when_any(sleep_long(), after(1ms, 3)));
    EXPECT_EQ(std::get<1>(inner.value).index, 1u);
  }());
}

EDDY_COROUTINES_ON_EVERY_BACKEND(all_of);
EDDY_COROUTINES_ON_EVERY_BACKEND(any_of);

}  // namespace
}  // namespace eddy::test
