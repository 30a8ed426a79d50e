// evthread_enable_lock_debugging(): each misuse of a lock ends the program with a message.
#include <event2/event.h>
#include <event2/thread.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>

#include "base/memory.h"
#include "capi/process_state.h"
#include "capi/settings.h"

namespace {

namespace capi = eddy::engine::capi;

unsigned last_type_asked_for = 0;
bool no_more_locks = false;

void* remembering_alloc(unsigned type) {
  last_type_asked_for = type;
  return no_more_locks ? nullptr : std::malloc(1);
}
void remembering_free(void* lock, unsigned type) {
  last_type_asked_for = type;
  std::free(lock);
}

class lock_debugging : public ::testing::Test {
 protected:
  void SetUp() override {
    reset();
    ASSERT_EQ(evthread_use_pthreads(), 0);
    evthread_enable_lock_debugging();
    t_ = capi::process_threading();
    ASSERT_NE(t_, nullptr);
  }
  void TearDown() override { reset(); }

  static void reset() {
    capi::process.functions = {};
    capi::process.lock_types = 0;
    capi::process.locks_set = false;
    capi::process.conditions_set = false;
    capi::process.lock_debugging = false;
  }

  const eddy::engine::threading* t_ = nullptr;
};

using lock_debugging_death = lock_debugging;
const auto aborted = ::testing::KilledBySignal(SIGABRT);

TEST_F(lock_debugging, lets_right_use_pass) {
  for (unsigned type : {0U, unsigned{EVTHREAD_LOCKTYPE_RECURSIVE}}) {
    void* lock = t_->lock_alloc(type);
    ASSERT_NE(lock, nullptr);
    EXPECT_EQ(t_->lock(0, lock), 0);
    if (type != 0) {
      EXPECT_EQ(t_->lock(0, lock), 0);
      EXPECT_EQ(t_->unlock(0, lock), 0);
    }
    EXPECT_EQ(t_->unlock(0, lock), 0);
    t_->lock_free(lock, type);
  }
}

TEST_F(lock_debugging, still_excludes_other_threads) {
  void* lock = t_->lock_alloc(0);
  ASSERT_EQ(t_->lock(0, lock), 0);
  int tried = 0;
  std::thread([&] { tried = t_->lock(EVTHREAD_TRY, lock); }).join();
  EXPECT_NE(tried, 0);
  ASSERT_EQ(t_->unlock(0, lock), 0);
  std::thread([&] {
    tried = t_->lock(EVTHREAD_TRY, lock);
    t_->unlock(0, lock);
  }).join();
  EXPECT_EQ(tried, 0);
  t_->lock_free(lock, 0);
}

TEST_F(lock_debugging_death, catches_a_plain_lock_taken_twice_instead_of_hanging) {
  void* lock = t_->lock_alloc(0);
  t_->lock(0, lock);
  EXPECT_EXIT(t_->lock(0, lock), aborted, "taken twice by one thread");
  t_->unlock(0, lock);
  t_->lock_free(lock, 0);
}

TEST_F(lock_debugging_death, catches_a_lock_given_back_without_being_held) {
  void* lock = t_->lock_alloc(EVTHREAD_LOCKTYPE_RECURSIVE);
  EXPECT_EXIT(t_->unlock(0, lock), aborted, "thread that does not have it");
  t_->lock(0, lock);
  EXPECT_EXIT(std::thread([&] { t_->unlock(0, lock); }).join(), aborted,
              "thread that does not have it");
  t_->unlock(0, lock);
  t_->lock_free(lock, EVTHREAD_LOCKTYPE_RECURSIVE);
}

TEST_F(lock_debugging_death, catches_a_held_lock_that_is_freed) {
  void* lock = t_->lock_alloc(0);
  t_->lock(0, lock);
  EXPECT_EXIT(t_->lock_free(lock, 0), aborted, "freed while held");
  t_->unlock(0, lock);
  EXPECT_EXIT(t_->lock_free(lock, EVTHREAD_LOCKTYPE_RECURSIVE), aborted, "another type");
  t_->lock_free(lock, 0);
}

TEST_F(lock_debugging_death, catches_a_read_write_lock_taken_for_neither) {
  void* lock = t_->lock_alloc(EVTHREAD_LOCKTYPE_READWRITE);
  EXPECT_EXIT(t_->lock(0, lock), aborted, "neither reading nor writing");
  EXPECT_EQ(t_->lock(EVTHREAD_WRITE, lock), 0);
  EXPECT_EQ(t_->unlock(EVTHREAD_WRITE, lock), 0);
  EXPECT_EQ(t_->lock(EVTHREAD_READ, lock), 0);
  EXPECT_EQ(t_->unlock(EVTHREAD_READ, lock), 0);
  t_->lock_free(lock, EVTHREAD_LOCKTYPE_READWRITE);
}

TEST_F(lock_debugging_death, catches_a_wait_without_the_lock) {
  void* lock = t_->lock_alloc(EVTHREAD_LOCKTYPE_RECURSIVE);
  void* cond = t_->cond_alloc(0);
  EXPECT_EXIT(t_->cond_wait(cond, lock, nullptr), aborted, "waited for without its lock");
  t_->lock(0, lock);
  t_->lock(0, lock);
  EXPECT_EXIT(t_->cond_wait(cond, lock, nullptr), aborted, "taken more than once");
  t_->unlock(0, lock);
  t_->unlock(0, lock);
  t_->cond_free(cond);
  t_->lock_free(lock, EVTHREAD_LOCKTYPE_RECURSIVE);
}

TEST_F(lock_debugging_death, goes_through_the_fatal_callback) {
  void* lock = t_->lock_alloc(0);
  const auto misuse = [&] {
    event_set_fatal_callback([](int) { std::_Exit(42); });
    t_->unlock(0, lock);
  };
  EXPECT_EXIT(misuse(), ::testing::ExitedWithCode(42), "does not have it");
  t_->lock_free(lock, 0);
}

TEST_F(lock_debugging, can_be_enabled_before_the_functions_are_set_and_under_its_old_name) {
  reset();
  evthread_enable_lock_debuging();
  const evthread_lock_callbacks locks{EVTHREAD_LOCK_API_VERSION,
                                      EVTHREAD_LOCKTYPE_RECURSIVE,
                                      remembering_alloc,
                                      remembering_free,
                                      [](unsigned, void*) { return 0; },
                                      [](unsigned, void*) { return 0; }};
  ASSERT_EQ(evthread_set_lock_callbacks(&locks), 0);
  const eddy::engine::threading* t = capi::process_threading();
  void* lock = t->lock_alloc(0);
  EXPECT_EQ(last_type_asked_for, unsigned{EVTHREAD_LOCKTYPE_RECURSIVE});
  last_type_asked_for = 0;
  t->lock_free(lock, 0);
  EXPECT_EQ(last_type_asked_for, unsigned{EVTHREAD_LOCKTYPE_RECURSIVE})
      << "freed as the type that was asked for";
  EXPECT_EQ(t->cond_alloc, nullptr);
}

TEST_F(lock_debugging, checks_even_when_there_is_nothing_to_lock_with) {
  reset();
  evthread_enable_lock_debugging();
  const eddy::engine::threading* t = capi::process_threading();
  ASSERT_NE(t, nullptr);
  void* lock = t->lock_alloc(0);
  EXPECT_EQ(t->lock(0, lock), 0);
  EXPECT_EQ(t->unlock(0, lock), 0);
  t->lock_free(lock, 0);
}

TEST_F(lock_debugging, has_no_lock_when_memory_or_the_program_has_none) {
  eddy::engine::memory::set_functions(
      {[](std::size_t) -> void* { return nullptr; }, nullptr, nullptr});
  EXPECT_EQ(t_->lock_alloc(0), nullptr);
  eddy::engine::memory::set_functions({nullptr, nullptr, nullptr});
  reset();
  evthread_enable_lock_debugging();
  const evthread_lock_callbacks locks{EVTHREAD_LOCK_API_VERSION,
                                      EVTHREAD_LOCKTYPE_RECURSIVE,
                                      remembering_alloc,
                                      remembering_free,
                                      [](unsigned, void*) { return 0; },
                                      [](unsigned, void*) { return 0; }};
  ASSERT_EQ(evthread_set_lock_callbacks(&locks), 0);
  no_more_locks = true;
  EXPECT_EQ(capi::process_threading()->lock_alloc(0), nullptr);
  no_more_locks = false;
}

}  // namespace
