// Timers, on a clock that the test drives, with every backend under the loop.
#include <gtest/gtest.h>

#include <algorithm>
#include <climits>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "support/backends.h"
#include "support/sockets.h"
#include "support/watching.h"

namespace eddy::engine::test {
namespace {

constexpr std::int64_t ms = 1'000'000;

loop_options with(driven_clock& clock) {
  loop_options options;
  options.clock = clock.source();
  return options;
}

class timers : public on_every_backend {
 protected:
  driven_clock clock;
  opened_loop on{GetParam(), with(clock)};

  // One look at what is due `later`.
  void after(std::int64_t later) {
    clock.now += later;
    ASSERT_NE(on->run(run_once | run_nonblocking), run_result::failed);
  }
};

TEST_P(timers, are_never_early_by_a_nanosecond) {
  watching w(*on, -1, 0);
  ASSERT_EQ(on->add(&w, 10 * ms), 0);
  after(10 * ms - 1);
  EXPECT_EQ(w.calls, 0);
  after(1);
  EXPECT_EQ(w.calls, 1);
  EXPECT_EQ(w.last, watch_timeout);
  EXPECT_EQ(on->run(0), run_result::nothing_to_do);
}

TEST_P(timers, fire_in_the_order_of_their_deadlines) {
  std::vector<int> order;
  std::vector<std::unique_ptr<watching>> all;
  for (int i = 0; i < 500; ++i) {
    const int due = i * 7919 % 500;
    all.push_back(std::make_unique<watching>(*on, -1, 0, [&order, due] { order.push_back(due); }));
    ASSERT_EQ(on->add(all.back().get(), due * ms), 0);
  }
  after(1000 * ms);
  EXPECT_EQ(order.size(), 500u);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST_P(timers, of_no_length_fire_at_the_next_look) {
  watching w(*on, -1, 0);
  ASSERT_EQ(on->add(&w, 0), 0);
  after(0);
  EXPECT_EQ(w.calls, 1);
}

TEST_P(timers, longer_than_a_wait_can_be_told_are_kept) {
  constexpr std::int64_t day = 86'400'000 * ms;
  watching far(*on, -1, 0), farthest(*on, -1, 0);
  ASSERT_EQ(on->add(&far, 60 * day), 0);  // INT_MAX ms are 24.8 days
  ASSERT_EQ(on->add(&farthest, INT64_MAX), 0);
  after(59 * day);
  EXPECT_EQ(far.calls, 0);
  after(day);
  EXPECT_EQ(far.calls, 1);
  EXPECT_EQ(farthest.calls, 0);
  on->remove(&farthest, removal::wait);
}

TEST_P(timers, that_are_moved_count_from_the_last_move) {
  watching later(*on, -1, 0), earlier(*on, -1, 0);
  ASSERT_EQ(on->add(&later, 10 * ms), 0);
  ASSERT_EQ(on->add(&earlier, 100 * ms), 0);
  ASSERT_EQ(on->add(&later, 50 * ms), 0);
  ASSERT_EQ(on->add(&earlier, 20 * ms), 0);
  after(20 * ms);
  EXPECT_EQ(later.calls, 0);
  EXPECT_EQ(earlier.calls, 1);
  after(30 * ms);
  EXPECT_EQ(later.calls, 1);
}

TEST_P(timers, that_repeat_stay_in_step_and_do_not_catch_up) {
  std::vector<std::int64_t> at;
  const std::int64_t start = clock.now;
  watching w(*on, -1, watch_persist, [&] { at.push_back((clock.now - start) / ms); });
  ASSERT_EQ(on->add(&w, 10 * ms), 0);
  after(10 * ms);
  after(13 * ms);  // at 23: due at 20, next at 30
  after(6 * ms);   // at 29
  after(1 * ms);   // at 30
  EXPECT_EQ(at, (std::vector<std::int64_t>{10, 23, 30}));
  after(55 * ms);  // at 85: five periods passed, told once; the next counts from now
  after(9 * ms);
  EXPECT_EQ(at.size(), 4u);
  after(1 * ms);  // at 95
  EXPECT_EQ(at.back(), 95);
  on->remove(&w, removal::wait);
}

TEST_P(timers, of_a_watched_descriptor_start_again_with_each_event) {
  socket_pair pair;
  watching w(*on, pair.a.get(), watch_read | watch_persist, [&] {
    char byte;
    const ssize_t expected = (w.last & watch_read) != 0 ? 1 : -1;
    EXPECT_EQ(::recv(pair.a.get(), &byte, 1, MSG_DONTWAIT), expected);
  });
  ASSERT_EQ(on->add(&w, 10 * ms), 0);
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(::write(pair.b.get(), "x", 1), 1);
    after(9 * ms);
    EXPECT_EQ(w.last, watch_read);
  }
  after(9 * ms);
  EXPECT_EQ(w.calls, 3);
  after(1 * ms);
  EXPECT_EQ(w.calls, 4);
  EXPECT_EQ(w.last, watch_timeout);
  EXPECT_EQ(on->remove_timeout(&w), 0);
  after(1000 * ms);
  EXPECT_EQ(w.calls, 4);
  on->remove(&w, removal::wait);
}

TEST_P(timers, that_an_earlier_callback_removes_or_frees_do_not_fire) {
  auto freed = std::make_unique<watching>(*on, -1, 0);
  watching removed(*on, -1, 0);
  watching first(*on, -1, 0, [&] {
    on->remove(&removed, removal::wait);
    on->remove(freed.get(), removal::wait);
    freed.reset();
  });
  ASSERT_EQ(on->add(&first, 1 * ms), 0);
  ASSERT_EQ(on->add(&removed, 2 * ms), 0);
  ASSERT_EQ(on->add(freed.get(), 3 * ms), 0);
  after(10 * ms);
  EXPECT_EQ(first.calls, 1);
  EXPECT_EQ(removed.calls, 0);
  EXPECT_EQ(on->run(0), run_result::nothing_to_do);
}

TEST_P(timers, added_by_a_callback_fire_in_a_later_turn) {
  int turn = 0, fired_in = -1;
  watching second(*on, -1, 0, [&] { fired_in = turn; });
  watching first(*on, -1, 0, [&] { ASSERT_EQ(on->add(&second, 0), 0); });
  ASSERT_EQ(on->add(&first, 0), 0);
  for (; turn < 3; ++turn) after(0);
  EXPECT_EQ(first.calls, 1);
  EXPECT_EQ(fired_in, 1);
}

TEST_P(timers, of_a_common_queue_fire_in_the_order_of_adding) {
  const int queue = on->make_common_timeout(10 * ms);
  ASSERT_GE(queue, 0);
  EXPECT_EQ(on->make_common_timeout(10 * ms), queue);
  std::vector<int> order;
  std::vector<std::unique_ptr<watching>> all;
  for (int i = 0; i < 100; ++i) {
    all.push_back(std::make_unique<watching>(*on, -1, 0, [&order, i] { order.push_back(i); }));
    ASSERT_EQ(on->add_with_common_timeout(all.back().get(), queue), 0);
    if (i == 49) clock.now += 1 * ms;
  }
  for (int i = 0; i < 100; i += 10)
    on->remove(all[static_cast<std::size_t>(i)].get(), removal::wait);
  after(9 * ms);
  EXPECT_EQ(order.size(), 45u);
  after(1 * ms);
  EXPECT_EQ(order.size(), 90u);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_EQ(on->run(0), run_result::nothing_to_do);
}

TEST_P(timers, agree_with_a_model_over_random_adds_moves_and_removals) {
  std::mt19937_64 random(7);
  std::vector<std::unique_ptr<watching>> all;
  std::map<watching*, std::int64_t> due;
  std::int64_t last = 0;
  for (int i = 0; i < 300; ++i) {
    all.push_back(std::make_unique<watching>(*on, -1, 0));
    watching* self = all.back().get();
    self->run = [&, self] {
      ASSERT_EQ(due.count(self), 1u) << "fired although nothing was due";
      EXPECT_LE(due[self], clock.now);
      EXPECT_GE(due[self], last);
      last = due[self];
      due.erase(self);
    };
  }
  for (int step = 0; step < 20'000; ++step) {
    watching* w = all[random() % all.size()].get();
    if (random() % 3 == 0) {
      on->remove(w, removal::wait);
      due.erase(w);
    } else {
      const auto timeout = static_cast<std::int64_t>(random() % 1000);
      ASSERT_EQ(on->add(w, timeout), 0);
      due[w] = clock.now + timeout;
    }
    if (step % 16 != 0) continue;
    last = 0;
    after(static_cast<std::int64_t>(random() % 100));
    for (const auto& [who, deadline] : due) ASSERT_GT(deadline, clock.now) << "forgotten";
  }
  for (const auto& w : all) on->remove(w.get(), removal::wait);
}

TEST_P(timers, keep_the_moment_of_the_turn_while_callbacks_run) {
  watching second(*on, -1, 0);
  watching first(*on, -1, 0, [&] {
    clock.now += 5 * ms;  // a slow callback
    ASSERT_EQ(on->add(&second, 10 * ms), 0);
    clock.now += 5 * ms;
  });
  ASSERT_EQ(on->add(&first, 0), 0);
  after(0);
  after(0);
  EXPECT_EQ(second.calls, 1) << "10 ms after the turn began";
}

EDDY_ON_EVERY_BACKEND(timers);

// With the system's clock: the wait itself must not end too early.
class timers_in_earnest : public on_every_backend {};

TEST_P(timers_in_earnest, fire_no_earlier_than_they_should) {
  opened_loop on(GetParam());
  for (const std::int64_t length : {100'000, 999'999, 1'500'000, 5'000'001}) {
    std::int64_t fired = 0;
    watching w(*on, -1, 0, [&] { fired = on->now_uncached(); });
    const std::int64_t added = on->now_uncached();
    ASSERT_EQ(on->add(&w, length), 0);
    EXPECT_EQ(on->run(0), run_result::nothing_to_do);
    EXPECT_GE(fired - added, length);
  }
}

EDDY_ON_EVERY_BACKEND(timers_in_earnest);

}  // namespace
}  // namespace eddy::engine::test
