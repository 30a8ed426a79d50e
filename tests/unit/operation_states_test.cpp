// One end for each submit, whatever the kernel does: all short scripts, and many long ones.
#include <gtest/gtest.h>

#include <cerrno>
#include <functional>
#include <memory>
#include <vector>

#include "support/scripted_kernel.h"

namespace eddy::engine::test {
namespace {

// A loop's part: who submits, cancels, waits and is told.
class script {
 public:
  script(choices& by, kernel_kind is) : by_(by), kernel_(by, is) {
    if (is == kernel_kind::ring)
      kernel_.room = by.pick(3) == 2 ? 100 : by.pick(2);
    else
      kernel_.ends_in_call = true;
    for (one& o : all_) o.op = std::make_unique<operation>();
  }

  void step() {
    std::vector<std::function<void()>> may;
    for (one& o : all_) {
      if (o.op->state == progress::idle && o.submits < 2) may.push_back([&] { submit(o); });
      if (o.op->state == progress::in_flight) may.push_back([&] { cancel(o); });
    }
    for (const scripted_kernel::move& m : kernel_.moves())
      may.push_back([this, m] { kernel_.make(m); });
    may.push_back([this] { turn(); });
    if (kernel_.room < 2) may.push_back([this] { ++kernel_.room; });
    may[static_cast<std::size_t>(by_.pick(static_cast<int>(may.size())))]();
    check();
  }

  // Everything is cancelled, and the kernel does what it must.
  void finish() {
    kernel_.room = 100;
    for (one& o : all_)
      if (o.op->state == progress::in_flight) cancel(o);
    for (int turns = 0; kernel_.operations.in_flight() != 0 && turns < 10; ++turns) {
      turn();
      while (!kernel_.has.empty()) kernel_.make(kernel_.moves().front());
    }
    turn();
    EXPECT_EQ(kernel_.operations.in_flight(), 0u);
    EXPECT_FALSE(kernel_.operations.has_finished());
    for (one& o : all_) EXPECT_EQ(o.ends, o.submits);
  }

 private:
  struct one {
    std::unique_ptr<operation> op;
    std::uint64_t last_handle = 0;
    int submits = 0;
    int ends = 0;
    bool cancelled = false;
  };

  void submit(one& o) {
    ++o.submits;
    o.cancelled = false;
    o.op->size = 8;
    o.op->result = 77;
    o.op->state = progress::in_flight;
    ASSERT_EQ(kernel_.operations.submit(kernel_, o.op.get()), 0);
    ASSERT_NE(o.op->handle, o.last_handle);
    o.last_handle = o.op->handle;
  }

  void cancel(one& o) {
    o.cancelled = true;
    o.op->state = progress::cancelling;
    kernel_.operations.cancel(kernel_, o.op.get());
  }

  void turn() {
    kernel_.operations.give_cancels(kernel_);
    kernel_.operations.give_waiting(kernel_);
    while (operation* op = kernel_.operations.take_finished()) told(op);
  }

  void told(operation* op) {
    for (one& o : all_) {
      if (o.op.get() != op) continue;
      ++o.ends;
      EXPECT_NE(op->state, progress::idle) << "told twice";
      EXPECT_TRUE(op->result == 8 || op->result == 4 || op->result == -EIO ||
                  (op->result == -ECANCELED && o.cancelled))
          << op->result;
      EXPECT_EQ(kernel_.operations.of(op->handle), nullptr) << "its number is still in use";
      // Its owner may free it at once: what comes late must not touch it.
      o.op = std::make_unique<operation>();
      return;
    }
    ADD_FAILURE() << "told of an operation that nobody submitted";
  }

  void check() {
    int awaited = 0;
    for (const one& o : all_) awaited += o.submits - o.ends;
    std::size_t finished = static_cast<std::size_t>(awaited) - kernel_.operations.in_flight();
    EXPECT_LE(finished, all_.size());
    EXPECT_EQ(finished != 0, kernel_.operations.has_finished());
  }

  choices& by_;
  scripted_kernel kernel_;
  std::vector<one> all_{2};
};

class operation_states_on : public testing::TestWithParam<kernel_kind> {};
INSTANTIATE_TEST_SUITE_P(kernel, operation_states_on,
                         testing::Values(kernel_kind::ring, kernel_kind::port), [](const auto& k) {
                           return k.param == kernel_kind::ring ? "ring" : "port";
                         });

TEST_P(operation_states_on, each_submit_has_one_end_in_every_short_script) {
  choices by;
  int scripts = 0;
  do {
    script s(by, GetParam());
    for (int i = 0; i < 6; ++i) s.step();
    s.finish();
    ++scripts;
    ASSERT_FALSE(HasFailure()) << by.told();
  } while (by.next());
  EXPECT_GT(scripts, 10'000);
}

TEST_P(operation_states_on, each_submit_has_one_end_in_long_scripts) {
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    choices by;
    by.seed(seed);
    script s(by, GetParam());
    for (int i = 0; i < 40; ++i) s.step();
    s.finish();
    ASSERT_FALSE(HasFailure()) << "seed " << seed;
  }
}

TEST(operation_states_test, what_is_cancelled_before_the_kernel_has_room_never_reaches_it) {
  choices by;
  scripted_kernel kernel(by, kernel_kind::ring);
  kernel.room = 0;
  operation op;
  ASSERT_EQ(kernel.operations.submit(kernel, &op), 0);
  op.state = progress::cancelling;
  kernel.operations.cancel(kernel, &op);
  EXPECT_EQ(kernel.operations.in_flight(), 0u);
  kernel.room = 10;
  kernel.operations.give_waiting(kernel);
  EXPECT_TRUE(kernel.has.empty());
  EXPECT_EQ(kernel.operations.take_finished(), &op);
  EXPECT_EQ(op.result, -ECANCELED);
}

TEST(operation_states_test, those_that_wait_for_room_are_given_in_their_order) {
  choices by;
  scripted_kernel kernel(by, kernel_kind::ring);
  kernel.room = 0;
  operation ops[3];
  for (operation& op : ops) ASSERT_EQ(kernel.operations.submit(kernel, &op), 0);
  for (int room = 1; room <= 3; ++room) {
    kernel.room = 1;
    kernel.operations.give_waiting(kernel);
    ASSERT_EQ(kernel.has.size(), static_cast<std::size_t>(room));
    EXPECT_EQ(kernel.has.back().whose, &ops[room - 1]);
  }
  kernel.operations.finish_all(-ECANCELED);
  while (kernel.operations.take_finished() != nullptr) {
  }
}

TEST(operation_states_test, a_kernel_that_is_gone_ends_what_it_had_and_the_next_one_gets_the_rest) {
  choices by;
  scripted_kernel old(by, kernel_kind::ring);
  operation again, once, cancelled;
  once.what = verb::connect;
  again.state = once.state = cancelled.state = progress::in_flight;
  for (operation* op : {&again, &once, &cancelled}) ASSERT_EQ(old.operations.submit(old, op), 0);
  cancelled.state = progress::cancelling;
  old.operations.cancel(old, &cancelled);
  old.has.clear();
  old.operations.give_again(old, [](const operation* op) { return op->what != verb::connect; });
  ASSERT_EQ(old.has.size(), 1u);
  EXPECT_EQ(old.has[0].whose, &again);
  EXPECT_EQ(old.operations.in_flight(), 1u);
  EXPECT_EQ(old.operations.take_finished(), &once);
  EXPECT_EQ(once.result, -ECANCELED);
  EXPECT_EQ(old.operations.take_finished(), &cancelled);
  old.make({0, scripted_kernel::outcome::all});
  EXPECT_EQ(old.operations.take_finished(), &again);
}

}  // namespace
}  // namespace eddy::engine::test
