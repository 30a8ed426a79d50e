// A callback that throws: the exception leaves run(), and the loop goes on when it is run again.
#include <gtest/gtest.h>
#include <signal.h>

#include <functional>
#include <stdexcept>
#include <vector>

#include "capi/settings.h"
#include "ops/ops.h"
#include "support/backends.h"
#include "support/sockets.h"
#include "support/watching.h"

#include <event2/thread.h>

namespace eddy::engine::test {
namespace {

struct thrown {
  const char* where;
};

enum class locks { none, pthreads };

class throwing_callbacks : public testing::TestWithParam<std::tuple<std::string, locks>> {
 protected:
  throwing_callbacks() : on(std::get<0>(GetParam()), with_locks(std::get<1>(GetParam()))) {}

  static loop_options with_locks(locks chosen) {
    loop_options options;
    if (chosen == locks::pthreads) {
      evthread_use_pthreads();
      options.threads = capi::process_threading();
    }
    return options;
  }

  void run_throws(const char* where) {
    try {
      (void)on->run(0);
      FAIL() << "nothing was thrown from " << where;
    } catch (const thrown& caught) {
      EXPECT_STREQ(caught.where, where);
    }
    EXPECT_FALSE(on->running());
    EXPECT_EQ(on->running_callback(), nullptr);
  }

  opened_loop on;
};

TEST_P(throwing_callbacks, leave_the_other_events_of_the_batch_for_the_next_run) {
  socket_pair first, second;
  char byte;
  watching a(*on, first.a.get(), watch_read | watch_persist, [&] {
    EXPECT_EQ(::read(first.a.get(), &byte, 1), 1);
    throw thrown{"descriptor"};
  });
  watching b(*on, second.a.get(), watch_read | watch_persist, [&] {
    EXPECT_EQ(::read(second.a.get(), &byte, 1), 1);
    throw thrown{"descriptor"};
  });
  ASSERT_EQ(on->add(&a, forever), 0);
  ASSERT_EQ(on->add(&b, forever), 0);
  ASSERT_EQ(::write(first.b.get(), "x", 1), 1);
  ASSERT_EQ(::write(second.b.get(), "x", 1), 1);
  run_throws("descriptor");
  run_throws("descriptor");
  EXPECT_EQ(a.calls, 1);
  EXPECT_EQ(b.calls, 1);
  EXPECT_EQ(on->run(run_nonblocking), run_result::stopped);
  EXPECT_EQ(a.calls + b.calls, 2);
  on->remove(&a, removal::wait);
  on->remove(&b, removal::wait);
  EXPECT_EQ(on->run(0), run_result::nothing_to_do);
}

TEST_P(throwing_callbacks, of_a_periodic_timer_keep_it_periodic) {
  watching timer(*on, -1, watch_persist, [] { throw thrown{"timer"}; });
  ASSERT_EQ(on->add(&timer, 1000), 0);
  run_throws("timer");
  run_throws("timer");
  EXPECT_EQ(timer.calls, 2);
  on->remove(&timer, removal::wait);
}

TEST_P(throwing_callbacks, of_a_signal_may_free_their_watcher_before) {
  auto* w = new watching(*on, SIGUSR1, watch_signal | watch_persist, {});
  w->run = [&] {
    on->remove(w, removal::do_not_wait);
    throw thrown{"signal"};
  };
  ASSERT_EQ(on->add(w, forever), 0);
  on->activate(w, watch_signal, 5);
  run_throws("signal");
  EXPECT_EQ(w->calls, 1);
  delete w;
  EXPECT_EQ(on->run(0), run_result::nothing_to_do);
}

TEST_P(throwing_callbacks, of_a_signal_may_throw_between_two_deliveries) {
  watching w(*on, SIGUSR1, watch_signal | watch_persist, [] { throw thrown{"signal"}; });
  watching other(*on, SIGUSR2, watch_signal | watch_persist, [] {});
  ASSERT_EQ(on->add(&w, forever), 0);
  ASSERT_EQ(on->add(&other, forever), 0);
  on->activate(&w, watch_signal, 3);
  run_throws("signal");
  on->activate(&other, watch_signal, 3);
  other.run = [&] { on->remove(&w, removal::do_not_wait); };
  EXPECT_EQ(on->run(run_nonblocking), run_result::stopped);
  EXPECT_EQ(other.calls, 3) << "the first watcher's removal ended the calls of the second";
  on->remove(&other, removal::wait);
}

TEST_P(throwing_callbacks, around_the_wait_leave_every_hook_in_place) {
  struct throwing_hook : wait_hook {
    int calls = 0;
    bool throws = false;
  };
  throwing_hook hooks[3];
  for (throwing_hook& h : hooks) {
    h.when = hook_time::before_wait;
    h.call = [](wait_hook* hook, std::int64_t) {
      auto* self = static_cast<throwing_hook*>(hook);
      ++self->calls;
      if (self->throws) throw thrown{"hook"};
    };
    on->add_hook(&h);
  }
  hooks[1].throws = true;
  watching timer(*on, -1, 0, [] {});
  ASSERT_EQ(on->add(&timer, 0), 0);
  run_throws("hook");
  EXPECT_EQ(hooks[2].calls, 0);
  hooks[1].throws = false;
  EXPECT_EQ(on->run(0), run_result::nothing_to_do);
  EXPECT_EQ(timer.calls, 1);
  for (throwing_hook& h : hooks) {
    EXPECT_GE(h.calls, 1);
    on->remove_hook(&h);
  }
}

TEST_P(throwing_callbacks, of_an_operation_count_as_its_completion) {
  socket_pair pair;
  struct throwing_operation : operation {
    int calls = 0;
  } op;
  op.on_self = [](callback* c, void*) {
    ++static_cast<throwing_operation*>(static_cast<operation*>(c))->calls;
    throw thrown{"operation"};
  };
  char byte = 0;
  prepare_recv(op, pair.a.get(), &byte, 1, 0);
  submit(*on, op);
  ASSERT_EQ(::write(pair.b.get(), "x", 1), 1);
  run_throws("operation");
  EXPECT_EQ(on->run(0), run_result::nothing_to_do);
  EXPECT_EQ(op.calls, 1);
  EXPECT_EQ(op.result, 1);
}

INSTANTIATE_TEST_SUITE_P(backend, throwing_callbacks,
                         testing::Combine(testing::ValuesIn(available_backends()),
                                          testing::Values(locks::none, locks::pthreads)),
                         [](const auto& one) {
                           return std::get<0>(one.param) +
                                  (std::get<1>(one.param) == locks::none ? "" : "_with_locks");
                         });

}  // namespace
}  // namespace eddy::engine::test
