// Blocking work: where it runs, how its result comes back, and what stuck work may not do.
#include <gtest/gtest.h>
#include <csignal>

#include <atomic>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "support/coroutines.h"
#include "support/system.h"

namespace eddy::test {
namespace {

class blocking_work : public coroutines_on_every_backend {
 protected:
  loop with(blocking_options b) {
    return loop(loop_options{.backend = GetParam().c_str(), .blocking = b});
  }
};

// Work that is stuck until it is let go.
struct gate {
  std::promise<void> opened;
  std::shared_future<void> open = opened.get_future().share();
  auto stuck() {
    return [wait = open] { wait.wait(); };
  }
  void let_go() { opened.set_value(); }
};

TEST_P(blocking_work, runs_on_another_thread_and_its_result_comes_back_to_the_loop) {
  on.run([]() -> task<> {
    const auto loop_thread = std::this_thread::get_id();
    const auto other = co_await blocking([] { return std::this_thread::get_id(); });
    EXPECT_NE(other, loop_thread);
    EXPECT_EQ(std::this_thread::get_id(), loop_thread);
    co_await blocking([] {});
    auto give = [kept = std::make_unique<int>(4)]() mutable { return std::move(kept); };
    const auto p = co_await blocking(std::move(give));
    EXPECT_EQ(*p, 4);
  }());
}

TEST_P(blocking_work, what_it_throws_is_thrown_and_an_error_is_a_result) {
  on.run([]() -> task<> {
    try {
      co_await blocking([]() -> int { throw std::runtime_error("there"); });
      ADD_FAILURE();
    } catch (const std::runtime_error& e) {
      EXPECT_STREQ(e.what(), "there");
    }
    const auto r = co_await as_result(
        blocking([] { error(std::errc::no_such_file_or_directory, "open", 3).raise(); }));
    EXPECT_EQ(r.error().message(), "open fd 3: No such file or directory");
  }());
}

TEST_P(blocking_work, the_loop_goes_on_meanwhile) {
  gate g;
  on.run([](gate& at) -> task<> {
    co_await when_all(blocking(at.stuck()), [](gate& mine) -> task<> {
      for (int i = 0; i < 10; ++i) co_await sleep_for(10us);
      mine.let_go();
    }(at));
  }(g));
}

TEST_P(blocking_work, cancelled_it_ends_at_once_and_its_late_result_is_dropped) {
  gate g;
  std::promise<void> destroyed;
  struct told {
    std::promise<void>* p;
    ~told() { p->set_value(); }
  };
  {
    loop l = with({.threads = 2, .reserved = 0});
    l.run([](gate& at, std::shared_ptr<told> late) -> task<> {
      auto slow = [wait = at.open, result = std::move(late)]() mutable {
        wait.wait();
        return std::move(result);
      };
      const auto r = co_await as_result(with_timeout(1ms, blocking(std::move(slow))));
      EXPECT_EQ(r.error(), std::errc::timed_out);
    }(g, std::make_shared<told>(&destroyed)));
  }  // nor does the end of the loop wait for it
  g.let_go();
  destroyed.get_future().wait();
}

TEST_P(blocking_work, what_has_not_begun_is_never_done_when_it_is_cancelled) {
  gate g;
  std::atomic<int> done{0};
  loop l = with({.threads = 1, .reserved = 0, .queue = 2});
  l.run([](gate& at, std::atomic<int>& n) -> task<> {
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn([&]() -> task<> { co_await blocking(at.stuck()); });
      co_await with_scope([&](scope& inner) -> task<> {
        for (int i = 0; i < 10; ++i)
          inner.spawn([&]() -> task<> { co_await blocking([&n] { ++n; }); });
        inner.cancel();
        co_return;
      });
      at.let_go();
    });
    EXPECT_EQ(n, 0);
    co_await blocking([&n] { ++n; });
    EXPECT_EQ(n, 1);
  }(g, done));
}

TEST_P(blocking_work, stuck_work_that_was_given_up_does_not_keep_the_rest_waiting) {
  std::vector<gate> gates(3);
  loop l = with({.threads = 1, .reserved = 0, .queue = 4, .replacements = 3});
  l.run([](std::vector<gate>& all) -> task<> {
    for (gate& g : all) {
      const auto r = co_await as_result(with_timeout(1ms, blocking(g.stuck())));
      EXPECT_EQ(r.error(), std::errc::timed_out);
    }
    EXPECT_EQ(co_await blocking([] { return 5; }), 5);
    for (gate& g : all) g.let_go();
    for (int i = 0; i < 20; ++i) co_await blocking([] {});
  }(gates));
}

TEST_P(blocking_work, work_that_ends_soon_has_threads_of_its_own) {
  gate g;
  loop l = with({.threads = 3, .reserved = 1});
  l.run([](gate& at) -> task<> {
    co_await with_scope([&](scope& s) -> task<> {
      for (int i = 0; i < 5; ++i) s.spawn([&]() -> task<> { co_await blocking(at.stuck()); });
      for (int i = 0; i < 20; ++i)
        EXPECT_EQ(co_await blocking(work::ends_soon, [i] { return i; }), i);
      at.let_go();
    });
  }(g));
}

TEST_P(blocking_work, so_many_threads_and_no_more_and_the_rest_waits_in_its_order) {
  std::atomic<int> at_once{0}, most{0};
  std::vector<int> order;
  loop l = with({.threads = 1, .reserved = 0, .queue = 3});
  l.run([](std::atomic<int>& now, std::atomic<int>& m, std::vector<int>& o) -> task<> {
    co_await with_scope([&](scope& s) -> task<> {
      for (int i = 0; i < 100; ++i)
        s.spawn([&, i]() -> task<> {
          co_await blocking([&, i] {
            m = std::max(m.load(), ++now);
            o.push_back(i);
            --now;
          });
        });
      co_return;
    });
  }(at_once, most, order));
  EXPECT_EQ(most, 1);
  ASSERT_EQ(order.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST_P(blocking_work, signals_are_left_to_the_threads_of_the_program) {
  EDDY_NEEDS(threads_choose_signals);
  on.run([]() -> task<> {
    EXPECT_TRUE(co_await blocking([] {
      sigset_t blocked;
      pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
      return sigismember(&blocked, SIGTERM) == 1;
    }));
  }());
}

TEST_P(blocking_work, a_cancelled_task_begins_none) {
  std::atomic<int> done{0};
  on.run([](std::atomic<int>& n) -> task<> {
    co_await with_scope([&](scope& s) -> task<> {
      s.cancel();
      EXPECT_TRUE((co_await as_result(blocking([&n] { ++n; }))).error().is_cancelled());
    });
  }(done));
  EXPECT_EQ(done, 0);
}

// Cancelled before, while and after it runs: one end each, and nothing leaks.
TEST_P(blocking_work, many_that_are_cancelled_at_any_time_end_once) {
  int ended = 0;
  {
    loop l = with({.threads = 3, .reserved = 1, .queue = 4});
    l.run([](int& n) -> task<> {
      co_await with_scope([&](scope& s) -> task<> {
        for (int i = 0; i < 300; ++i)
          s.spawn([&, i]() -> task<> {
            auto make = [text = std::string(100, 'x')] { return text; };
            const auto r = co_await as_result(with_timeout(
                i * 5us, blocking(i % 2 == 0 ? work::may_hang : work::ends_soon, std::move(make))));
            EXPECT_TRUE(r ? r->size() == 100 : r.error() == std::errc::timed_out);
            ++n;
          });
        co_return;
      });
    }(ended));
  }
  EXPECT_EQ(ended, 300);
}

EDDY_COROUTINES_ON_EVERY_BACKEND(blocking_work);

}  // namespace
}  // namespace eddy::test
