// Scopes and timeouts: who is cancelled, who is waited for, and what is thrown.
#include <gtest/gtest.h>

#include <stdexcept>

#include "support/coroutines.h"

namespace eddy::test {
namespace {

class scopes : public coroutines_on_every_backend {};

struct counts {
  int ended = 0;
  int cancelled = 0;
};

task<> worker(counts& c, std::chrono::microseconds d) {
  const auto r = co_await as_result(sleep_for(d));
  if (!r && r.error().is_cancelled()) ++c.cancelled;
  ++c.ended;
}
task<> failing(std::chrono::microseconds d, const char* why) {
  co_await sleep_for(d);
  throw std::runtime_error(why);
}

TEST_P(scopes, a_scope_ends_when_its_last_task_has) {
  counts c;
  on.run([](counts& n) -> task<> {
    co_await with_scope([&](scope& s) -> task<> {
      for (int i = 0; i < 10; ++i) s.spawn(worker(n, i * 200us));
      co_return;
    });
    EXPECT_EQ(n.ended, 10);
    EXPECT_EQ(n.cancelled, 0);
  }(c));
  EXPECT_EQ(c.ended, 10);
}

TEST_P(scopes, a_scope_gives_what_its_function_returns) {
  EXPECT_EQ(on.run([]() -> task<int> {
    co_return co_await with_scope([](scope& s) -> task<int> {
      s.spawn(sleep_short());
      co_return 5;
    });
  }()),
            5);
}

TEST_P(scopes, the_first_failure_cancels_the_others_and_is_thrown_when_they_have_ended) {
  counts c;
  on.run([](counts& n) -> task<> {
    try {
      co_await with_scope([&](scope& s) -> task<> {
        for (int i = 0; i < 10; ++i) s.spawn(worker(n, 1h));
        s.spawn(failing(1ms, "first"));
        co_await sleep_for(1h);
      });
      ADD_FAILURE() << "nothing was thrown";
    } catch (const std::runtime_error& e) {
      EXPECT_STREQ(e.what(), "first");
    }
    EXPECT_EQ(n.cancelled, 10);
    EXPECT_EQ(n.ended, 10);
  }(c));
}

TEST_P(scopes, a_task_that_fails_before_it_waits_is_no_different) {
  on.run([]() -> task<> {
    try {
      co_await with_scope([](scope& s) -> task<> {
        s.spawn([]() -> task<> {
          throw std::runtime_error("at once");
          co_return;
        });
        EXPECT_TRUE(s.cancelled());
        co_await sleep_for(1h);
      });
      ADD_FAILURE();
    } catch (const std::runtime_error&) {
    }
  }());
}

TEST_P(scopes, a_function_that_throws_cancels_its_tasks) {
  counts c;
  EXPECT_THROW(on.run([](counts& n) -> task<> {
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn(worker(n, 1h));
      throw std::runtime_error("body");
      co_return;
    });
  }(c)),
               std::runtime_error);
  EXPECT_EQ(c.cancelled, 1);
}

TEST_P(scopes, a_scope_that_is_cancelled_ends_without_an_error) {
  counts c;
  on.run([](counts& n) -> task<> {
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn(worker(n, 1h));
      s.spawn(sleep_long());
      s.cancel();
      co_await sleep_for(1h);
      ADD_FAILURE();
    });
    co_await sleep_for(0s);  // only the scope was cancelled
  }(c));
  EXPECT_EQ(c.cancelled, 1);
}

TEST_P(scopes, what_begins_to_wait_in_a_cancelled_scope_is_told_at_once) {
  on.run([]() -> task<> {
    co_await with_scope([](scope& s) -> task<> {
      s.cancel();
      for (int i = 0; i < 3; ++i) {
        const auto r = co_await as_result(sleep_for(1h));
        EXPECT_FALSE(r);
        EXPECT_EQ(r.error(), std::errc::operation_canceled);
      }
      bool ran = false;
      s.spawn([](bool& b) -> task<> {
        b = true;
        co_await sleep_for(1h);
        ADD_FAILURE();
      }(ran));
      EXPECT_TRUE(ran);
      EXPECT_EQ(s.size(), 1u);
    });
  }());
}

TEST_P(scopes, count_their_function_once_before_it_waits_and_after) {
  on.run([]() -> task<> {
    co_await with_scope([](scope& s) -> task<> {
      EXPECT_EQ(s.size(), 1u);
      s.spawn(sleep_long());
      EXPECT_EQ(s.size(), 2u);
      co_await sleep_for(0s);
      EXPECT_EQ(s.size(), 2u);
      s.cancel();
    });
  }());
}

TEST_P(scopes, a_cancellation_reaches_scopes_within_scopes) {
  counts c;
  on.run([](counts& n) -> task<> {
    co_await with_scope([&](scope& outer) -> task<> {
      outer.spawn([&n]() -> task<> {
        co_await with_scope([&](scope& inner) -> task<> {
          inner.spawn(worker(n, 1h));
          co_await sleep_for(1h);
        });
        ADD_FAILURE() << "the inner one was cancelled from outside";
      });
      co_await sleep_for(1ms);
      outer.cancel();
    });
  }(c));
  EXPECT_EQ(c.cancelled, 1);
}

TEST_P(scopes, another_failure_than_the_cancellation_is_not_lost_when_a_scope_was_cancelled) {
  EXPECT_THROW(on.run([]() -> task<> {
    co_await with_scope([](scope& s) -> task<> {
      s.spawn([]() -> task<> {
        (void)co_await as_result(sleep_for(1h));
        throw std::logic_error("on the way out");
      });
      s.cancel();
      co_return;
    });
  }()),
               std::logic_error);
}

TEST_P(scopes, a_spawned_lambda_is_kept_with_its_captures) {
  int sum = 0;
  on.run([](int& s) -> task<> {
    co_await with_scope([&s](scope& all) -> task<> {
      for (int i = 1; i <= 3; ++i)
        all.spawn([&s, kept = std::make_unique<int>(i)]() -> task<> {
          co_await sleep_for(1ms);
          s += *kept;
        });
      co_return;
    });
  }(sum));
  EXPECT_EQ(sum, 6);
}

TEST_P(scopes, a_scope_made_by_itself_is_joined_and_used_again) {
  on.run([](loop& l) -> task<> {
    scope s(l);
    co_await s.join();
    s.spawn(sleep_short());
    co_await s.join();
    s.spawn(failing(1ms, "x"));
    const auto r = co_await as_result(with_scope([&](scope&) -> task<> {
      try {
        co_await s.join();
        ADD_FAILURE();
      } catch (const std::runtime_error&) {
      }
    }));
    EXPECT_TRUE(r);
    s.spawn(sleep_short());
    co_await s.join();
  }(on));
}

TEST(scopes_that_die, a_scope_that_is_destroyed_with_live_tasks_ends_the_program) {
  EXPECT_DEATH(
      {
        loop l;
        scope s(l);
        s.spawn(sleep_long());
      },
      "a scope was destroyed while 1 of its tasks still ran");
}

TEST_P(scopes, ten_thousand_tasks_are_cancelled_and_leave_nothing) {
  const long before = blocks();
  {
    loop l(loop_options{.backend = GetParam().c_str()});
    l.run([]() -> task<> {
      co_await with_scope([](scope& s) -> task<> {
        for (int i = 0; i < 10'000; ++i) s.spawn(sleep_long());
        co_await sleep_for(1ms);
        s.cancel();
      });
    }());
  }
  EXPECT_EQ(blocks(), before);
}

class timeouts : public coroutines_on_every_backend {};

TEST_P(timeouts, what_ends_in_time_gives_its_value) {
  on.run([]() -> task<> {
    EXPECT_EQ(co_await with_timeout(1h,
                                    []() -> task<int> {
                                      co_await sleep_for(1ms);
                                      co_return 4;
                                    }()),
              4);
    co_await with_timeout(1h, sleep_for(1ms));
  }());
}

TEST_P(timeouts, what_takes_longer_is_cancelled_and_fails_with_timed_out) {
  counts c;
  on.run([](counts& n) -> task<> {
    const auto r = co_await as_result(with_timeout(1ms, sleep_for(1h)));
    EXPECT_EQ(r.error(), std::errc::timed_out);
    const auto second = co_await with_timeout(1ms, as_result(sleep_for(1h)));
    EXPECT_EQ(second.error(), std::errc::timed_out);
    try {
      co_await with_timeout(1ms, sleep_long());
      ADD_FAILURE();
    } catch (const std::system_error& e) {
      EXPECT_EQ(e.code(), std::errc::timed_out);
    }
    // It did what it had to do all the same.
    co_await with_timeout(1ms, worker(n, 1h));
    EXPECT_EQ(n.cancelled, 1);
  }(c));
}

TEST_P(timeouts, another_error_is_thrown_as_it_is) {
  on.run([]() -> task<> {
    try {
      co_await with_timeout(1h, failing(1ms, "other"));
      ADD_FAILURE();
    } catch (const std::runtime_error& e) {
      EXPECT_STREQ(e.what(), "other");
    }
    try {
      co_await with_timeout(1h, with_timeout(1h, failing(0ms, "deeper")));
      ADD_FAILURE();
    } catch (const std::runtime_error& e) {
      EXPECT_STREQ(e.what(), "deeper");
    }
  }());
}

TEST_P(timeouts, the_earliest_of_several_counts) {
  on.run([]() -> task<> {
    const auto begin = loop::clock::now();
    const auto r = co_await as_result(with_timeout(1h, with_timeout(1ms, sleep_for(1h))));
    EXPECT_EQ(r.error(), std::errc::timed_out);
    const auto s = co_await as_result(with_timeout(1ms, with_timeout(1h, sleep_for(1h))));
    EXPECT_EQ(s.error(), std::errc::timed_out);
    EXPECT_LT(loop::clock::now() - begin, 30min);
  }());
}

TEST_P(timeouts, a_cancellation_from_outside_is_not_a_timeout) {
  on.run([]() -> task<> {
    co_await with_scope([](scope& s) -> task<> {
      s.spawn([]() -> task<> {
        const auto r = co_await as_result(with_timeout(1h, sleep_for(1h)));
        EXPECT_EQ(r.error(), std::errc::operation_canceled);
      });
      s.cancel();
      co_return;
    });
  }());
}

TEST_P(timeouts, a_timeout_of_nothing_still_starts_the_task) {
  bool started = false;
  on.run([](bool& b) -> task<> {
    const auto r = co_await as_result(with_timeout(0s, [](bool& in) -> task<> {
      in = true;
      co_await sleep_for(1h);
    }(b)));
    EXPECT_EQ(r.error(), std::errc::timed_out);
  }(started));
  EXPECT_TRUE(started);
}

EDDY_COROUTINES_ON_EVERY_BACKEND(scopes);
EDDY_COROUTINES_ON_EVERY_BACKEND(timeouts);

}  // namespace
}  // namespace eddy::test
