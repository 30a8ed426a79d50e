// Stop tokens, and loops in a group.
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

#include "support/coroutines.h"
#include "support/system.h"

namespace eddy::test {
namespace {

class stop_tokens : public coroutines_on_every_backend {};
class loop_groups : public testing::TestWithParam<std::string> {
 protected:
  std::atomic<bool> let_go{false};  // outlives what the group is left with
  loop_group group{3, loop_options{.backend = GetParam().c_str()}};
};

TEST_P(stop_tokens, a_request_of_another_thread_cancels) {
  std::stop_source source;
  std::thread other;
  on.run([](std::stop_source& s, std::thread& t) -> task<> {
    t = std::thread([&] { s.request_stop(); });
    const auto r = co_await as_result(with_stop(s.get_token(), sleep_long()));
    EXPECT_TRUE(r.error().is_cancelled());
    co_await sleep_for(0s);  // only what was inside
  }(source, other));
  other.join();
}

TEST_P(stop_tokens, one_that_was_stopped_before_cancels_from_the_first) {
  on.run([]() -> task<> {
    std::stop_source source;
    source.request_stop();
    EXPECT_TRUE(
        (co_await as_result(with_stop(source.get_token(), sleep_for(24h)))).error().is_cancelled());
  }());
}

TEST_P(stop_tokens, what_ends_before_gives_its_value) {
  on.run([]() -> task<> {
    std::stop_source source;
    const auto give = []() -> task<int> {
      co_await sleep_for(0s);
      co_return 6;
    };
    EXPECT_EQ(co_await with_stop(source.get_token(), give()), 6);
    EXPECT_EQ(co_await with_stop(std::stop_token(), give()), 6);
    EXPECT_EQ(*co_await as_result(with_stop(source.get_token(), with_timeout(1h, give()))), 6);
    EXPECT_EQ(
        (co_await as_result(with_timeout(0s, with_stop(source.get_token(), sleep_long())))).error(),
        std::errc::timed_out);
    source.request_stop();
  }());
}

TEST_P(stop_tokens, requests_and_ends_may_race) {
  EDDY_NEEDS(stop_callbacks_end_beside_requests);
  on.run([]() -> task<> {
    for (int i = 0; i < 100; ++i) {
      std::stop_source source;
      std::thread other([&source] { source.request_stop(); });
      (void)co_await as_result(with_stop(source.get_token(), sleep_for(i % 10 * 10us)));
      other.join();
    }
  }());
}

TEST_P(loop_groups, each_loop_has_a_thread_and_runs_the_function_once) {
  std::mutex guards;
  std::set<std::thread::id> ids;
  std::set<std::size_t> numbers;
  EXPECT_EQ(group.size(), 3u);
  for (int again = 0; again < 2; ++again)
    group.run([&](loop& on, std::size_t number) -> task<> {
      EXPECT_EQ(&on, &group[number]);
      co_await sleep_for(10us);
      const std::lock_guard lock(guards);
      ids.insert(std::this_thread::get_id());
      numbers.insert(number);
    });
  EXPECT_EQ(numbers.size(), 3u);
  EXPECT_GE(ids.size(), 3u);
  EXPECT_TRUE(ids.count(std::this_thread::get_id()));
}

TEST_P(loop_groups, the_first_failure_stops_the_others_and_is_thrown) {
  std::atomic<int> cancelled{0};
  EXPECT_THROW(group.run([&](loop&, std::size_t number) -> task<> {
    if (number == 1) {
      co_await sleep_for(1ms);
      throw std::runtime_error("in a loop");
    }
    const auto r = co_await as_result(sleep_for(24h));
    if (!r && r.error().is_cancelled()) ++cancelled;
  }),
               std::runtime_error);
  EXPECT_EQ(cancelled, 2);
}

TEST_P(loop_groups, stop_cancels_all_and_run_returns) {
  std::atomic<int> started{0}, ended{0};
  group.run([&](loop&, std::size_t) -> task<> {
    if (++started == 3) group.stop(60s);
    (void)co_await as_result(sleep_for(24h));
    ++ended;
  });
  EXPECT_EQ(ended, 3);
  group.stop(1s);  // nothing runs
}

TEST_P(loop_groups, a_stop_before_the_deadline_of_which_some_do_not_end_is_told) {
  try {
    group.run([&](loop&, std::size_t number) -> task<> {
      if (number == 0) group.stop(2ms);
      if (number == 2)
        while (!let_go) co_await yield_once();
      (void)co_await as_result(sleep_for(24h));
    });
    ADD_FAILURE();
  } catch (const exception& e) {
    EXPECT_EQ(e.code(), std::errc::timed_out);
  }
  let_go = true;
}

TEST_P(loop_groups, a_loop_whose_task_has_ended_still_takes_visitors_and_posts) {
  std::atomic<int> posted{0};
  group.run([&](loop& on, std::size_t number) -> task<> {
    if (number != 0) co_return;
    for (std::size_t i = 0; i < 30; ++i) {
      co_await resume_on(group[i % 3]);
      co_await sleep_for(10us);
      group[i % 3].post([&] { ++posted; });
    }
    co_await resume_on(on);
    co_await sleep_for(10us);
  });
  EXPECT_GE(posted, 1);
}

TEST(loop_group_sizes, without_a_number_there_is_a_loop_for_each_core) {
  loop_group group;
  EXPECT_EQ(group.size(), std::max(1u, std::thread::hardware_concurrency()));
  loop_group one(1);
  one.run([](loop&, std::size_t) -> task<> { co_return; });
}

EDDY_COROUTINES_ON_EVERY_BACKEND(stop_tokens);
EDDY_COROUTINES_ON_EVERY_BACKEND(loop_groups);

}  // namespace
}  // namespace eddy::test
