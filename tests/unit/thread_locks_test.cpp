#include <event2/event.h>
#include <event2/thread.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <limits>
#include <string>
#include <thread>

#include "base/memory.h"
#include "capi/process_state.h"
#include "capi/settings.h"
#include "support/system.h"

namespace {

namespace capi = eddy::engine::capi;

using seconds = decltype(timeval::tv_sec);
constexpr auto least = std::numeric_limits<seconds>::min(),
               most = std::numeric_limits<seconds>::max();

std::string messages;

int no_lock = 0;
void* own_alloc(unsigned) { return &no_lock; }
void* other_alloc(unsigned) { return nullptr; }
void own_free(void*, unsigned) {}
int own_lock(unsigned, void*) { return 0; }
int own_unlock(unsigned, void*) { return 0; }
void* own_cond_alloc(unsigned) { return &no_lock; }
void* other_cond_alloc(unsigned) { return nullptr; }
void own_cond_free(void*) {}
int own_signal(void*, int) { return 0; }
int own_wait(void*, void*, const timeval*) { return 0; }
unsigned long own_id() { return 4711; }

evthread_lock_callbacks own_locks() {
  return {EVTHREAD_LOCK_API_VERSION,
          EVTHREAD_LOCKTYPE_RECURSIVE,
          own_alloc,
          own_free,
          own_lock,
          own_unlock};
}

evthread_condition_callbacks own_conditions() {
  return {EVTHREAD_CONDITION_API_VERSION, own_cond_alloc, own_cond_free, own_signal, own_wait};
}

// The settings are the process's: each test starts from those of a new one.
void reset() {
  capi::process.functions = {};
  capi::process.lock_types = 0;
  capi::process.locks_set = false;
  capi::process.conditions_set = false;
  capi::process.lock_debugging = false;
  capi::process.require_threads_first = false;
  capi::process.used_without_threads = false;
}

class threads : public ::testing::Test {
 protected:
  void SetUp() override {
    reset();
    messages.clear();
    event_set_log_callback([](int, const char* text) { messages += text; });
  }
  void TearDown() override {
    reset();
    event_set_log_callback(nullptr);
  }
};

TEST_F(threads, are_off_until_something_enables_them) {
  EXPECT_EQ(capi::process_threading(), nullptr);
  evthread_set_id_callback(own_id);
  const evthread_condition_callbacks conditions = own_conditions();
  EXPECT_EQ(evthread_set_condition_callbacks(&conditions), 0);
  EXPECT_EQ(capi::process_threading(), nullptr);
}

TEST_F(threads, use_the_locks_of_the_program) {
  const evthread_lock_callbacks locks = own_locks();
  EXPECT_EQ(evthread_set_lock_callbacks(&locks), 0);
  const eddy::engine::threading* t = capi::process_threading();
  ASSERT_NE(t, nullptr);
  EXPECT_EQ(t->lock_alloc, own_alloc);
  EXPECT_EQ(t->lock_free, own_free);
  EXPECT_EQ(t->lock, own_lock);
  EXPECT_EQ(t->unlock, own_unlock);
  EXPECT_EQ(t->cond_alloc, nullptr);
}

TEST_F(threads, accept_the_same_functions_twice_and_refuse_others) {
  const evthread_lock_callbacks locks = own_locks();
  const evthread_condition_callbacks conditions = own_conditions();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(evthread_set_lock_callbacks(&locks), 0);
    EXPECT_EQ(evthread_set_condition_callbacks(&conditions), 0);
  }
  EXPECT_EQ(messages, "");
  evthread_lock_callbacks other = locks;
  other.alloc = other_alloc;
  EXPECT_EQ(evthread_set_lock_callbacks(&other), -1);
  EXPECT_NE(messages, "");
  other = locks;
  other.supported_locktypes = 0;
  EXPECT_EQ(evthread_set_lock_callbacks(&other), -1);
  evthread_condition_callbacks other_condition = conditions;
  other_condition.alloc_condition = other_cond_alloc;
  EXPECT_EQ(evthread_set_condition_callbacks(&other_condition), -1);
  EXPECT_EQ(capi::process_threading()->lock_alloc, own_alloc);
}

TEST_F(threads, refuse_an_incomplete_set_of_functions) {
  for (int missing = 0; missing < 4; ++missing) {
    evthread_lock_callbacks locks = own_locks();
    evthread_condition_callbacks conditions = own_conditions();
    if (missing == 0) locks.alloc = nullptr, conditions.alloc_condition = nullptr;
    if (missing == 1) locks.free = nullptr, conditions.free_condition = nullptr;
    if (missing == 2) locks.lock = nullptr, conditions.signal_condition = nullptr;
    if (missing == 3) locks.unlock = nullptr, conditions.wait_condition = nullptr;
    EXPECT_EQ(evthread_set_lock_callbacks(&locks), -1) << missing;
    EXPECT_EQ(evthread_set_condition_callbacks(&conditions), -1) << missing;
    EXPECT_EQ(capi::process_threading(), nullptr);
  }
}

TEST_F(threads, can_be_switched_off_again) {
  EXPECT_EQ(evthread_set_lock_callbacks(nullptr), 0);
  EXPECT_EQ(evthread_set_condition_callbacks(nullptr), 0);
  EXPECT_EQ(messages, "");
  const evthread_lock_callbacks locks = own_locks();
  ASSERT_EQ(evthread_set_lock_callbacks(&locks), 0);
  EXPECT_EQ(evthread_set_lock_callbacks(nullptr), 0);
  EXPECT_NE(messages, "") << "there may be bases that have locks";
  EXPECT_EQ(capi::process_threading(), nullptr);
  EXPECT_EQ(evthread_set_lock_callbacks(&locks), 0);
}

TEST_F(threads, are_told_apart_even_if_the_program_gives_no_ids) {
  const evthread_lock_callbacks locks = own_locks();
  ASSERT_EQ(evthread_set_lock_callbacks(&locks), 0);
  const eddy::engine::threading* t = capi::process_threading();
  const unsigned long mine = t->thread_id();
  unsigned long theirs = mine;
  std::thread([&] { theirs = t->thread_id(); }).join();
  EXPECT_NE(mine, theirs);
  EXPECT_EQ(mine, t->thread_id());
  evthread_set_id_callback(own_id);
  EXPECT_EQ(t->thread_id(), 4711UL);
  evthread_set_id_callback(nullptr);
  EXPECT_EQ(t->thread_id(), mine);
}

TEST_F(threads, can_be_enabled_after_a_base_was_made) {
  capi::process_threading();
  EXPECT_EQ(evthread_use_pthreads(), 0);
  EXPECT_NE(capi::process_threading(), nullptr);
}

using threads_death = threads;

TEST_F(threads_death, in_debug_mode_must_be_enabled_before_the_first_base) {
  capi::require_threads_before_bases();
  EXPECT_EQ(evthread_use_pthreads(), 0);
  reset();
  capi::require_threads_before_bases();
  capi::process_threading();
  event_set_log_callback(nullptr);
  EXPECT_EXIT(evthread_use_pthreads(), ::testing::ExitedWithCode(1), "no lock");
}

TEST_F(threads, of_posix_can_be_asked_for_twice) {
  EXPECT_EQ(evthread_use_pthreads(), 0);
  EXPECT_EQ(evthread_use_pthreads(), 0);
  EXPECT_EQ(messages, "");
  EXPECT_EQ(capi::process_threading()->thread_id(), eddy::engine::test::number_of_this_thread());
}

TEST_F(threads, of_posix_are_not_mixed_with_functions_of_the_program) {
  const evthread_lock_callbacks locks = own_locks();
  ASSERT_EQ(evthread_set_lock_callbacks(&locks), 0);
  EXPECT_EQ(evthread_use_pthreads(), -1);
  EXPECT_EQ(capi::process_threading()->cond_alloc, nullptr);
  reset();
  const evthread_condition_callbacks conditions = own_conditions();
  ASSERT_EQ(evthread_set_condition_callbacks(&conditions), 0);
  EXPECT_EQ(evthread_use_pthreads(), -1);
  EXPECT_EQ(capi::process_threading(), nullptr) << "all or nothing";
}

TEST_F(threads, of_posix_exclude_each_other_with_a_lock) {
  ASSERT_EQ(evthread_use_pthreads(), 0);
  const eddy::engine::threading* t = capi::process_threading();
  void* lock = t->lock_alloc(0);
  ASSERT_NE(lock, nullptr);
  int counter = 0;
  const auto count = [&] {
    for (int i = 0; i < 20000; ++i) {
      ASSERT_EQ(t->lock(0, lock), 0);
      ++counter;
      ASSERT_EQ(t->unlock(0, lock), 0);
    }
  };
  std::thread other(count);
  count();
  other.join();
  EXPECT_EQ(counter, 40000);
  ASSERT_EQ(t->lock(0, lock), 0);
  std::thread([&] { EXPECT_NE(t->lock(EVTHREAD_TRY, lock), 0) << "a try does not wait"; }).join();
  ASSERT_EQ(t->unlock(0, lock), 0);
  EXPECT_EQ(t->lock(EVTHREAD_TRY, lock), 0);
  ASSERT_EQ(t->unlock(0, lock), 0);
  t->lock_free(lock, 0);
}

TEST_F(threads, of_posix_can_take_a_recursive_lock_again) {
  ASSERT_EQ(evthread_use_pthreads(), 0);
  const eddy::engine::threading* t = capi::process_threading();
  void* lock = t->lock_alloc(EVTHREAD_LOCKTYPE_RECURSIVE);
  ASSERT_NE(lock, nullptr);
  EXPECT_EQ(t->lock(0, lock), 0);
  EXPECT_EQ(t->lock(EVTHREAD_TRY, lock), 0);
  EXPECT_EQ(t->unlock(0, lock), 0);
  EXPECT_EQ(t->unlock(0, lock), 0);
  t->lock_free(lock, EVTHREAD_LOCKTYPE_RECURSIVE);
}

class conditions : public threads {
 protected:
  void SetUp() override {
    threads::SetUp();
    ASSERT_EQ(evthread_use_pthreads(), 0);
    if (debugging()) evthread_enable_lock_debugging();
    t_ = capi::process_threading();
    lock_ = t_->lock_alloc(0);
    cond_ = t_->cond_alloc(0);
    ASSERT_TRUE(lock_ != nullptr && cond_ != nullptr);
  }
  void TearDown() override {
    t_->cond_free(cond_);
    t_->lock_free(lock_, 0);
    threads::TearDown();
  }
  virtual bool debugging() const { return false; }

  void wakes_a_waiting_thread(int broadcast) {
    bool ready = false;
    bool woken = false;
    std::thread other([&] {
      t_->lock(0, lock_);
      while (!ready) EXPECT_EQ(t_->cond_wait(cond_, lock_, nullptr), 0);
      woken = true;
      t_->unlock(0, lock_);
    });
    t_->lock(0, lock_);
    ready = true;
    EXPECT_EQ(t_->cond_signal(cond_, broadcast), 0);
    t_->unlock(0, lock_);
    other.join();
    EXPECT_TRUE(woken);
  }

  const eddy::engine::threading* t_ = nullptr;
  void* lock_ = nullptr;
  void* cond_ = nullptr;
};

class checked_conditions : public conditions {
 protected:
  bool debugging() const override { return true; }
};

TEST_F(conditions, wake_a_waiting_thread) {
  wakes_a_waiting_thread(0);
  wakes_a_waiting_thread(1);
}

TEST_F(checked_conditions, wake_a_waiting_thread) { wakes_a_waiting_thread(0); }

TEST_F(conditions, tell_when_the_time_ran_out_and_never_early) {
  t_->lock(0, lock_);
  const auto start = std::chrono::steady_clock::now();
  const timeval limit{0, 20000};
  EXPECT_EQ(t_->cond_wait(cond_, lock_, &limit), 1);
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(20));
  t_->unlock(0, lock_);
}

TEST_F(conditions, take_any_interval_without_overflow) {
  t_->lock(0, lock_);
  for (const timeval limit : {timeval{0, 0}, timeval{-1, 0}, timeval{0, -5}, timeval{-1, 2000},
                              timeval{least, least}, timeval{0, 1000000 - 1 - 999000}})
    EXPECT_EQ(t_->cond_wait(cond_, lock_, &limit), 1) << limit.tv_sec << " " << limit.tv_usec;
  t_->unlock(0, lock_);
}

TEST_F(conditions, that_may_wait_for_ever_still_wake) {
  bool ready = false;
  std::thread other([&] {
    t_->lock(0, lock_);
    const timeval limit{most, most};
    while (!ready) EXPECT_EQ(t_->cond_wait(cond_, lock_, &limit), 0);
    t_->unlock(0, lock_);
  });
  t_->lock(0, lock_);
  ready = true;
  t_->cond_signal(cond_, 0);
  t_->unlock(0, lock_);
  other.join();
}

TEST_F(threads, of_posix_have_no_locks_when_memory_is_exhausted) {
  ASSERT_EQ(evthread_use_pthreads(), 0);
  const eddy::engine::threading* t = capi::process_threading();
  eddy::engine::memory::set_functions(
      {[](std::size_t) -> void* { return nullptr; }, nullptr, nullptr});
  EXPECT_EQ(t->lock_alloc(0), nullptr);
  EXPECT_EQ(t->cond_alloc(0), nullptr);
  eddy::engine::memory::set_functions({nullptr, nullptr, nullptr});
}

}  // namespace
