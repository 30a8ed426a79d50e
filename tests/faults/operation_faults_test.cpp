// Faults around operations, on every backend: no descriptors left, cancellation at any moment,
// descriptors that change hands, children.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "support/backends.h"
#include "support/no_descriptors.h"
#include "support/recorded.h"
#include "support/sockets.h"
#include "support/system.h"

namespace eddy::engine::test {
namespace {

class operation_faults : public on_every_backend {
 protected:
  opened_loop on{GetParam()};
};

TEST_P(operation_faults, accept_without_descriptors_ends_once_and_the_connection_waits) {
  tcp_listener listener;
  recorded warm_up;  // the ring itself needs a descriptor
  prepare_timeout(warm_up, 1);
  submit(*on, warm_up);
  EXPECT_EQ(on->run(0), run_result::nothing_to_do);
  descriptor client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::connect(client.get(), listener.as_sockaddr(), sizeof listener.address), 0);
  recorded op;
  {
    no_descriptors tight;
    prepare_accept(op, listener.socket.get(), nullptr, nullptr);
    submit(*on, op);
    EXPECT_EQ(on->run(0), run_result::nothing_to_do);
    EXPECT_EQ(op.calls, 1);
    EXPECT_EQ(op.ended_with, -EMFILE);
  }
  submit(*on, op);
  EXPECT_EQ(on->run(0), run_result::nothing_to_do);
  descriptor accepted(static_cast<int>(op.ended_with));
  EXPECT_GE(accepted.get(), 0);
  EXPECT_NE(::fcntl(accepted.get(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_TRUE(is_nonblocking(accepted.get()));
}

TEST_P(operation_faults, without_a_descriptor_for_a_ring_operations_go_on_by_readiness) {
  socket_pair pair;
  char byte = 0;
  recorded op;
  prepare_recv(op, pair.a.get(), &byte, 1, 0);
  {
    no_descriptors tight;
    submit(*on, op);
  }
  ASSERT_EQ(::write(pair.b.get(), "x", 1), 1);
  EXPECT_EQ(on->run(0), run_result::nothing_to_do);
  EXPECT_EQ(op.ended_with, 1);
}

TEST_P(operation_faults, a_descriptor_that_is_closed_after_the_cancel_is_left_to_its_next_owner) {
  EDDY_NEEDS(dup2_is_there);
  socket_pair old_pair, fresh;
  char byte = '-';
  recorded op;
  prepare_recv(op, old_pair.a.get(), &byte, 1, 0);
  submit(*on, op);
  EXPECT_EQ(on->run(run_nonblocking), run_result::stopped);
  cancel(*on, op);
  const int number = old_pair.a.get();
  EXPECT_EQ(on->run(0), run_result::nothing_to_do);
  EXPECT_EQ(op.ended_with, -ECANCELED);
  ASSERT_EQ(::dup2(fresh.a.get(), number), number);
  ASSERT_EQ(::write(fresh.b.get(), "x", 1), 1);
  EXPECT_EQ(on->run(run_nonblocking), run_result::nothing_to_do);
  EXPECT_EQ(op.calls, 1);
  EXPECT_EQ(byte, '-');
  char got = 0;
  EXPECT_EQ(::recv(number, &got, 1, 0), 1) << "a late operation took the new owner's byte";
}

// Exactly one completion each, and every byte arrives once, whatever is cancelled when.
TEST_P(operation_faults, a_storm_of_cancels_loses_no_byte_and_completes_everything_once) {
  constexpr int pairs = 16;
  constexpr int rounds = 20'000;
  std::mt19937_64 random(11);
  struct conversation {
    socket_pair pair;
    recorded in, out;
    char buffer[64];
    std::uint8_t sent = 0, expected = 0;
    std::string sending;
    int submitted = 0;
    std::int64_t received = 0, delivered = 0;
    bool in_order = true;
  };
  std::vector<std::unique_ptr<conversation>> all;
  for (int i = 0; i < pairs; ++i) {
    all.push_back(std::make_unique<conversation>());
    conversation* c = all.back().get();
    c->in.then = [c](recorded& r) {
      for (std::int64_t k = 0; k < r.ended_with; ++k)
        c->in_order = c->in_order && static_cast<std::uint8_t>(c->buffer[k]) == c->expected++;
      if (r.ended_with > 0) c->received += r.ended_with;
    };
    c->out.then = [c](recorded& r) {
      if (r.ended_with > 0) c->delivered += r.ended_with;
      if (r.ended_with > 0) c->sent = static_cast<std::uint8_t>(c->sent + r.ended_with);
    };
  }
  for (int round = 0; round < rounds; ++round) {
    conversation& c = *all[random() % pairs];
    switch (random() % 5) {
      case 0:
      case 1:
        if (!c.in.is_idle()) break;
        prepare_recv(c.in, c.pair.a.get(), c.buffer, 1 + random() % sizeof c.buffer, 0);
        submit(*on, c.in);
        ++c.submitted;
        break;
      case 2:
        if (!c.out.is_idle()) break;
        c.sending.resize(1 + random() % 40);
        for (std::size_t k = 0; k < c.sending.size(); ++k)
          c.sending[k] = static_cast<char>(c.sent + k);
        prepare_send(c.out, c.pair.b.get(), c.sending.data(), c.sending.size(), 0);
        submit(*on, c.out);
        ++c.submitted;
        break;
      case 3:
        cancel(*on, random() % 2 == 0 ? c.in : c.out);
        break;
      default:
        ASSERT_NE(on->run(run_once | run_nonblocking), run_result::failed);
    }
  }
  cancel_all(*on);
  EXPECT_EQ(on->run(0), run_result::nothing_to_do);
  for (auto& c : all) {
    EXPECT_EQ(c->in.calls + c->out.calls, c->submitted);
    EXPECT_TRUE(c->in_order) << "a byte was lost, doubled or misplaced";
    char rest[4096];
    ssize_t n = 0;
    while ((n = ::recv(c->pair.a.get(), rest, sizeof rest, 0)) > 0) c->received += n;
    EXPECT_EQ(c->received, c->delivered);
  }
}

TEST_P(operation_faults, a_thousand_operations_that_are_cancelled_leave_nothing_behind) {
  const auto open_descriptors = [] {
    int count = 0;
    for (int fd = 0; fd < 4096; ++fd) count += ::fcntl(fd, F_GETFD) >= 0;
    return count;
  };
  const int before = open_descriptors();
  {
    opened_loop busy(GetParam());
    std::vector<socket_pair> pairs(100);
    std::vector<std::unique_ptr<recorded>> ops;
    static char bytes[1000];
    for (std::size_t i = 0; i < 1000; ++i) {
      ops.push_back(std::make_unique<recorded>());
      prepare_recv(*ops.back(), pairs[i % 100].a.get(), &bytes[i], 1, 0);
      submit(*busy, *ops.back());
    }
    EXPECT_EQ(busy->run(run_nonblocking), run_result::stopped);
    cancel_all(*busy);
    EXPECT_EQ(busy->run(0), run_result::nothing_to_do);
    for (const auto& op : ops) ASSERT_EQ(op->ended_with, -ECANCELED);
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST_P(operation_faults, a_program_that_is_started_inherits_none_of_the_loops_descriptors) {
  EDDY_NEEDS(fork_is_there);
  ASSERT_EQ(on->make_wakeable(), 0);
  socket_pair pair;
  char byte = 0;
  recorded op;
  prepare_recv(op, pair.a.get(), &byte, 1, 0);
  submit(*on, op);
  EXPECT_EQ(on->run(run_nonblocking), run_result::stopped);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::execl("/bin/sh", "sh", "-c",
            "for f in /proc/self/fd/*; do case $(readlink $f) in *eventpoll*|*eventfd*|*io_uring*) "
            "exit 1;; esac; done; exit 0",
            static_cast<char*>(nullptr));
    ::_exit(127);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  cancel(*on, op);
  EXPECT_EQ(on->run(0), run_result::nothing_to_do);
}

EDDY_ON_EVERY_BACKEND(operation_faults);

}  // namespace
}  // namespace eddy::engine::test
