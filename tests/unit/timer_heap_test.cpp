// The timer heap against a model.
#include "base/timer_heap.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <vector>

namespace eddy::engine {
namespace {

class timer_heap_model : public testing::Test {
 protected:
  timer_heap heap;
  std::vector<std::unique_ptr<watcher>> watchers;
  std::map<watcher*, std::int64_t> expected;  // what stands in the heap, and until when

  explicit timer_heap_model(int count = 2000) {
    for (int i = 0; i < count; ++i) watchers.push_back(std::make_unique<watcher>());
  }

  void push(watcher* w, std::int64_t deadline) {
    ASSERT_TRUE(heap.reserve_one());
    w->deadline = deadline;
    heap.push(w);
    expected[w] = deadline;
  }

  // Takes what is due, and checks that it is just that, in order.
  void take(std::int64_t now) {
    std::int64_t before = INT64_MIN;
    heap.take_due(now, [&](watcher* w) {
      ASSERT_EQ(expected.count(w), 1u);
      EXPECT_LE(expected[w], now) << "early";
      EXPECT_GE(expected[w], before) << "out of order";
      before = expected[w];
      expected.erase(w);
    });
    for (const auto& [w, deadline] : expected) EXPECT_GT(deadline, now) << "forgotten";
    EXPECT_EQ(heap.size(), expected.size());
  }
};

TEST_F(timer_heap_model, agrees_with_a_map_over_a_hundred_thousand_random_steps) {
  std::mt19937_64 random(20261123);
  std::int64_t now = 0;
  for (int step = 0; step < 100'000; ++step) {
    watcher* w = watchers[random() % watchers.size()].get();
    const std::int64_t deadline = now + static_cast<std::int64_t>(random() % 1000);
    if (expected.count(w) == 0) {
      push(w, deadline);
    } else if (random() % 3 == 0) {
      heap.remove(w);
      expected.erase(w);
    } else {
      heap.move(w, deadline);
      expected[w] = deadline;
    }
    if (step % 64 == 0) take(now += static_cast<std::int64_t>(random() % 40));
    if (!expected.empty() && step % 1000 == 0) {
      std::int64_t earliest = INT64_MAX;
      for (const auto& [each, until] : expected) earliest = std::min(earliest, until);
      ASSERT_EQ(heap.next_deadline(), earliest);
    }
  }
}

TEST_F(timer_heap_model, fires_all_at_once_in_order) {
  for (std::size_t i = 0; i < watchers.size(); ++i)
    push(watchers[i].get(), static_cast<std::int64_t>(i * 7919 % watchers.size()));
  take(INT64_MAX - 1);
  EXPECT_TRUE(heap.empty());
}

TEST_F(timer_heap_model, fires_a_good_part_and_keeps_the_rest_a_heap) {
  for (std::size_t i = 0; i < watchers.size(); ++i)
    push(watchers[i].get(), static_cast<std::int64_t>(i * 7919 % watchers.size()));
  for (std::size_t i = 0; i < watchers.size(); i += 3) {
    heap.move(watchers[i].get(), 5000);
    expected[watchers[i].get()] = 5000;
  }
  take(static_cast<std::int64_t>(watchers.size()) / 2);
  take(static_cast<std::int64_t>(watchers.size()));
  EXPECT_EQ(heap.next_deadline(), 5000);
  take(5000);
  EXPECT_TRUE(heap.empty());
}

TEST_F(timer_heap_model, a_deadline_that_moved_later_and_then_earlier_counts_as_the_last_one) {
  push(watchers[0].get(), 10);
  heap.move(watchers[0].get(), 100);
  heap.move(watchers[0].get(), 50);
  expected[watchers[0].get()] = 50;
  take(49);
  EXPECT_EQ(heap.next_deadline(), 50);
  take(50);
}

TEST_F(timer_heap_model, keeps_the_few_that_are_left_when_most_are_removed) {
  for (std::size_t i = 0; i < watchers.size(); ++i)
    push(watchers[i].get(), static_cast<std::int64_t>(i * 7919 % watchers.size()));
  EXPECT_EQ(heap.next_deadline(), 0);
  for (std::size_t i = 0; i < watchers.size(); ++i) {
    if (i % 100 == 7) continue;
    heap.remove(watchers[i].get());
    expected.erase(watchers[i].get());
  }
  EXPECT_EQ(heap.size(), expected.size());
  int seen = 0;
  heap.for_each([&](watcher* w) { return seen += static_cast<int>(expected.count(w)), true; });
  EXPECT_EQ(static_cast<std::size_t>(seen), expected.size());
  for (std::int64_t now = 0; !expected.empty(); now += 100) take(now);
  EXPECT_TRUE(heap.empty());
}

TEST_F(timer_heap_model, what_was_added_and_removed_before_anybody_asked_never_fires) {
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < 40; ++i) push(watchers[static_cast<std::size_t>(i)].get(), 100 - i);
    for (int i = 0; i < 40; ++i) {
      heap.remove(watchers[static_cast<std::size_t>(i * 7 % 40)].get());
      expected.clear();
    }
    EXPECT_TRUE(heap.empty());
    EXPECT_EQ(heap.next_deadline(), INT64_MAX);
  }
  take(1000);
}

}  // namespace
}  // namespace eddy::engine
