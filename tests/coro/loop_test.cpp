// The loop: running, spawning, posting, stopping, and being the C face's base.
#include <event2/event.h>
#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>

#include "support/coroutines.h"

namespace eddy::test {
namespace {

class loops : public coroutines_on_every_backend {};

TEST_P(loops, has_the_backend_that_was_asked_for) { EXPECT_EQ(on.backend(), GetParam()); }

TEST_P(loops, runs_a_task_to_its_end) {
  EXPECT_EQ(on.run([]() -> task<int> {
    co_await sleep_for(1ms);
    co_return 3;
  }()),
            3);
}

TEST_P(loops, a_sleep_is_never_early) {
  on.run([]() -> task<> {
    for (const auto d : {0us, 300us, 2000us}) {
      const auto begin = loop::clock::now();
      co_await sleep_for(d);
      EXPECT_GE(loop::clock::now() - begin, d);
      co_await sleep_until(begin + 2 * d);
      EXPECT_GE(loop::clock::now() - begin, 2 * d);
    }
    co_await sleep_for(-1s);
  }());
}

TEST_P(loops, run_returns_when_all_spawned_tasks_have_ended) {
  int ended = 0;
  for (int i = 0; i < 5; ++i)
    on.spawn([](int& n, int ms) -> task<> {
      co_await sleep_for(std::chrono::milliseconds(ms));
      ++n;
    }(ended, i));
  EXPECT_EQ(on.size(), 5u);
  on.run();
  EXPECT_EQ(ended, 5);
  EXPECT_EQ(on.size(), 0u);
}

TEST_P(loops, a_spawned_task_runs_until_it_first_waits) {
  int steps = 0;
  on.spawn([](int& n) -> task<> {
    n = 1;
    co_await sleep_for(0s);
    n = 2;
  }(steps));
  EXPECT_EQ(steps, 1);
  on.run();
  EXPECT_EQ(steps, 2);
}

TEST_P(loops, what_a_spawned_task_throws_ends_the_others_and_is_thrown_by_run) {
  bool cancelled = false;
  on.spawn([](bool& c) -> task<> {
    const auto r = co_await as_result(sleep_for(1h));
    c = !r && r.error().is_cancelled();
  }(cancelled));
  on.spawn([]() -> task<> {
    co_await sleep_for(1ms);
    throw std::runtime_error("spawned");
  });
  EXPECT_THROW(on.run(), std::runtime_error);
  EXPECT_TRUE(cancelled);
  EXPECT_EQ(on.run([]() -> task<int> {
    co_await sleep_for(1ms);  // not cancelled: that is over
    co_return 1;
  }()),
            1);
}

TEST_P(loops, a_spawned_task_that_fails_ends_the_main_task) {
  on.spawn([]() -> task<> {
    co_await sleep_for(1ms);
    throw std::runtime_error("spawned");
  });
  EXPECT_THROW(on.run(sleep_long()), std::runtime_error);
}

TEST_P(loops, tasks_that_are_left_go_on_in_the_next_run) {
  int ended = 0;
  on.spawn([](int& n) -> task<> {
    co_await sleep_for(5ms);
    ++n;
  }(ended));
  on.run([]() -> task<> { co_return; }());
  EXPECT_EQ(ended, 0);
  on.run();
  EXPECT_EQ(ended, 1);
}

TEST_P(loops, a_loop_that_is_destroyed_first_ends_its_tasks) {
  const long before = blocks();
  bool unwound = false;
  {
    loop l(loop_options{.backend = GetParam().c_str()});
    l.spawn([](bool& u) -> task<> {
      struct at_end {
        bool& u;
        ~at_end() { u = true; }
      } guard{u};
      co_await sleep_for(1h);
    }(unwound));
  }
  EXPECT_TRUE(unwound);
  EXPECT_EQ(blocks(), before);
}

TEST_P(loops, stop_cancels_all_and_run_returns) {
  for (int i = 0; i < 100; ++i) on.spawn(sleep_long());
  on.spawn([](loop& l) -> task<> {
    co_await sleep_for(1ms);
    l.stop(10s);
  }(on));
  on.run();
  EXPECT_EQ(on.size(), 0u);
}

TEST_P(loops, stop_of_another_thread_ends_a_main_task) {
  std::thread other;
  on.post([&] { other = std::thread([&] { on.stop(10s); }); });
  EXPECT_EQ(code_of([&] { on.run(sleep_long()); }), std::errc::operation_canceled);
  other.join();
}

task<> stubborn(bool& let_go) {
  while (!let_go) (void)co_await as_result(sleep_for(1ms)), co_await yield_once();
}

TEST_P(loops, a_stop_whose_deadline_passes_tells_who_is_left) {
  bool let_go = false;
  on.spawn(stubborn(let_go));
  on.stop(2ms);
  try {
    on.run();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const exception& e) {
    EXPECT_EQ(e.code(), std::errc::timed_out);
  }
  let_go = true;
  on.run();
  EXPECT_EQ(on.size(), 0u);
}

TEST_P(loops, stop_of_a_loop_without_tasks_is_over_at_once) {
  ::event* forever = event_new(
      on.native_handle(), -1, EV_PERSIST, [](int, short, void*) {}, nullptr);
  const timeval hour{3600, 0};
  event_add(forever, &hour);
  on.stop(10s);
  on.run();
  event_free(forever);
  on.run(sleep_short());
}

TEST_P(loops, a_task_that_waits_for_nothing_that_can_come_is_a_deadlock_and_told) {
  loop quiet(loop_options{.backend = GetParam().c_str(), .report_suspended = false});
  EXPECT_EQ(code_of([&] { quiet.run(wait_for_ever()); }), std::errc::resource_deadlock_would_occur);
  quiet.run(sleep_short());
}

TEST_P(loops, posts_of_other_threads_run_in_their_order) {
  constexpr int threads = 3, each = 1000;
  std::vector<int> last(threads, -1);
  int all = 0;
  bool in_order = true;
  std::vector<std::thread> posters;
  loop::hold hold(on);
  for (int t = 0; t < threads; ++t)
    posters.emplace_back([&, t] {
      for (int i = 0; i < each; ++i)
        EXPECT_TRUE(on.post([&, t, i] {
          in_order = in_order && last[static_cast<std::size_t>(t)] == i - 1;
          last[static_cast<std::size_t>(t)] = i;
          if (++all == threads * each) on.stop(10s);
        }));
    });
  on.run();
  for (std::thread& t : posters) t.join();
  EXPECT_TRUE(in_order);
  EXPECT_EQ(all, threads * each);
}

TEST_P(loops, what_was_posted_and_not_run_is_forgotten_with_the_loop) {
  const long before = blocks();
  {
    loop l(loop_options{.backend = GetParam().c_str()});
    EXPECT_TRUE(l.post([kept = std::make_unique<int>(1)] {}));
  }
  EXPECT_EQ(blocks(), before);
}

TEST_P(loops, what_a_post_throws_leaves_run_and_the_others_run_later) {
  int ran = 0;
  on.post([] { throw std::runtime_error("posted"); });
  on.post([&] { ++ran; });
  EXPECT_THROW(on.run(), std::runtime_error);
  on.run();
  EXPECT_EQ(ran, 1);
}

TEST_P(loops, a_loop_cannot_be_run_by_its_own_task) {
  on.run([](loop& l) -> task<> {
    EXPECT_EQ(code_of([&] { l.run(); }), std::errc::device_or_resource_busy);
    co_return;
  }(on));
}

TEST(wrapped_loops, coroutines_run_in_the_dispatch_of_a_c_program) {
  event_base* base = event_base_new();
  bool ended = false;
  loop::wrap(base).spawn([](bool& e) -> task<> {
    co_await sleep_for(1ms);
    e = true;
  }(ended));
  event_base_dispatch(base);
  EXPECT_TRUE(ended);
  EXPECT_EQ(loop::wrap(base).native_handle(), base);
  event_base_free(base);
}

TEST(wrapped_loops, event_base_free_ends_the_tasks_first) {
  const long before = blocks();
  event_base* base = event_base_new();
  for (int i = 0; i < 10; ++i) loop::wrap(base).spawn(sleep_long());
  event_base_free(base);
  EXPECT_EQ(blocks(), before);
}

TEST(wrapped_loops, what_a_task_throws_leaves_the_dispatch) {
  event_base* base = event_base_new();
  loop::wrap(base).spawn([]() -> task<> {
    co_await sleep_for(1ms);
    throw std::runtime_error("in a task");
  });
  EXPECT_THROW(event_base_dispatch(base), std::runtime_error);
  event_base_free(base);
}

EDDY_COROUTINES_ON_EVERY_BACKEND(loops);

}  // namespace
}  // namespace eddy::test
