// What can go wrong around a ring: threads, forks, full queues, refusals, its end.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/backends.h"
#include "support/recorded.h"
#include "support/sockets.h"
#include "support/watching.h"

namespace eddy::engine::test {
namespace {

std::vector<std::string> messages;

loop_options with_messages() {
  messages.clear();
  loop_options options;
  options.log = [](int, const char* text) { messages.emplace_back(text); };
  return options;
}

class io_uring_faults : public testing::Test {
 protected:
  void SetUp() override {
    const std::vector<std::string> names = available_backends();
    if (std::find(names.begin(), names.end(), "io_uring") == names.end())
      GTEST_SKIP() << "io_uring is not available here";
    on = std::make_unique<opened_loop>("io_uring", with_messages());
  }

  loop& l() { return on->get(); }

  void start_recv(recorded& op, int fd, char* byte) {
    prepare_recv(op, fd, byte, 1, 0);
    submit(l(), op);
  }

  std::unique_ptr<opened_loop> on;
};

TEST_F(io_uring_faults, an_operation_submitted_before_another_thread_runs_the_loop_completes) {
  socket_pair pair;
  char byte = 0;
  recorded op;
  start_recv(op, pair.a.get(), &byte);
  std::thread runner([&] { EXPECT_EQ(l().run(0), run_result::nothing_to_do); });
  ASSERT_EQ(::write(pair.b.get(), "x", 1), 1);
  runner.join();
  EXPECT_EQ(op.calls, 1);
  EXPECT_EQ(op.ended_with, 1);
  EXPECT_EQ(byte, 'x');
}

TEST_F(io_uring_faults, operations_in_flight_follow_the_loop_to_another_thread) {
  socket_pair first, second;
  char bytes[2] = {};
  recorded ops[2];
  start_recv(ops[0], first.a.get(), &bytes[0]);
  start_recv(ops[1], second.a.get(), &bytes[1]);
  ASSERT_EQ(::write(first.b.get(), "1", 1), 1);
  std::thread([&] { EXPECT_EQ(l().run(run_once), run_result::stopped); }).join();
  ASSERT_EQ(ops[0].calls, 1);
  ASSERT_EQ(::write(second.b.get(), "2", 1), 1);
  EXPECT_EQ(l().run(0), run_result::nothing_to_do);
  EXPECT_EQ(ops[0].calls, 1);
  EXPECT_EQ(ops[1].calls, 1);
  EXPECT_EQ(ops[1].ended_with, 1);
  EXPECT_EQ(bytes[1], '2');
}

TEST_F(io_uring_faults, edge_triggered_events_survive_the_move_to_another_thread) {
  socket_pair watched, pending;
  char byte = 0;
  recorded op;
  start_recv(op, pending.a.get(), &byte);
  watching w(l(), watched.a.get(), watch_read | watch_edge | watch_persist);
  ASSERT_EQ(l().add(&w, forever), 0);
  std::thread([&] { EXPECT_EQ(l().run(run_nonblocking), run_result::stopped); }).join();
  ASSERT_EQ(::write(watched.b.get(), "x", 1), 1);
  while (w.calls == 0) ASSERT_EQ(l().run(run_once), run_result::stopped);
  l().remove(&w, removal::do_not_wait);
  cancel(l(), op);
  EXPECT_EQ(l().run(0), run_result::nothing_to_do);
  EXPECT_EQ(op.ended_with, -ECANCELED);
}

TEST_F(io_uring_faults, the_end_of_a_loop_takes_its_operations_out_of_the_kernel) {
  socket_pair pair;
  char byte = '-';
  recorded op;
  start_recv(op, pair.a.get(), &byte);
  EXPECT_EQ(l().run(run_nonblocking), run_result::stopped);
  {
    failing_calls interrupted(sys::call::uring_enter, [](int n) { return n <= 5 ? EINTR : 0; });
    on.reset();
    EXPECT_GT(interrupted.seen(), 5) << "closing gave up";
  }
  ASSERT_EQ(::write(pair.b.get(), "x", 1), 1);
  char got = 0;
  EXPECT_EQ(::recv(pair.a.get(), &got, 1, 0), 1);
  EXPECT_EQ(got, 'x') << "somebody else took the byte";
  EXPECT_EQ(byte, '-');
}

TEST_F(io_uring_faults, a_refused_ring_leaves_the_work_to_readiness_and_says_so_once) {
  for (const int error : {EPERM, ENOSYS, ENOMEM, EMFILE, EINVAL}) {
    opened_loop fresh("io_uring", with_messages());
    failing_calls refused(sys::call::uring_setup, [&](int) { return error; });
    socket_pair pair;
    char bytes[2] = {};
    recorded in[2];
    for (int i = 0; i < 2; ++i) {
      prepare_recv(in[i], pair.a.get(), &bytes[i], 1, 0);
      submit(*fresh, in[i]);
    }
    ASSERT_EQ(::write(pair.b.get(), "xy", 2), 2);
    EXPECT_EQ(fresh->run(0), run_result::nothing_to_do);
    EXPECT_EQ(in[0].ended_with + in[1].ended_with, 2) << std::strerror(error);
    ASSERT_EQ(messages.size(), 1u) << std::strerror(error);
    EXPECT_NE(messages[0].find(std::strerror(error)), std::string::npos) << messages[0];
  }
}

TEST_F(io_uring_faults, fewer_flags_and_a_smaller_ring_are_tried_before_that) {
  failing_calls refused(sys::call::uring_setup, [](int n) {
    return n == 1 ? EINVAL : n == 2 ? ENOMEM : 0;
  });
  socket_pair pair;
  char byte = 0;
  recorded op;
  start_recv(op, pair.a.get(), &byte);
  EXPECT_NE(l().completions(), nullptr);
  ASSERT_EQ(::write(pair.b.get(), "x", 1), 1);
  EXPECT_EQ(l().run(0), run_result::nothing_to_do);
  EXPECT_EQ(op.ended_with, 1);
  EXPECT_TRUE(messages.empty());
}

TEST_F(io_uring_faults, a_ring_that_cannot_be_enabled_ends_its_operations) {
  socket_pair pair;
  char byte = 0;
  recorded op;
  start_recv(op, pair.a.get(), &byte);
  failing_calls refused(sys::call::uring_register, [](int) { return EPERM; });
  EXPECT_EQ(l().run(0), run_result::nothing_to_do);
  EXPECT_EQ(op.calls, 1);
  EXPECT_EQ(op.ended_with, -EPERM);
}

TEST_F(io_uring_faults, a_ring_that_cannot_be_waited_in_ends_run_instead_of_spinning) {
  socket_pair pair;
  char byte = 0;
  recorded op;
  start_recv(op, pair.a.get(), &byte);
  {
    failing_calls refused(sys::call::uring_enter, [](int) { return EPERM; });
    EXPECT_EQ(l().run(0), run_result::failed);
    EXPECT_LT(refused.seen(), 20);
    EXPECT_EQ(messages.size(), 1u);
  }
  ASSERT_EQ(::write(pair.b.get(), "x", 1), 1);
  EXPECT_EQ(l().run(0), run_result::nothing_to_do);
  EXPECT_EQ(op.ended_with, 1);
}

TEST_F(io_uring_faults, interrupted_waits_in_the_ring_are_nobodys_business) {
  socket_pair pair;
  char byte = 0;
  recorded op;
  start_recv(op, pair.a.get(), &byte);
  ASSERT_EQ(::write(pair.b.get(), "x", 1), 1);
  failing_calls interrupted(sys::call::uring_enter, [](int n) { return n <= 10 ? EINTR : 0; });
  EXPECT_EQ(l().run(0), run_result::nothing_to_do);
  EXPECT_GT(interrupted.seen(), 10);
  EXPECT_EQ(op.ended_with, 1);
  EXPECT_TRUE(messages.empty());
}

TEST_F(io_uring_faults, more_operations_than_the_queues_hold_all_complete_once) {
  constexpr int count = 3000;  // of 64 submissions and 256 completions
  socket_pair pair;
  const std::string text(count, '.');
  std::vector<std::unique_ptr<recorded>> ops;
  for (int i = 0; i < count; ++i) {
    ops.push_back(std::make_unique<recorded>());
    prepare_send(*ops.back(), pair.a.get(), &text[static_cast<std::size_t>(i)], 1, 0);
    submit(l(), *ops.back());
  }
  EXPECT_EQ(l().operations_in_flight(), count);
  ssize_t got = 0;
  char buffer[512];
  while (l().operations_in_flight() != 0) {
    ASSERT_NE(l().run(run_nonblocking), run_result::failed);
    ssize_t n = 0;
    while ((n = ::recv(pair.b.get(), buffer, sizeof buffer, 0)) > 0) got += n;
  }
  EXPECT_EQ(got, count);
  for (const auto& op : ops) {
    ASSERT_EQ(op->calls, 1);
    ASSERT_EQ(op->ended_with, 1);
  }
}

TEST_F(io_uring_faults, ten_thousand_completions_at_once_are_all_reaped) {
  constexpr int count = 10'000;
  std::vector<std::unique_ptr<recorded>> ops;
  for (int i = 0; i < count; ++i) {
    ops.push_back(std::make_unique<recorded>());
    prepare_timeout(*ops.back(), 1);  // long past
    submit(l(), *ops.back());
  }
  EXPECT_EQ(l().run(0), run_result::nothing_to_do);
  for (const auto& op : ops) {
    ASSERT_EQ(op->calls, 1);
    ASSERT_EQ(op->ended_with, 0);
  }
}

TEST_F(io_uring_faults,
       more_events_than_a_request_brings_all_arrive_while_operations_are_in_flight) {
  constexpr std::size_t count = 200;
  socket_pair idle;
  char byte = 0;
  recorded op;
  start_recv(op, idle.a.get(), &byte);
  std::vector<socket_pair> pairs(count);
  std::vector<std::unique_ptr<watching>> watchers;
  int left = count;
  for (const socket_pair& pair : pairs) {
    watchers.push_back(std::make_unique<watching>(l(), pair.a.get(), watch_read | watch_edge,
                                                  [&left] { --left; }));
    ASSERT_EQ(l().add(watchers.back().get(), forever), 0);
  }
  ASSERT_EQ(l().run(run_nonblocking), run_result::stopped);
  for (const socket_pair& pair : pairs) ASSERT_EQ(::write(pair.b.get(), "x", 1), 1);
  while (left != 0) ASSERT_EQ(l().run(run_once), run_result::stopped);
  cancel(l(), op);
  EXPECT_EQ(l().run(0), run_result::nothing_to_do);
}

TEST_F(io_uring_faults, the_epoll_set_may_be_replaced_while_operations_are_in_flight) {
  socket_pair pending, watched;
  char byte = 0;
  recorded ops[100];  // more than the submission queue holds
  for (recorded& op : ops) start_recv(op, pending.a.get(), &byte);
  watching w(l(), watched.a.get(), watch_read | watch_edge | watch_persist);
  ASSERT_EQ(l().add(&w, forever), 0);
  ASSERT_EQ(l().run(run_nonblocking), run_result::stopped);
  for (int i = 1; i <= 5; ++i) {
    cancel(l(), ops[i]);
    ASSERT_EQ(l().after_fork(), 0);
    ASSERT_EQ(::write(watched.b.get(), "x", 1), 1);
    while (w.calls < i) ASSERT_EQ(l().run(run_once), run_result::stopped);
  }
  l().remove(&w, removal::do_not_wait);
  cancel_all(l());
  EXPECT_EQ(l().run(0), run_result::nothing_to_do);
  for (const recorded& op : ops) EXPECT_EQ(op.ended_with, -ECANCELED);
}

// By clone(2), which runs none of glibc's handlers.
TEST_F(io_uring_faults, a_child_cannot_touch_the_ring_of_its_parent) {
  socket_pair pair;
  char byte = 0;
  recorded op;
  start_recv(op, pair.a.get(), &byte);
  ASSERT_EQ(l().run(run_nonblocking), run_result::stopped);
  const auto child = static_cast<pid_t>(::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
  ASSERT_GE(child, 0);
  if (child == 0) {
    socket_pair own;
    char mine = 0;
    recorded late, fresh;
    prepare_recv(late, own.a.get(), &mine, 1, 0);
    submit(l(), late);
    if (l().after_fork() != 0) ::_exit(2);
    if (l().run(run_nonblocking) == run_result::failed) ::_exit(3);
    if (late.ended_with != -EOWNERDEAD || op.ended_with != -ECANCELED) ::_exit(4);
    prepare_recv(fresh, own.a.get(), &mine, 1, 0);
    submit(l(), fresh);
    if (::write(own.b.get(), "c", 1) != 1) ::_exit(5);
    if (l().run(0) != run_result::nothing_to_do) ::_exit(6);
    ::_exit(fresh.ended_with == 1 && mine == 'c' ? 0 : 7);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(op.calls, 0) << "the child ended the parent's operation";
  ASSERT_EQ(::write(pair.b.get(), "p", 1), 1);
  EXPECT_EQ(l().run(0), run_result::nothing_to_do);
  EXPECT_EQ(op.ended_with, 1);
  EXPECT_EQ(byte, 'p');
}

}  // namespace
}  // namespace eddy::engine::test
