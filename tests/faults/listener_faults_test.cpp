// Part A of the fault list: what accepting may meet, and what a listener does then.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <vector>

#include "base/memory.h"
#include "net/listener.h"
#include "support/backends.h"
#include "support/listening.h"
#include "support/no_descriptors.h"
#include "support/recorded.h"
#include "support/sockets.h"
#include "support/system.h"
#include "support/watching.h"

namespace eddy::engine::test {
namespace {

class listener_faults : public on_every_backend {
 protected:
  static loop_options driven(driven_clock& clock) {
    loop_options options;
    options.clock = clock.source();
    return options;
  }
  void look(int turns = 5) {
    for (int i = 0; i < turns; ++i) on->run(run_once | run_nonblocking);
  }
  driven_clock clock;
  opened_loop on{GetParam(), driven(clock)};
};

TEST_P(listener_faults, lack_of_descriptors_pauses_the_listener_longer_and_longer) {
  listening l(*on);
  descriptor client = silent_client_of(l);
  failing_calls failing(sys::call::accept, [](int n) { return n <= 6 ? EMFILE : 0; });
  look();
  EXPECT_EQ(failing.seen(), 1);
  EXPECT_EQ(l.errors, std::vector<int>{EMFILE});
  for (const int ms : {5, 10, 20, 40, 80, 100}) {
    const int seen = failing.seen();
    clock.now += (ms - 1) * 1'000'000LL;
    look();
    EXPECT_EQ(failing.seen(), seen) << "before " << ms << " ms have passed";
    clock.now += 1'000'000;
    look();
    EXPECT_GT(failing.seen(), seen) << ms;
  }
  EXPECT_EQ(l.accepted.size(), 1u);
  EXPECT_EQ(l.errors.size(), 1u) << "all within a second";
}

TEST_P(listener_faults, a_descriptor_that_the_loop_closes_ends_the_pause) {
  listening l(*on);
  descriptor client = silent_client_of(l);
  socket_pair other;
  bool full = true;
  failing_calls failing(sys::call::accept, [&](int) { return full ? ENFILE : 0; });
  look();
  ASSERT_TRUE(l.accepted.empty());
  full = false;
  EXPECT_EQ(on->close_descriptor(other.a.release()), 0);
  look();  // the clock stands still
  EXPECT_EQ(l.accepted.size(), 1u);
}

TEST_P(listener_faults, one_stopped_when_a_closed_descriptor_is_to_wake_it_keeps_no_loop_running) {
  listening l(*on);
  descriptor client = silent_client_of(l);
  socket_pair other;
  failing_calls failing(sys::call::accept, [](int) { return EMFILE; });
  look();
  ASSERT_EQ(l.errors.size(), 1u);
  EXPECT_EQ(on->close_descriptor(other.a.release()), 0);
  enable_listener(l, false);
  EXPECT_EQ(on->run(0), run_result::nothing_to_do) << "nothing is left to wait for";
}

TEST_P(listener_faults, one_that_sheds_closes_what_it_cannot_take_at_once) {
  listening l(*on);
  ASSERT_EQ(shed_connections(l), 0);
  descriptor client = silent_client_of(l);
  int calls = 0;
  // Full, but for the one that was spared for this.
  failing_calls failing(sys::call::accept, [&](int) { return ++calls == 1 ? EMFILE : 0; });
  look();
  char byte;
  EXPECT_EQ(::recv(client.get(), &byte, 1, 0), 0);
  EXPECT_EQ(l.shed, 1u);
  EXPECT_TRUE(l.accepted.empty());
  EXPECT_TRUE(l.errors.empty());
}

TEST_P(listener_faults, what_concerns_one_connection_is_counted_and_passed_over) {
  const std::vector<int> errors{ECONNABORTED, EPROTO,      ENETDOWN,   EHOSTDOWN, ENONET,
                                EHOSTUNREACH, ENETUNREACH, EOPNOTSUPP, EINTR,     EPERM};
  listening l(*on);
  descriptor client = silent_client_of(l);
  failing_calls failing(sys::call::accept, [&](int n) {
    const auto at = static_cast<std::size_t>(n - 1);
    return at < errors.size() ? errors[at] : 0;
  });
  look(1);
  look();
  EXPECT_EQ(l.accepted.size(), 1u);
  EXPECT_EQ(l.passed_over, errors.size());
  EXPECT_TRUE(l.errors.empty());
}

TEST_P(listener_faults, a_flood_of_failures_leaves_others_their_turn) {
  listening l(*on);
  descriptor client = silent_client_of(l);
  failing_calls failing(sys::call::accept, [](int) { return ECONNABORTED; });
  on->run(run_once | run_nonblocking);
  EXPECT_EQ(failing.seen(), 64);
}

TEST_P(listener_faults, a_connection_that_was_reset_before_it_is_accepted_is_handed_over) {
  listening l(*on);
  descriptor client = silent_client_of(l);
  const linger at_once{1, 0};
  ASSERT_EQ(::setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
  client.close();
  look();
  EXPECT_TRUE(l.errors.empty());
  if (!connections_that_were_reset_can_be_accepted) {
    EXPECT_EQ(l.passed_over, 1u);
    return;
  }
  ASSERT_EQ(l.accepted.size(), 1u);
  char byte;
  EXPECT_EQ(::recv(l.accepted[0].get(), &byte, 1, 0), -1);
  EXPECT_EQ(errno, ECONNRESET);
}

TEST_P(listener_faults, disabling_during_a_pause_lasts) {
  listening l(*on);
  descriptor client = silent_client_of(l);
  int failures = 1;
  failing_calls failing(sys::call::accept, [&](int) { return failures-- > 0 ? EMFILE : 0; });
  look();
  EXPECT_EQ(enable_listener(l, false), 0);
  clock.now += 1'000'000'000;
  look();
  EXPECT_TRUE(l.accepted.empty());
  EXPECT_EQ(enable_listener(l, true), 0);
  look();
  EXPECT_EQ(l.accepted.size(), 1u);
}

// --- where the kernel accepts, because a stream makes the loop transfer ---

class transferring_listener_faults : public listener_faults {
 protected:
  void SetUp() override {
    const descriptor first = silent_client_of(l);
    look();
    ASSERT_EQ(l.accepted.size(), 1u);
    ASSERT_EQ(l.is_by_kernel(), kernel_accepts());
    l.accepted.clear();
  }
  bool kernel_accepts() { return on->is_transferring(); }
  // The kernel goes by the limit that there was when it was asked.
  void ask_again() {
    EXPECT_EQ(enable_listener(l, false), 0);
    EXPECT_EQ(enable_listener(l, true), 0);
  }

  idle_stream other{*on};
  listening l{*on};
};

TEST_P(transferring_listener_faults, lack_of_descriptors_pauses_the_listener) {
  const descriptor client = silent_client_of(l);
  {
    no_descriptors lack;
    ask_again();
    look();
    EXPECT_EQ(l.errors, std::vector<int>{EMFILE});
    EXPECT_TRUE(l.pause.is(in_timers));
    clock.now += 5'000'000;
    look();
    EXPECT_TRUE(l.accepted.empty());
  }
  look();
  EXPECT_TRUE(l.accepted.empty()) << "the clock stands still";
  clock.now += 10'000'000;
  look();
  EXPECT_EQ(l.accepted.size(), 1u);
  EXPECT_EQ(l.is_by_kernel(), kernel_accepts());
}

TEST_P(transferring_listener_faults,
       lack_of_descriptors_is_nobodys_business_while_nobody_connects) {
  {
    no_descriptors lack;
    ask_again();  // and is refused at once
    const std::uint64_t before = on->statistics().callbacks;
    look(50);
    EXPECT_LE(on->statistics().callbacks - before, 2u);
    EXPECT_TRUE(l.errors.empty());
  }
  for (std::size_t i = 1; i <= 2; ++i) {
    const descriptor client = silent_client_of(l);
    look();
    EXPECT_EQ(l.accepted.size(), i);
    EXPECT_EQ(l.is_by_kernel(), kernel_accepts());
  }
}

TEST_P(transferring_listener_faults, one_that_sheds_closes_what_it_cannot_take) {
  EDDY_NEEDS(a_limit_of_descriptors_is_there);
  ASSERT_EQ(shed_connections(l), 0);
  const descriptor client = silent_client_of(l);
  no_descriptors lack;
  ask_again();
  look();
  char byte;
  EXPECT_EQ(::recv(client.get(), &byte, 1, MSG_DONTWAIT), 0);
  EXPECT_EQ(l.shed, 1u);
  EXPECT_TRUE(l.errors.empty());
}

TEST_P(transferring_listener_faults, a_connection_that_was_reset_is_handed_over) {
  descriptor client = client_of(l);
  const linger at_once{1, 0};
  ASSERT_EQ(::setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
  client.close();
  look();
  EXPECT_TRUE(l.errors.empty());
  EXPECT_EQ(l.accepted.size() + l.passed_over, 1u);
  if (!connections_that_were_reset_can_be_accepted) return;
  ASSERT_EQ(l.accepted.size(), 1u);
  EXPECT_EQ(l.peers.at(1).ss_family, AF_INET);
}

TEST_P(transferring_listener_faults, a_connection_for_which_there_is_no_memory_is_counted) {
  const descriptor client = silent_client_of(l);
  memory::set_functions({[](std::size_t) -> void* { return nullptr; },
                         [](void*, std::size_t) -> void* { return nullptr; }, std::free});
  look();
  memory::set_functions({nullptr, nullptr, nullptr});
  const descriptor next = silent_client_of(l);
  look();
  EXPECT_EQ(l.accepted.size() + l.passed_over, 2u);
}

EDDY_ON_EVERY_BACKEND(listener_faults);
EDDY_ON_EVERY_BACKEND(transferring_listener_faults);

}  // namespace
}  // namespace eddy::engine::test
