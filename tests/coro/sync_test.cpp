// mutex, semaphore and event: in turn, fairly, and what a cancellation may not lose.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <thread>

#include "support/coroutines.h"

namespace eddy::test {
namespace {

class mutexes : public coroutines_on_every_backend {};
class semaphores : public coroutines_on_every_backend {};
class events : public coroutines_on_every_backend {};

TEST_P(mutexes, one_task_at_a_time_in_the_order_of_their_coming) {
  std::string order;
  on.run([](std::string& o) -> task<> {
    mutex m;
    int inside = 0;
    co_await with_scope([&](scope& s) -> task<> {
      for (char name = 'a'; name < 'k'; ++name)
        s.spawn([&, name]() -> task<> {
          auto lock = co_await m.lock();
          EXPECT_EQ(++inside, 1);
          co_await sleep_for(50us);
          --inside;
          o += name;
        });
      co_return;
    });
    EXPECT_FALSE(m.is_locked());
  }(order));
  EXPECT_EQ(order, "abcdefghij");
}

TEST_P(mutexes, a_guard_can_be_moved_unlocked_early_and_tried_for) {
  on.run([]() -> task<> {
    mutex m;
    mutex::guard lock = co_await m.lock();
    EXPECT_FALSE(m.try_lock());
    mutex::guard other = std::move(lock);
    EXPECT_FALSE(lock);
    EXPECT_TRUE(other.owns_lock());
    other.unlock();
    other.unlock();
    EXPECT_FALSE(m.is_locked());
    other = m.try_lock();
    EXPECT_TRUE(other);
    other = mutex::guard();
    EXPECT_FALSE(m.is_locked());
  }());
}

TEST_P(mutexes, who_releases_and_comes_again_does_not_overtake_who_waits) {
  std::string order;
  on.run([](std::string& o) -> task<> {
    mutex m;
    co_await with_scope([&](scope& s) -> task<> {
      for (const char name : {'a', 'b'})
        s.spawn([&, name]() -> task<> {
          for (int i = 0; i < 3; ++i) {
            auto lock = co_await m.lock();
            o += name;
            co_await yield_once();
          }
        });
      co_return;
    });
  }(order));
  EXPECT_EQ(order, "ababab");
}

TEST_P(mutexes, a_wait_is_cancelled_and_timed_out_and_the_others_move_up) {
  on.run([](loop& l) -> task<> {
    mutex m;
    co_await with_scope([&](scope& s) -> task<> {
      auto lock = co_await m.lock();
      bool got_it = false;
      scope cancelled_soon(l);
      cancelled_soon.spawn([&]() -> task<> {
        const auto r = co_await as_result(m.lock());
        EXPECT_EQ(r.error().message(), "lock a mutex: Operation canceled");
      });
      s.spawn([&]() -> task<> {
        (void)co_await m.lock();
        got_it = true;
      });
      const auto late = co_await as_result(with_timeout(1ms, m.lock()));
      EXPECT_EQ(late.error(), std::errc::timed_out);
      cancelled_soon.cancel();
      co_await cancelled_soon.join();
      lock.unlock();
      co_await sleep_for(0s);
      EXPECT_TRUE(got_it);
    });
    EXPECT_FALSE(m.is_locked());
  }(on));
}

TEST_P(mutexes, what_was_handed_over_is_not_lost_to_a_cancellation_that_comes_after) {
  on.run([]() -> task<> {
    mutex m;
    co_await with_scope([&](scope& s) -> task<> {
      auto lock = co_await m.lock();
      bool had_it = false;
      s.spawn([&]() -> task<> {
        auto mine = co_await m.lock();
        had_it = true;
      });
      lock.unlock();
      s.cancel();
      co_await yield_once();
      EXPECT_TRUE(had_it);
      EXPECT_FALSE(m.is_locked());
    });
  }());
}

TEST_P(mutexes, a_free_one_is_taken_by_a_cancelled_task_too) {
  on.run([]() -> task<> {
    mutex m;
    co_await with_scope([&](scope& s) -> task<> {
      s.cancel();
      auto lock = co_await m.lock();
      EXPECT_EQ((co_await as_result(m.lock())).error(), std::errc::operation_canceled);
    });
  }());
}

TEST_P(mutexes, one_that_is_destroyed_ends_the_waits_for_it) {
  on.run([]() -> task<> {
    co_await with_scope([&](scope& s) -> task<> {
      auto m = std::make_unique<mutex>();
      auto e = std::make_unique<event>();
      auto n = std::make_unique<semaphore>(0);
      auto held = co_await m->lock();
      held.unlock();
      auto again = m->try_lock();
      s.spawn(
          [&]() -> task<> { EXPECT_TRUE((co_await as_result(e->wait())).error().is_cancelled()); });
      s.spawn([&]() -> task<> {
        EXPECT_TRUE((co_await as_result(n->acquire())).error().is_cancelled());
      });
      e.reset();
      n.reset();
      again.unlock();
      m.reset();
    });
  }());
}

TEST_P(mutexes, locking_takes_no_memory) {
  on.run([]() -> task<> {
    mutex m;
    const long before = allocations();
    for (int i = 0; i < 100; ++i) auto lock = co_await m.lock();
    EXPECT_EQ(allocations() - before, 0);
  }());
}

TEST_P(semaphores, so_many_at_a_time_and_no_more) {
  on.run([]() -> task<> {
    semaphore places(3);
    int inside = 0, most = 0;
    co_await with_scope([&](scope& s) -> task<> {
      for (int i = 0; i < 20; ++i)
        s.spawn([&]() -> task<> {
          auto p = co_await places.enter();
          most = std::max(most, ++inside);
          co_await sleep_for(50us);
          --inside;
        });
      co_return;
    });
    EXPECT_EQ(most, 3);
    EXPECT_EQ(places.available(), 3u);
  }());
}

TEST_P(semaphores, what_is_released_goes_to_those_that_wait_in_their_order) {
  std::string order;
  on.run([](std::string& o) -> task<> {
    semaphore things(0);
    co_await with_scope([&](scope& s) -> task<> {
      for (char name = 'a'; name < 'e'; ++name)
        s.spawn([&, name]() -> task<> {
          co_await things.acquire();
          o += name;
        });
      things.release(2);
      co_await yield_once();
      EXPECT_EQ(o, "ab");
      EXPECT_FALSE(things.try_acquire());
      things.release(5);
      EXPECT_EQ(things.available(), 3u);
      EXPECT_TRUE(things.try_acquire());
    });
  }(order));
  EXPECT_EQ(order, "abcd");
}

TEST_P(semaphores, a_cancelled_wait_takes_nothing) {
  on.run([]() -> task<> {
    semaphore things(0);
    EXPECT_EQ((co_await as_result(with_timeout(0s, things.acquire()))).error(),
              std::errc::timed_out);
    EXPECT_EQ((co_await as_result(with_timeout(0s, things.enter()))).error(), std::errc::timed_out);
    things.release();
    EXPECT_EQ(things.available(), 1u);
    {
      semaphore::permit p = co_await things.enter();
      semaphore::permit q = std::move(p);
      EXPECT_EQ(things.available(), 0u);
      q.release();
      q.release();
    }
    EXPECT_EQ(things.available(), 1u);
  }());
}

TEST_P(events, all_that_wait_go_on_and_later_ones_do_not_wait_until_it_is_reset) {
  on.run([]() -> task<> {
    event e;
    int told = 0;
    co_await with_scope([&](scope& s) -> task<> {
      for (int i = 0; i < 100; ++i)
        s.spawn([&]() -> task<> {
          co_await e.wait();
          ++told;
        });
      e.set();
      e.reset();  // they have been told all the same
      EXPECT_EQ(told, 0);
      co_await yield_once();
      EXPECT_EQ(told, 100);
    });
    e.set();
    co_await e.wait();
    EXPECT_TRUE(e.is_set());
    e.reset();
    EXPECT_EQ((co_await as_result(with_timeout(0s, e.wait()))).error(), std::errc::timed_out);
  }());
}

TEST_P(events, another_thread_sets_one_by_a_post) {
  on.run([](loop& l) -> task<> {
    event e;
    const loop::hold hold(l);
    std::thread other([&] { l.post([&] { e.set(); }); });
    co_await e.wait();
    other.join();
  }(on));
}

TEST_P(events, two_tasks_that_wake_each_other_for_long_do_not_keep_the_loop_from_its_timers) {
  on.run([]() -> task<> {
    event a, b;
    bool over = false;
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn([&]() -> task<> {
        while (!over) {
          co_await a.wait();
          a.reset();
          b.set();
        }
      });
      s.spawn([&]() -> task<> {
        while (!over) {
          a.set();
          co_await b.wait();
          b.reset();
        }
        a.set();
      });
      co_await sleep_for(2ms);
      over = true;
    });
  }());
}

EDDY_COROUTINES_ON_EVERY_BACKEND(mutexes);
EDDY_COROUTINES_ON_EVERY_BACKEND(semaphores);
EDDY_COROUTINES_ON_EVERY_BACKEND(events);

}  // namespace
}  // namespace eddy::test
