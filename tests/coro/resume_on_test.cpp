// Coroutines on the move: where they run, how they come home, who stops them there.
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "support/other_thread.h"

namespace eddy::test {
namespace {

std::thread::id here() { return std::this_thread::get_id(); }

class moving : public coroutines_on_every_backend {
 protected:
  other_thread other{GetParam()};
  const std::thread::id home = here();
};

TEST_P(moving, a_coroutine_goes_on_on_the_thread_of_the_other_loop_and_comes_back) {
  on.run([](loop& mine, other_thread& o, std::thread::id at_home) -> task<> {
    for (int i = 0; i < 20; ++i) {
      co_await resume_on(o.on());
      EXPECT_EQ(here(), o.id());
      co_await sleep_for(10us);
      EXPECT_EQ(here(), o.id());
      co_await resume_on(o.on());
      EXPECT_EQ(here(), o.id());
      co_await resume_on(mine);
      EXPECT_EQ(here(), at_home);
      co_await sleep_for(0us);
      co_await resume_on(mine);
      EXPECT_EQ(here(), at_home);
    }
  }(on, other, home));
}

task<std::string> from_there(other_thread& o) {
  co_await resume_on(o.on());
  EXPECT_EQ(here(), o.id());
  co_return "from there";
}
task<> fails_there(other_thread& o) {
  co_await resume_on(o.on());
  throw std::runtime_error("there");
}

TEST_P(moving, its_result_and_what_it_throws_come_to_who_waits_at_home) {
  on.run([](other_thread& o, std::thread::id at_home) -> task<> {
    EXPECT_EQ(co_await from_there(o), "from there");
    EXPECT_EQ(here(), at_home);
    EXPECT_EQ(*co_await as_result(from_there(o)), "from there");
    EXPECT_EQ(here(), at_home);
    try {
      co_await fails_there(o);
      ADD_FAILURE();
    } catch (const std::runtime_error&) {
      EXPECT_EQ(here(), at_home);
    }
    auto [a, b] = co_await when_all(from_there(o), from_there(o));
    EXPECT_EQ(a, b);
    EXPECT_EQ(here(), at_home);
  }(other, home));
}

TEST_P(moving, a_main_task_and_the_tasks_of_scopes_and_loops_come_home_to_end) {
  EXPECT_EQ(on.run(from_there(other)), "from there");
  EXPECT_THROW(on.run(fails_there(other)), std::runtime_error);
  on.spawn([&]() -> task<> { co_await resume_on(other.on()); });
  on.run();
  EXPECT_EQ(on.size(), 0u);
  on.run([](other_thread& o, std::thread::id at_home) -> task<> {
    co_await with_scope([&](scope& s) -> task<> {
      for (int i = 0; i < 50; ++i)
        s.spawn([&]() -> task<> {
          co_await sleep_for(10us);
          co_await resume_on(o.on());
          co_await sleep_for(10us);
        });
      co_return;
    });
    EXPECT_EQ(here(), at_home);
  }(other, home));
}

TEST_P(moving, tasks_within_tasks_each_come_home_to_where_they_are_awaited) {
  other_thread third(GetParam());
  on.run([](other_thread& o, other_thread& t, std::thread::id at_home) -> task<> {
    co_await [](other_thread& second, other_thread& last) -> task<> {
      co_await resume_on(second.on());
      EXPECT_EQ(co_await from_there(last), "from there");
      EXPECT_EQ(here(), second.id());
      co_await resume_on(last.on());
      EXPECT_EQ(here(), last.id());
      EXPECT_EQ(co_await from_there(second), "from there");
      EXPECT_EQ(here(), last.id());
    }(o, t);
    EXPECT_EQ(here(), at_home);
  }(other, third, home));
}

TEST_P(moving, a_generator_comes_home_where_it_yields) {
  on.run([](other_thread& o, std::thread::id at_home) -> task<> {
    auto g = [](other_thread& there) -> async_generator<int> {
      for (int i = 0; i < 3; ++i) {
        co_await resume_on(there.on());
        EXPECT_EQ(here(), there.id());
        co_yield i;
      }
    }(o);
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(co_await g.next(), i);
      EXPECT_EQ(here(), at_home);
    }
    EXPECT_EQ(co_await g.next(), std::nullopt);
  }(other, home));
}

task<> sleep_there(other_thread& o) {
  co_await resume_on(o.on());
  co_await sleep_for(24h);
}

TEST_P(moving, a_cancellation_at_home_reaches_it_there) {
  on.run([](other_thread& o, std::thread::id at_home) -> task<> {
    const auto r = co_await as_result(with_timeout(2ms, sleep_there(o)));
    EXPECT_EQ(r.error(), std::errc::timed_out);
    EXPECT_EQ(here(), at_home);
    co_await with_scope([&](scope& s) -> task<> {
      for (int i = 0; i < 10; ++i) s.spawn(sleep_there(o));
      s.cancel();  // on their way
      co_return;
    });
    co_await with_scope([&](scope& s) -> task<> {
      s.cancel();
      s.spawn(sleep_there(o));  // from the first
      co_return;
    });
  }(other, home));
}

TEST_P(moving, a_stop_of_the_other_loop_cancels_its_visitors_who_come_home) {
  on.run([](other_thread& o, std::thread::id at_home) -> task<> {
    const auto r = co_await as_result([](other_thread& there) -> task<> {
      co_await resume_on(there.on());
      there.on().stop(60s);
      co_await sleep_for(24h);
    }(o));
    EXPECT_TRUE(r.error().is_cancelled());
    EXPECT_EQ(here(), at_home);
  }(other, home));
}

TEST_P(moving, a_loop_that_is_closed_before_it_arrives_sends_it_back) {
  on.run([](const char* backend) -> task<> {
    auto closed = std::make_unique<loop>(loop_options{.backend = backend});
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn([&]() -> task<> {
        const auto r = co_await as_result(resume_on(*closed));
        EXPECT_EQ(r.error().message(), "move to another loop: Operation canceled");
      });
      for (int i = 0; i < 3; ++i) co_await yield_once();
      closed.reset();
    });
  }(GetParam().c_str()));
}

TEST_P(moving, a_move_within_a_timeout_is_refused) {
  on.run([](other_thread& o) -> task<> {
    const auto r = co_await as_result(with_timeout(1h, resume_on(o.on())));
    EXPECT_EQ(r.error(), std::errc::invalid_argument);
  }(other));
}

TEST_P(moving, the_report_shows_who_is_away_on_both_loops) {
  on.run([](loop& mine, other_thread& o) -> task<> {
    std::string there;
    co_await with_scope([&](scope& s) -> task<> {
      event arrived;
      s.spawn([&]() -> task<> {
        co_await resume_on(o.on());
        mine.post([&] { arrived.set(); });
        (void)co_await as_result(sleep_for(24h));
        there = o.on().suspended_tasks();
      });
      const loop::hold hold(mine);
      co_await arrived.wait();
      EXPECT_NE(mine.suspended_tasks().find("resume_on_test.cpp"), std::string::npos);
      s.cancel();
    });
  }(on, other));
}

// Each comes home once, whatever happens on the way.
TEST_P(moving, many_that_travel_and_are_stopped_anywhere_all_come_home) {
  other_thread third(GetParam());
  constexpr int many = 100;
  int ended = 0;
  on.run([](loop& mine, other_thread& o, other_thread& t, int& n) -> task<> {
    co_await with_scope([&](scope& s) -> task<> {
      for (int i = 0; i < many; ++i)
        s.spawn([&, i]() -> task<> {
          (void)co_await as_result(
              with_timeout(i * 20us, [](loop& l, other_thread& a, other_thread& b) -> task<> {
                for (int k = 0; k < 50; ++k) {
                  co_await resume_on(a.on());
                  if (k % 3 == 0) co_await sleep_for(20us);
                  co_await resume_on(b.on());
                  co_await resume_on(l);
                  if (k % 5 == 0) co_await sleep_for(20us);
                }
                co_await resume_on(a.on());
                co_await sleep_for(24h);
              }(mine, o, t)));
          ++n;
        });
      co_return;
    });
  }(on, other, third, ended));
  EXPECT_EQ(ended, many);
}

EDDY_COROUTINES_ON_EVERY_BACKEND(moving);

}  // namespace
}  // namespace eddy::test
