// Operations: the same results, in the same order, whoever performs them.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ops/ops.h"
#include "support/backends.h"
#include "support/recorded.h"
#include "support/sockets.h"
#include "support/system.h"

namespace eddy::engine::test {
namespace {

class operations : public on_every_backend {
 protected:
  opened_loop on{GetParam()};

  void run() { EXPECT_EQ(on->run(0), run_result::nothing_to_do); }

  std::int64_t perform(recorded& op) {
    submit(*on, op);
    EXPECT_EQ(op.calls, 0) << "a completion came from inside submit";
    run();
    EXPECT_EQ(op.calls, 1);
    return op.ended_with;
  }
};

TEST_P(operations, recv_gives_what_is_there_already) {
  socket_pair pair;
  ASSERT_EQ(::send(pair.b.get(), "hello", 5, 0), 5);
  char data[16] = {};
  recorded op;
  prepare_recv(op, pair.a.get(), data, sizeof data, 0);
  EXPECT_EQ(perform(op), 5);
  EXPECT_STREQ(data, "hello");
}

TEST_P(operations, poll_of_no_descriptor_fails) {
  recorded op;
  prepare_poll(op, -1, watch_read);
  EXPECT_EQ(perform(op), -EBADF);
}

TEST_P(operations, messages_bring_who_sent_them_and_fail_without_a_signal) {
  socket_pair pair;
  char out[] = "message", in[16] = {};
  iovec out_piece{out, sizeof out}, in_piece{in, sizeof in};
  msghdr to_send{}, to_receive{};
  to_send.msg_iov = &out_piece;
  to_receive.msg_iov = &in_piece;
  to_send.msg_iovlen = to_receive.msg_iovlen = 1;
  recorded sent, received;
  prepare_recvmsg(received, pair.a.get(), &to_receive, 0);
  prepare_sendmsg(sent, pair.b.get(), &to_send, 0);
  submit(*on, received);
  submit(*on, sent);
  run();
  EXPECT_EQ(sent.ended_with, static_cast<std::int64_t>(sizeof out));
  EXPECT_EQ(received.ended_with, static_cast<std::int64_t>(sizeof out));
  EXPECT_STREQ(in, out);
  EDDY_NEEDS(pairs_of_unix_sockets_are_there);
  pair.a.close();
  prepare_sendmsg(sent, pair.b.get(), &to_send, 0);
  submit(*on, sent);
  run();
  EXPECT_EQ(sent.ended_with, -EPIPE);
}

TEST_P(operations, recv_waits_for_a_send_of_the_same_loop) {
  socket_pair pair;
  char data[16] = {};
  recorded in, out;
  prepare_recv(in, pair.a.get(), data, sizeof data, 0);
  prepare_send(out, pair.b.get(), "late", 4, 0);
  submit(*on, in);
  submit(*on, out);
  run();
  EXPECT_EQ(out.ended_with, 4);
  EXPECT_EQ(in.ended_with, 4);
  EXPECT_EQ(in.calls, 1);
}

TEST_P(operations, recv_of_a_blocking_socket_does_not_block_the_loop) {
  socket_pair pair(0);
  char data[4] = {};
  recorded in, soon;
  prepare_recv(in, pair.a.get(), data, sizeof data, 0);
  prepare_timeout(soon, on->now_uncached() + 1'000'000);
  soon.then = [&](recorded&) { EXPECT_EQ(::send(pair.b.get(), "x", 1, 0), 1); };
  submit(*on, in);
  submit(*on, soon);
  run();
  EXPECT_EQ(in.ended_with, 1);
}

TEST_P(operations, recv_gives_0_at_the_end_of_the_stream) {
  socket_pair pair;
  pair.b.close();
  char data[4];
  recorded op;
  prepare_recv(op, pair.a.get(), data, sizeof data, 0);
  EXPECT_EQ(perform(op), 0);
}

TEST_P(operations, send_to_a_closed_peer_is_an_error_and_no_signal) {
  EDDY_NEEDS(pairs_of_unix_sockets_are_there);
  socket_pair pair;
  pair.b.close();
  recorded op;
  prepare_send(op, pair.a.get(), "x", 1, 0);
  EXPECT_EQ(perform(op), -EPIPE);
}

TEST_P(operations, write_to_a_pipe_without_readers_is_an_error_and_no_signal) {
  EDDY_NEEDS(pairs_of_unix_sockets_are_there);
  for (const int flags : {0, O_NONBLOCK}) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC | flags), 0);
    descriptor out(ends[1]);
    ::close(ends[0]);
    recorded op;
    prepare_write(op, out.get(), "x", 1, -1);
    EXPECT_EQ(perform(op), -EPIPE);
  }
}

TEST_P(operations, read_waits_on_a_pipe_whether_it_blocks_or_not) {
  for (const int flags : {0, O_NONBLOCK}) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC | flags), 0);
    descriptor in(ends[0]), out(ends[1]);
    char data[4] = {};
    recorded op, soon;
    prepare_read(op, in.get(), data, sizeof data, -1);
    prepare_timeout(soon, on->now_uncached() + 1'000'000);
    soon.then = [&](recorded&) { EXPECT_EQ(::write(out.get(), "x", 1), 1); };
    submit(*on, op);
    submit(*on, soon);
    run();
    EXPECT_EQ(op.ended_with, 1);
    EXPECT_EQ(data[0], 'x');
  }
}

TEST_P(operations, write_to_a_socket_whose_peer_is_gone_is_an_error_and_no_signal) {
  EDDY_NEEDS(pairs_of_unix_sockets_are_there);
  socket_pair pair;
  pair.b.close();
  recorded op;
  prepare_write(op, pair.a.get(), "x", 1, -1);
  EXPECT_EQ(perform(op), -EPIPE);
}

TEST_P(operations, a_bad_descriptor_is_ebadf_for_every_verb) {
  char data[4] = {};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  const int bad = 19'999;
  std::vector<std::function<void(operation&)>> verbs = {
      [&](operation& op) { prepare_accept(op, bad, nullptr, nullptr); },
      [&](operation& op) {
        prepare_connect(op, bad, reinterpret_cast<sockaddr*>(&address), sizeof address);
      },
      [&](operation& op) { prepare_recv(op, bad, data, sizeof data, 0); },
      [&](operation& op) { prepare_send(op, bad, data, sizeof data, 0); },
      [&](operation& op) { prepare_read(op, bad, data, sizeof data, -1); },
      [&](operation& op) { prepare_write(op, bad, data, sizeof data, -1); },
      [&](operation& op) { prepare_poll(op, bad, watch_read); },
  };
  for (std::size_t i = 0; i < verbs.size(); ++i) {
    recorded op;
    verbs[i](op);
    EXPECT_EQ(perform(op), -EBADF) << "verb " << i;
  }
}

TEST_P(operations, recv_on_a_pipe_is_enotsock) {
  EDDY_NEEDS(pipes_are_no_sockets);
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  descriptor in(ends[0]), out(ends[1]);
  char data[4];
  recorded op;
  prepare_recv(op, in.get(), data, sizeof data, 0);
  EXPECT_EQ(perform(op), -ENOTSOCK);
}

TEST_P(operations, accept_and_connect_meet) {
  tcp_listener listener;
  descriptor client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in peer{};
  socklen_t size = sizeof peer;
  recorded accepted, connected;
  prepare_accept(accepted, listener.socket.get(), reinterpret_cast<sockaddr*>(&peer), &size);
  prepare_connect(connected, client.get(), listener.as_sockaddr(), sizeof listener.address);
  submit(*on, accepted);
  submit(*on, connected);
  run();
  EXPECT_EQ(connected.ended_with, 0);
  ASSERT_GE(accepted.ended_with, 0);
  descriptor server(static_cast<int>(accepted.ended_with));
  EXPECT_EQ(size, sizeof peer);
  EXPECT_EQ(peer.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
  EXPECT_NE(::fcntl(server.get(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_TRUE(is_nonblocking(server.get()));
}

TEST_P(operations, connect_to_nobody_is_refused) {
  bound_socket nobody;
  descriptor client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  recorded op;
  prepare_connect(op, client.get(), nobody.as_sockaddr(), sizeof nobody.address);
  EXPECT_EQ(perform(op), -ECONNREFUSED);
}

TEST_P(operations, files_are_read_and_written_at_offsets_and_positions) {
  std::FILE* file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  const int fd = ::fileno(file);
  recorded op;
  prepare_write(op, fd, "0123456789", 10, 0);
  EXPECT_EQ(perform(op), 10);
  char data[8] = {};
  recorded at_offset;
  prepare_read(at_offset, fd, data, 3, 4);
  EXPECT_EQ(perform(at_offset), 3);
  EXPECT_STREQ(data, "456");
  recorded first, second;
  prepare_read(first, fd, data, 2, -1);
  EXPECT_EQ(perform(first), 2);
  prepare_read(second, fd, data, 2, -1);
  EXPECT_EQ(perform(second), 2);
  EXPECT_EQ(std::string(data, 2), "23");
  recorded at_end;
  prepare_read(at_end, fd, data, 2, 10);
  EXPECT_EQ(perform(at_end), 0);
  std::fclose(file);
}

TEST_P(operations, poll_tells_which_direction_is_ready) {
  socket_pair pair;
  recorded both;
  prepare_poll(both, pair.a.get(), watch_read | watch_write);
  EXPECT_EQ(perform(both), watch_write);
  ASSERT_EQ(::send(pair.b.get(), "x", 1, 0), 1);
  recorded again;
  prepare_poll(again, pair.a.get(), watch_read | watch_write);
  EXPECT_EQ(perform(again), watch_read | watch_write);
  recorded reading;
  prepare_poll(reading, pair.a.get(), watch_read);
  EXPECT_EQ(perform(reading), watch_read);
}

TEST_P(operations, poll_of_a_regular_file_is_ready) {
  std::FILE* file = std::tmpfile();
  recorded op;
  prepare_poll(op, ::fileno(file), watch_read | watch_write);
  EXPECT_EQ(perform(op), watch_read | watch_write);
  std::fclose(file);
}

TEST_P(operations, a_timeout_is_never_early) {
  const std::int64_t deadline = on->now_uncached() + 3'000'000;
  recorded op;
  prepare_timeout(op, deadline);
  EXPECT_EQ(perform(op), 0);
  EXPECT_GE(on->now_uncached(), deadline);
}

TEST_P(operations, a_cancelled_recv_ends_with_ecanceled_and_takes_nothing) {
  socket_pair pair;
  char data[4];
  recorded op;
  prepare_recv(op, pair.a.get(), data, sizeof data, 0);
  submit(*on, op);
  cancel(*on, op);
  cancel(*on, op);
  run();
  EXPECT_EQ(op.calls, 1);
  EXPECT_EQ(op.ended_with, -ECANCELED);
  ASSERT_EQ(::send(pair.b.get(), "kept", 4, 0), 4);
  recorded next;
  prepare_recv(next, pair.a.get(), data, sizeof data, 0);
  EXPECT_EQ(perform(next), 4);
}

TEST_P(operations, cancel_after_completion_does_nothing) {
  socket_pair pair;
  ASSERT_EQ(::send(pair.b.get(), "x", 1, 0), 1);
  char data[4];
  recorded op;
  prepare_recv(op, pair.a.get(), data, sizeof data, 0);
  EXPECT_EQ(perform(op), 1);
  cancel(*on, op);
  run();
  EXPECT_EQ(op.calls, 1);
}

TEST_P(operations, several_operations_in_one_direction_share_the_bytes) {
  socket_pair pair;
  std::string got(8, '?');
  std::vector<std::unique_ptr<recorded>> all;
  for (int i = 0; i < 8; ++i) {
    all.push_back(std::make_unique<recorded>());
    prepare_recv(*all.back(), pair.a.get(), &got[static_cast<std::size_t>(i)], 1, 0);
    submit(*on, *all.back());
  }
  recorded soon;
  prepare_timeout(soon, on->now_uncached() + 1'000'000);
  soon.then = [&](recorded&) { EXPECT_EQ(::send(pair.b.get(), "abcdefgh", 8, 0), 8); };
  submit(*on, soon);
  run();
  std::sort(got.begin(), got.end());
  EXPECT_EQ(got, "abcdefgh");
  for (const auto& op : all) EXPECT_EQ(op->calls, 1);
}

TEST_P(operations, a_callback_may_submit_its_operation_again) {
  socket_pair pair;
  ASSERT_EQ(::send(pair.b.get(), "abc", 3, 0), 3);
  char byte = 0;
  std::string got;
  recorded op;
  op.then = [&](recorded& self) {
    got += byte;
    if (got.size() == 3) return;
    prepare_recv(self, pair.a.get(), &byte, 1, 0);
    submit(*on, self);
  };
  prepare_recv(op, pair.a.get(), &byte, 1, 0);
  submit(*on, op);
  run();
  EXPECT_EQ(got, "abc");
}

TEST_P(operations, a_thousand_in_flight_end_once_each) {
  socket_pair pair;
  std::vector<std::unique_ptr<recorded>> all;
  for (int i = 0; i < 1000; ++i) {
    all.push_back(std::make_unique<recorded>());
    prepare_poll(*all.back(), pair.a.get(), watch_read);
    submit(*on, *all.back());
  }
  recorded soon;
  prepare_timeout(soon, on->now_uncached() + 1'000'000);
  soon.then = [&](recorded&) { EXPECT_EQ(::send(pair.b.get(), "x", 1, 0), 1); };
  submit(*on, soon);
  run();
  for (const auto& op : all) {
    EXPECT_EQ(op->calls, 1);
    EXPECT_EQ(op->ended_with, watch_read);
  }
}

TEST_P(operations, cancel_all_ends_everything) {
  socket_pair pair;
  std::vector<std::unique_ptr<recorded>> all;
  for (int i = 0; i < 300; ++i) {
    all.push_back(std::make_unique<recorded>());
    if (i % 2 == 0)
      prepare_poll(*all.back(), pair.a.get(), watch_read);
    else
      prepare_timeout(*all.back(), on->now_uncached() + 3600 * nanoseconds_per_second);
    submit(*on, *all.back());
  }
  cancel_all(*on);
  run();
  for (const auto& op : all) {
    EXPECT_EQ(op->calls, 1);
    EXPECT_EQ(op->ended_with, -ECANCELED);
  }
}

TEST_P(operations, watchers_and_operations_live_side_by_side) {
  socket_pair watched, used;
  watcher w;
  int seen = 0;
  w.flags = is_initialised;
  w.kind = closure::persistent_event;
  w.events = watch_read | watch_persist;
  w.fd = watched.a.get();
  w.owner = &*on;
  w.argument = &seen;
  w.on_event = [](int fd, short, void* argument) {
    char byte;
    EXPECT_EQ(::recv(fd, &byte, 1, 0), 1);
    ++*static_cast<int*>(argument);
  };
  ASSERT_EQ(on->add(&w, forever), 0);
  char byte = 0;
  int left = 50;
  recorded op;
  op.then = [&](recorded& self) {
    if (--left == 0) {
      on->remove(&w, removal::do_not_wait);
      return;
    }
    EXPECT_EQ(::send(watched.b.get(), "w", 1, 0), 1);
    EXPECT_EQ(::send(used.b.get(), "o", 1, 0), 1);
    prepare_recv(self, used.a.get(), &byte, 1, 0);
    submit(*on, self);
  };
  EXPECT_EQ(::send(used.b.get(), "o", 1, 0), 1);
  prepare_recv(op, used.a.get(), &byte, 1, 0);
  submit(*on, op);
  run();
  EXPECT_EQ(op.calls, 50);
  EXPECT_GE(seen, 48);
}

TEST_P(operations, one_that_is_submitted_twice_is_performed_once) {
  socket_pair pair;
  recorded op;
  prepare_send(op, pair.a.get(), "x", 1, 0);
  submit(*on, op);
  submit(*on, op);
  run();
  EXPECT_EQ(op.calls, 1);
  char bytes[2];
  EXPECT_EQ(::recv(pair.b.get(), bytes, sizeof bytes, 0), 1);
  submit(*on, op);
  run();
  EXPECT_EQ(op.calls, 2);
}

EDDY_ON_EVERY_BACKEND(operations);

}  // namespace
}  // namespace eddy::engine::test
