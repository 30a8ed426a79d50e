// Tasks: when they start, what they give, how they fail, what they cost.
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory_resource>
#include <new>
#include <stdexcept>
#include <string>

#include "support/coroutines.h"

namespace eddy::test {
namespace {

task<int> give(int n) { co_return n; }
task<> nothing() { co_return; }
task<int> fail(const char* why) {
  throw std::runtime_error(why);
  co_return 0;
}

TEST(tasks, a_task_starts_when_it_is_awaited_and_not_before) {
  bool started = false;
  const auto body = [](bool& s) -> task<> {
    s = true;
    co_return;
  };
  loop l;
  l.run([](bool& s, auto make) -> task<> {
    task<> t = make(s);
    EXPECT_FALSE(s);
    co_await std::move(t);
    EXPECT_TRUE(s);
  }(started, body));
}

TEST(tasks, a_task_that_is_dropped_does_nothing_and_frees_its_parameters) {
  auto kept = std::make_shared<int>(1);
  {
    auto t = [](std::shared_ptr<int>) -> task<> { co_return; }(kept);
    EXPECT_EQ(kept.use_count(), 2);
    (void)t;
  }
  EXPECT_EQ(kept.use_count(), 1);
}

TEST(tasks, values_references_and_move_only_things_come_back) {
  loop l;
  static int place = 7;
  EXPECT_EQ(l.run(give(5)), 5);
  EXPECT_EQ(&l.run([]() -> task<int&> { co_return place; }()), &place);
  EXPECT_EQ(*l.run([]() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(3); }()),
            3);
  EXPECT_EQ(l.run([]() -> task<std::string> { co_return "text"; }()), "text");
}

TEST(tasks, what_a_task_throws_is_thrown_where_it_is_awaited) {
  loop l;
  const std::string caught = l.run([]() -> task<std::string> {
    try {
      co_await fail("because");
    } catch (const std::runtime_error& e) {
      co_return e.what();
    }
    co_return "";
  }());
  EXPECT_EQ(caught, "because");
  EXPECT_THROW(l.run(fail("again")), std::runtime_error);
}

TEST(tasks, a_million_tasks_in_a_row_that_end_at_once_do_not_grow_the_stack) {
  loop l;
  const long sum = l.run([]() -> task<long> {
    long s = 0;
    for (int i = 0; i < 1'000'000; ++i) s += co_await give(1);
    co_return s;
  }());
  EXPECT_EQ(sum, 1'000'000);
}

TEST(tasks, a_result_instead_of_an_exception) {
  loop l;
  l.run([]() -> task<> {
    const result<int> good = co_await as_result(give(4));
    EXPECT_EQ(*good, 4);
    const result<void> bad = co_await as_result([]() -> task<> {
      error::of_errno(ENOENT, "open", 3).raise();
      co_return;
    }());
    EXPECT_FALSE(bad);
    EXPECT_EQ(bad.error(), std::errc::no_such_file_or_directory);
    EXPECT_EQ(bad.error().message(), "open fd 3: No such file or directory");
  }());
}

TEST(tasks, a_result_of_a_task_that_throws_something_else_throws_that) {
  loop l;
  EXPECT_THROW(l.run([]() -> task<> { (void)co_await as_result(fail("other")); }()),
               std::runtime_error);
}

task<int> in_arena(std::allocator_arg_t, std::pmr::polymorphic_allocator<>, int n) { co_return n; }

TEST(tasks, a_frame_comes_from_the_allocator_that_is_handed_over) {
  struct counting : std::pmr::memory_resource {
    int taken = 0, given = 0;
    void* do_allocate(std::size_t size, std::size_t) override {
      ++taken;
      return std::malloc(size);
    }
    void do_deallocate(void* p, std::size_t, std::size_t) override {
      ++given;
      std::free(p);
    }
    bool do_is_equal(const memory_resource& other) const noexcept override {
      return this == &other;
    }
  } arena;
  loop l;
  EXPECT_EQ(l.run(in_arena(std::allocator_arg, &arena, 9)), 9);
  EXPECT_EQ(arena.taken, 1);
  EXPECT_EQ(arena.given, 1);
}

TEST(tasks, a_task_takes_memory_for_its_frame_only) {
  loop l;
  l.run([]() -> task<> {
    const long before = allocations();
    for (int i = 0; i < 100; ++i) co_await nothing();
    EXPECT_EQ(allocations() - before, 100);
  }());
}

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
// A compiler's fault that would otherwise show as anything but itself.
task<bool> truth() { co_return true; }
task<> has_a_bare_condition(int& n) {
  if (co_await truth()) ++n;
}
TEST(tasks_that_the_compiler_spoils, one_that_is_miscompiled_ends_the_program_and_says_why) {
  int n = 0;
  EXPECT_DEATH((void)has_a_bare_condition(n), "write `if .auto b = co_await x.`");
}
#endif

TEST(errors, what_was_tried_on_what_and_why) {
  const error e(std::make_error_code(std::errc::connection_refused), "connect to", "[::1]:80");
  EXPECT_EQ(e.message(), "connect to [::1]:80: Connection refused");
  const error copy = e;
  EXPECT_EQ(copy.on(), "[::1]:80");
  try {
    copy.raise();
  } catch (const std::system_error& thrown) {
    EXPECT_EQ(thrown.what(), e.message());
    EXPECT_EQ(thrown.code(), std::errc::connection_refused);
  }
  EXPECT_EQ(e.with(std::errc::timed_out).message(), "connect to [::1]:80: Connection timed out");
}

}  // namespace
}  // namespace eddy::test
