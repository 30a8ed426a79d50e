// What can go wrong around a completion port: numbers that are used again, sockets that move
// between loops, other people's ports, its end.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string>
#include <vector>

#include "backend/iocp.h"
#include "base/memory.h"
#include "support/backends.h"
#include "support/recorded.h"
#include "support/sockets.h"
#include "support/watching.h"

namespace eddy::engine::test {
namespace {

class iocp_faults : public testing::Test {
 protected:
  opened_loop on{"iocp"};

  void put(const descriptor& to) { ASSERT_EQ(::send(to.get(), "x", 1, 0), 1); }
  void run_all() { EXPECT_EQ(on->run(0), run_result::nothing_to_do); }

  // By one operation, with no other loop running.
  void receive_one(loop& at, int fd, const descriptor& from) {
    char byte = 0;
    recorded op;
    prepare_recv(op, fd, &byte, 1, 0);
    submit(at, op);
    put(from);
    EXPECT_EQ(at.run(0), run_result::nothing_to_do);
    EXPECT_EQ(op.ended_with, 1);
    EXPECT_EQ(byte, 'x');
  }

  struct many_receives {
    static constexpr std::size_t count = 150;
    std::vector<socket_pair> pairs{count};
    std::vector<recorded> ops{count};
    std::vector<char> bytes = std::vector<char>(count);

    void submit(loop& at, std::size_t i) {
      prepare_recv(ops[i], pairs[i].a.get(), &bytes[i], 1, 0);
      engine::submit(at, ops[i]);
    }
  };
};

TEST_F(iocp_faults, a_number_that_is_used_again_is_watched_as_what_it_is_now) {
  for (int i = 0; i < 20; ++i) {
    socket_pair pair;
    watching reader(*on, pair.a.get(), watch_read);
    ASSERT_EQ(on->add(&reader, forever), 0);
    ASSERT_NE(on->run(run_once | run_nonblocking), run_result::failed);
    EXPECT_EQ(reader.calls, 0);
    put(pair.b);
    run_all();
    EXPECT_EQ(reader.calls, 1);
  }
}

TEST_F(iocp_faults, who_waits_for_the_end_alone_is_told_of_a_reset) {
  tcp_listener listener(0);
  descriptor client(::socket(AF_INET, SOCK_STREAM, 0));
  ASSERT_EQ(::connect(client.get(), listener.as_sockaddr(), sizeof listener.address), 0);
  const descriptor server(::accept4(listener.socket.get(), nullptr, nullptr, SOCK_NONBLOCK));
  watching reader(*on, server.get(), watch_closed);
  ASSERT_EQ(on->add(&reader, forever), 0);
  ASSERT_NE(on->run(run_once | run_nonblocking), run_result::failed);
  EXPECT_EQ(reader.calls, 0);
  const linger at_once{1, 0};
  ASSERT_EQ(::setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
  client.close();
  for (int turns = 0; turns < 1000 && reader.calls == 0; ++turns)
    ASSERT_NE(on->run(run_once | run_nonblocking), run_result::failed);
  EXPECT_EQ(reader.calls, 1);
}

// (Handles are multiples of four.)
std::size_t inherited_handles() {
  std::size_t count = 0;
  for (std::uintptr_t number = 4; number < 40'000; number += 4) {
    DWORD flags = 0;
    if (::GetHandleInformation(reinterpret_cast<HANDLE>(number), &flags))
      count += (flags & HANDLE_FLAG_INHERIT) != 0;
  }
  return count;
}

TEST(windows_loops, have_no_handle_that_a_program_which_they_start_inherits) {
  for (const std::string& name : available_backends()) {
    socket_pair pair;
    tcp_listener listener;
    const std::size_t before = inherited_handles();
    opened_loop on(name);
    ASSERT_EQ(on->make_wakeable(), 0);
    char byte = 0;
    recorded received, accepted;
    prepare_recv(received, pair.a.get(), &byte, 1, 0);
    prepare_accept(accepted, listener.socket.get(), nullptr, nullptr);
    submit(*on, received);
    submit(*on, accepted);
    EXPECT_EQ(on->run(run_nonblocking), run_result::stopped);
    EXPECT_EQ(inherited_handles(), before) << name;
    cancel_all(*on);
    EXPECT_EQ(on->run(0), run_result::nothing_to_do);
  }
}

TEST_F(iocp_faults, a_socket_that_moves_to_another_loop_is_served_there) {
  opened_loop other("iocp");
  socket_pair pair;
  for (int i = 0; i < 4; ++i) receive_one(i % 2 == 0 ? *on : *other, pair.a.get(), pair.b);
}

TEST_F(iocp_faults, a_socket_of_another_loop_is_not_taken_for_an_earlier_one_of_its_number) {
  opened_loop other("iocp");
  int number = -1;
  {
    socket_pair earlier;
    number = earlier.a.get();
    receive_one(*on, number, earlier.b);
  }
  // Windows gives the numbers that were freed last.
  std::vector<socket_pair> later(16);
  for (socket_pair& pair : later) receive_one(*other, pair.a.get(), pair.b);
  int met = 0;
  for (socket_pair& pair : later) {
    met += pair.a.get() == number;
    receive_one(*on, pair.a.get(), pair.b);
  }
  EXPECT_EQ(met, 1);
}

TEST_F(iocp_faults,
       a_copy_of_a_socket_of_another_loop_is_not_taken_for_an_earlier_one_of_its_number) {
  opened_loop other("iocp");
  socket_pair theirs;
  receive_one(*other, theirs.a.get(), theirs.b);
  std::vector<int> numbers;
  {
    std::vector<socket_pair> ours(20);
    for (socket_pair& one : ours) {
      receive_one(*on, one.a.get(), one.b);
      numbers.push_back(one.a.get());
    }
  }
  int tried = 0;
  std::vector<descriptor> all;
  for (int i = 0; i < 40; ++i) {
    all.emplace_back(::dup(theirs.a.get()));
    const int fd = all.back().get();
    if (std::find(numbers.begin(), numbers.end(), fd) == numbers.end()) continue;
    ++tried;
    receive_one(*on, fd, theirs.b);
  }
  EXPECT_GT(tried, 0);
}

// It comes while the loop looks for the packets of polls that were told to end.
TEST(iocp_backend, that_is_woken_as_it_begins_to_wait_does_not_sleep) {
  const char* why = nullptr;
  auto* const made = static_cast<completion_backend*>(make_iocp_backend(&why));
  ASSERT_NE(made, nullptr) << why;
  socket_pair pair;
  fired_list fired;
  ASSERT_EQ(made->update(pair.a.get(), false, watch_read, 1), 0);
  made->before_wait();
  EXPECT_EQ(made->wait(0, fired), 0);
  EXPECT_EQ(made->collect(fired), 0);
  ASSERT_EQ(made->update(pair.a.get(), true, 0, 1), 0);
  post_wake(made->wake_number());
  made->before_wait();
  EXPECT_EQ(made->wait(forever, fired), 0);
  EXPECT_EQ(made->collect(fired), 0);
  EXPECT_TRUE(fired.ready.empty());
  memory::destroy(made);
}

TEST_F(iocp_faults, what_ends_at_once_is_told_in_the_same_turn_however_much_that_is) {
  many_receives all;
  for (std::size_t i = 0; i < all.count; ++i) {
    put(all.pairs[i].b);
    all.submit(*on, i);
  }
  ASSERT_NE(on->run(run_once | run_nonblocking), run_result::failed);
  for (const recorded& op : all.ops) EXPECT_EQ(op.ended_with, 1);
}

TEST_F(iocp_faults, a_socket_of_a_port_that_is_not_ours_is_served_by_readiness) {
  socket_pair pair;
  HANDLE port = ::CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 1);
  ASSERT_NE(port, nullptr);
  auto* file = reinterpret_cast<HANDLE>(static_cast<SOCKET>(pair.a.get()));
  ASSERT_EQ(::CreateIoCompletionPort(file, port, 0, 0), port);
  char byte = 0;
  recorded op;
  prepare_recv(op, pair.a.get(), &byte, 1, 0);
  submit(*on, op);
  put(pair.b);
  run_all();
  EXPECT_EQ(op.ended_with, 1);
  pair.a.close();
  ::CloseHandle(port);
}

TEST_F(iocp_faults, a_cancelled_operation_ends_and_what_comes_later_is_for_the_next_one) {
  socket_pair pair;
  char byte = 0;
  recorded first, second;
  prepare_recv(first, pair.a.get(), &byte, 1, 0);
  submit(*on, first);
  cancel(*on, first);
  run_all();
  EXPECT_EQ(first.ended_with, -ECANCELED);
  prepare_recv(second, pair.a.get(), &byte, 1, 0);
  submit(*on, second);
  put(pair.b);
  run_all();
  EXPECT_EQ(second.ended_with, 1);
}

TEST_F(iocp_faults, a_watcher_and_an_operation_share_a_socket) {
  socket_pair pair;
  char byte = 0;
  recorded op;
  watching writer(*on, pair.a.get(), watch_write);
  ASSERT_EQ(on->add(&writer, forever), 0);
  prepare_recv(op, pair.a.get(), &byte, 1, 0);
  submit(*on, op);
  put(pair.b);
  run_all();
  EXPECT_EQ(writer.calls, 1);
  EXPECT_EQ(op.ended_with, 1);
}

TEST_F(iocp_faults, more_packets_than_one_call_takes_all_arrive) {
  many_receives all;
  for (std::size_t i = 0; i < all.count; ++i) {
    all.submit(*on, i);
    put(all.pairs[i].b);
  }
  run_all();
  for (const recorded& op : all.ops) EXPECT_EQ(op.ended_with, 1);
}

// What Windows refuses at once, and what a test refuses in its place.
TEST_F(iocp_faults, a_request_that_is_refused_ends_with_the_error) {
  tcp_listener listener;
  socket_pair pair;
  const descriptor fresh(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
  sockaddr_in to = listener.address;
  char byte = 0;
  for (const sys::call which :
       {sys::call::accept, sys::call::connect, sys::call::recv, sys::call::send}) {
    failing_calls failing(which, [](int) { return ENOBUFS; });
    recorded op;
    if (which == sys::call::accept)
      prepare_accept(op, listener.socket.get(), nullptr, nullptr);
    else if (which == sys::call::connect)
      prepare_connect(op, fresh.get(), reinterpret_cast<sockaddr*>(&to), sizeof to);
    else if (which == sys::call::recv)
      prepare_recv(op, pair.a.get(), &byte, 1, 0);
    else
      prepare_send(op, pair.a.get(), "x", 1, 0);
    submit(*on, op);
    run_all();
    EXPECT_EQ(op.ended_with, -ENOBUFS) << static_cast<int>(which);
  }
}

TEST_F(iocp_faults, a_socket_that_cannot_be_watched_is_told) {
  socket_pair pair;
  watching reader(*on, pair.a.get(), watch_read);
  failing_calls failing(sys::call::port_associate, [](int) { return ENOMEM; });
  EXPECT_EQ(on->add(&reader, forever), ENOMEM);
  run_all();
  EXPECT_EQ(reader.calls, 0);
}

TEST_F(iocp_faults, who_waits_for_a_socket_that_cannot_be_polled_is_woken_to_find_it_out) {
  socket_pair pair;
  watching reader(*on, pair.a.get(), watch_read);
  failing_calls failing(sys::call::poll, [](int) { return ENOBUFS; });
  ASSERT_EQ(on->add(&reader, forever), 0);
  run_all();
  EXPECT_EQ(reader.calls, 1);
}

TEST_F(iocp_faults, a_connection_that_nobody_waits_for_any_more_is_closed) {
  tcp_listener listener;
  recorded op;
  prepare_accept(op, listener.socket.get(), nullptr, nullptr);
  submit(*on, op);
  cancel(*on, op);
  run_all();
  EXPECT_EQ(op.ended_with, -ECANCELED);
}

// Whether what fails at once brings a packet as well is not the same everywhere.
TEST_F(iocp_faults, datagrams_that_are_cut_off_at_once_end_their_receives_once) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* at = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  const descriptor to(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0));
  const descriptor from(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0));
  ASSERT_EQ(::bind(to.get(), at, size), 0);
  ASSERT_EQ(::getsockname(to.get(), at, &size), 0);
  ASSERT_EQ(::connect(from.get(), at, size), 0);
  for (int round = 0; round < 3; ++round) {
    for (const char* text : {"0123456789", "abcdefghij"})
      ASSERT_EQ(::send(from.get(), text, 10, 0), 10);
    char bytes[2][4] = {};
    recorded ops[2];
    for (int i = 0; i < 2; ++i) {
      prepare_recv(ops[i], to.get(), bytes[i], 4, 0);
      submit(*on, ops[i]);
    }
    run_all();
    EXPECT_EQ(std::string(bytes[0], 4), "0123");
    EXPECT_EQ(std::string(bytes[1], 4), "abcd");
    for (const recorded& op : ops) EXPECT_EQ(op.ended_with, 4);
  }
}

}  // namespace
}  // namespace eddy::engine::test
