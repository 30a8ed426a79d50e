// Signals, and what a child of fork keeps.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "support/backends.h"
#include "support/recorded.h"
#include "support/sockets.h"
#include "support/system.h"
#include "support/watching.h"

namespace eddy::engine::test {
namespace {

class signals : public on_every_backend {
 protected:
  opened_loop on{GetParam()};
  void turn() { ASSERT_NE(on->run(run_once | run_nonblocking), run_result::failed); }
};

bool is_default(int number) {
  struct sigaction now {};
  return ::sigaction(number, nullptr, &now) == 0 && now.sa_handler == SIG_DFL;
}

TEST_P(signals, are_told_once_for_each_delivery) {
  watching w(*on, SIGUSR1, watch_signal | watch_persist);
  ASSERT_EQ(on->add(&w, forever), 0);
  for (int i = 0; i < 3; ++i) ASSERT_EQ(::raise(SIGUSR1), 0);
  turn();
  EXPECT_EQ(w.calls, 3);
  EXPECT_EQ(w.last, watch_signal);
  on->remove(&w, removal::wait);
}

TEST_P(signals, end_a_wait_that_has_no_other_end) {
  watching w(*on, SIGUSR1, watch_signal);
  ASSERT_EQ(on->add(&w, forever), 0);
  const pid_t self = ::getpid();
  std::thread other([&] { ASSERT_EQ(::kill(self, SIGUSR1), 0); });
  EXPECT_EQ(on->run(0), run_result::nothing_to_do);
  other.join();
  EXPECT_EQ(w.calls, 1);
}

TEST_P(signals, reach_every_loop_that_watches_them_and_leave_the_program_its_own_handler) {
  ASSERT_TRUE(is_default(SIGUSR2));
  std::vector<std::unique_ptr<opened_loop>> loops;
  std::vector<std::unique_ptr<watching>> watchers;
  for (int i = 0; i < 3; ++i) {
    loops.push_back(std::make_unique<opened_loop>(GetParam()));
    watchers.push_back(
        std::make_unique<watching>(**loops.back(), SIGUSR2, watch_signal | watch_persist));
    ASSERT_EQ((*loops.back())->add(watchers.back().get(), forever), 0);
  }
  ASSERT_EQ(::raise(SIGUSR2), 0);
  for (std::size_t i = 0; i < loops.size(); ++i) {
    EXPECT_NE((*loops[i])->run(run_once | run_nonblocking), run_result::failed);
    EXPECT_EQ(watchers[i]->calls, 1);
  }
  for (std::size_t i = 0; i < loops.size(); ++i) {
    EXPECT_FALSE(is_default(SIGUSR2)) << "somebody still watches";
    (*loops[i])->remove(watchers[i].get(), removal::wait);
  }
  EXPECT_TRUE(is_default(SIGUSR2));
}

TEST_P(signals, in_a_storm_are_counted_without_losing_the_last_one) {
  const int storm = is_under_wine() ? 10'000 : 100'000;  // where each asks another process
  std::int64_t told = 0;
  watching w(*on, SIGUSR1, watch_signal | watch_persist, [&] { ++told; });
  ASSERT_EQ(on->add(&w, forever), 0);
  socket_pair pair;
  char byte = 0;
  recorded op;
  prepare_recv(op, pair.a.get(), &byte, 1, 0);
  submit(*on, op);
  std::atomic<bool> ended{false};
  const pthread_t target = ::pthread_self();
  std::thread sender([&] {
    for (int i = 0; i < storm; ++i) ::pthread_kill(target, SIGUSR1);
    ended.store(true);
  });
  while (!ended.load()) ASSERT_NE(on->run(run_once | run_nonblocking), run_result::failed);
  sender.join();
  for (int i = 0; i < 4; ++i) turn();
  EXPECT_GE(told, 1);
  EXPECT_LE(told, storm);
  const std::int64_t before = told;
  ASSERT_EQ(::raise(SIGUSR1), 0);
  turn();
  EXPECT_EQ(told, before + 1);
  ASSERT_EQ(::write(pair.b.get(), "x", 1), 1);
  on->remove(&w, removal::wait);
  EXPECT_EQ(on->run(0), run_result::nothing_to_do);
  EXPECT_EQ(op.ended_with, 1);
}

TEST_P(signals, keep_errno_and_let_system_calls_go_on) {
  watching w(*on, SIGUSR1, watch_signal | watch_persist);
  ASSERT_EQ(on->add(&w, forever), 0);
  errno = 4711;
  ASSERT_EQ(::raise(SIGUSR1), 0);
  EXPECT_EQ(errno, 4711);
  struct sigaction now {};
  ASSERT_EQ(::sigaction(SIGUSR1, nullptr, &now), 0);
  EXPECT_TRUE((now.sa_flags & SA_RESTART) != 0);
  on->remove(&w, removal::wait);
}

TEST_P(signals, and_descriptors_and_timers_go_on_in_a_child_and_leave_the_parent_alone) {
  EDDY_NEEDS(fork_is_there);
  socket_pair pair;
  int ticks = 0;
  watching reader(*on, pair.a.get(), watch_read), timer(*on, -1, 0, [&] { ++ticks; }),
      signal(*on, SIGUSR1, watch_signal);
  ASSERT_EQ(on->add(&reader, forever), 0);
  ASSERT_EQ(on->add(&timer, 1'000'000), 0);
  ASSERT_EQ(on->add(&signal, forever), 0);
  turn();
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (on->after_fork() != 0) ::_exit(2);
    if (::raise(SIGUSR1) != 0 || ::write(pair.b.get(), "c", 1) != 1) ::_exit(3);
    if (on->run(0) != run_result::nothing_to_do) ::_exit(4);
    ::_exit(reader.calls == 1 && ticks == 1 && signal.calls == 1 ? 0 : 5);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(signal.calls, 0) << "the child's signal came to the parent";
  ASSERT_EQ(::raise(SIGUSR1), 0);
  EXPECT_EQ(on->run(0), run_result::nothing_to_do);
  EXPECT_EQ(reader.calls, 1);
  EXPECT_EQ(signal.calls, 1);
}

EDDY_ON_EVERY_BACKEND(signals);

}  // namespace
}  // namespace eddy::engine::test
