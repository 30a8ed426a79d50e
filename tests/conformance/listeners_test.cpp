// What a listener promises, on every backend: where connections are accepted by calls, and where
// the loop's streams let the kernel accept them.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <thread>
#include <tuple>

#include "capi/settings.h"
#include "event2/thread.h"
#include "support/backends.h"
#include "support/listening.h"
#include "support/sockets.h"
#include "support/system.h"

namespace eddy::engine::test {
namespace {

enum class company { alone, with_a_stream };

class listeners : public testing::TestWithParam<std::tuple<std::string, company>> {
 protected:
  listeners() : on(std::get<0>(GetParam()), thread_options()) {
    if (std::get<1>(GetParam()) == company::with_a_stream)
      other = std::make_unique<idle_stream>(*on);
  }
  static loop_options thread_options() {
    evthread_use_pthreads();
    loop_options options;
    options.threads = capi::process_threading();
    return options;
  }

  // Whether it is the kernel that accepts, once a first connection was accepted by a call.
  bool kernel_accepts() { return other != nullptr && on->is_transferring(); }

  void look(int turns = 5) {
    for (int i = 0; i < turns; ++i) on->run(run_once | run_nonblocking);
  }
  // Past the first connection.
  void settle(listening& l) {
    l.accepted.clear();
    descriptor first = client_of(l);
    look();
    ASSERT_EQ(l.accepted.size(), 1u);
    ASSERT_EQ(l.is_by_kernel(), kernel_accepts() && l.has_socket_alone);
    l.accepted.clear();
    l.peers.clear();
  }
  void run_until_accepted(listening& l, std::size_t count) {
    for (int turns = 0; l.accepted.size() < count; ++turns) {
      ASSERT_LT(turns, 100'000) << "they do not come";
      on->run(run_once | run_nonblocking);
    }
  }

  opened_loop on;
  std::unique_ptr<idle_stream> other;
};

std::vector<descriptor> clients(listening& l, int count, int from = 0) {
  std::vector<descriptor> made;
  for (int i = 0; i < count; ++i) made.push_back(client_of(l, from + i));
  return made;
}

// Which connections these are: each once.
std::set<int> numbers_of(const std::vector<descriptor>& accepted) {
  std::set<int> seen;
  for (const descriptor& d : accepted) {
    int number = -1;
    EXPECT_EQ(::recv(d.get(), &number, sizeof number, 0), ssize_t{sizeof number});
    EXPECT_TRUE(seen.insert(number).second) << number << " twice";
  }
  return seen;
}

bool is_closed(const descriptor& client) {
  char byte;
  return ::recv(client.get(), &byte, 1, MSG_DONTWAIT) == 0 || errno == ECONNRESET;
}

TEST_P(listeners, hand_over_each_connection_with_its_peers_address) {
  listening l(*on);
  for (int round = 0; round < 3; ++round) {
    const std::vector<descriptor> made = clients(l, 5);
    l.accepted.clear();
    l.peers.clear();
    look();
    ASSERT_EQ(l.accepted.size(), made.size());
    for (std::size_t i = 0; i < made.size(); ++i) {
      sockaddr_in mine{};
      socklen_t size = sizeof mine;
      ASSERT_EQ(::getsockname(made[i].get(), reinterpret_cast<sockaddr*>(&mine), &size), 0);
      EXPECT_EQ(std::memcmp(&mine, &l.peers[i], sizeof mine), 0) << round << ", " << i;
    }
    EXPECT_EQ(l.is_by_kernel(), kernel_accepts());
  }
}

TEST_P(listeners, hand_over_sockets_that_do_not_block_and_that_no_child_inherits) {
  listening l(*on);
  settle(l);
  const descriptor first = client_of(l);
  look();
  l.leaves_blocking = true;
  const descriptor second = client_of(l);
  look();
  ASSERT_EQ(l.accepted.size(), 2u);
  for (const descriptor& d : l.accepted) EXPECT_TRUE(::fcntl(d.get(), F_GETFD) & FD_CLOEXEC);
  EXPECT_TRUE(is_nonblocking(l.accepted[0].get()));
  EXPECT_FALSE(is_nonblocking(l.accepted[1].get()));
}

TEST_P(listeners, that_are_disabled_hand_nothing_over_until_they_are_enabled) {
  listening l(*on);
  settle(l);
  EXPECT_EQ(enable_listener(l, false), 0);
  EXPECT_EQ(enable_listener(l, false), 0);
  const std::vector<descriptor> made = clients(l, 3);
  look();
  EXPECT_TRUE(l.accepted.empty());
  EXPECT_EQ(enable_listener(l, true), 0);
  look();
  EXPECT_EQ(numbers_of(l.accepted), (std::set<int>{0, 1, 2}));
}

TEST_P(listeners, without_somebody_to_tell_wait_until_there_is) {
  listening l(*on);
  settle(l);
  set_wanted(l, false);
  const descriptor client = client_of(l);
  look();
  EXPECT_TRUE(l.accepted.empty());
  set_wanted(l, true);
  look();
  EXPECT_EQ(l.accepted.size(), 1u);
}

TEST_P(listeners, that_their_callback_disables_keep_the_others_waiting) {
  listening l(*on);
  settle(l);
  l.then = [&] { EXPECT_EQ(enable_listener(l, false), 0); };
  const std::vector<descriptor> made = clients(l, 20);
  for (std::size_t i = 1; i <= made.size(); ++i) {
    look(3);
    ASSERT_EQ(l.accepted.size(), i);
    ASSERT_EQ(enable_listener(l, true), 0);
  }
  EXPECT_EQ(numbers_of(l.accepted).size(), made.size());
  const descriptor last = client_of(l);
  look();
  EXPECT_EQ(l.accepted.size(), made.size() + 1);
}

TEST_P(listeners, that_are_disabled_and_enabled_at_any_time_lose_nothing) {
  listening l(*on);
  settle(l);
  std::mt19937 random(7);
  l.then = [&] {
    if (random() % 4 == 0) (void)enable_listener(l, false);
  };
  std::vector<descriptor> made;
  for (int step = 0; step < 400; ++step) {
    if (random() % 2 == 0) made.push_back(client_of(l, static_cast<int>(made.size())));
    if (random() % 3 == 0) (void)enable_listener(l, random() % 2 == 0);
    if (random() % 3 != 0) look(1);
  }
  l.then = nullptr;
  ASSERT_EQ(enable_listener(l, true), 0);
  run_until_accepted(l, made.size());
  look();
  EXPECT_EQ(numbers_of(l.accepted).size(), made.size());
}

TEST_P(listeners, that_their_callback_frees_close_what_waits) {
  auto l = std::make_unique<listening>(*on);
  settle(*l);
  l->then = [&] { free_listener(*l); };
  const std::vector<descriptor> made = clients(*l, 10);
  look();
  ASSERT_TRUE(l->gone);
  EXPECT_EQ(l->accepted.size(), 1u);
  l->at.socket.close();
  EXPECT_FALSE(is_closed(made[0]));
  for (std::size_t i = 1; i < made.size(); ++i) EXPECT_TRUE(is_closed(made[i])) << i;
}

TEST_P(listeners, that_are_freed_leave_their_port_to_others_at_once) {
  for (const bool in_callback : {false, true}) {
    auto l = std::make_unique<listening>(*on);
    const descriptor again(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int one = 1;
    for (const int fd : {l->at.socket.get(), again.get()})
      (void)::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    settle(*l);
    l->closes_socket = true;
    (void)l->at.socket.release();
    l->then = [&] { free_listener(*l); };
    const descriptor client = client_of(*l);
    if (in_callback)
      look();
    else
      free_listener(*l);
    ASSERT_TRUE(l->gone);
    EXPECT_EQ(::bind(again.get(), l->at.as_sockaddr(), sizeof l->at.address), 0) << errno;
    EXPECT_EQ(::listen(again.get(), 1), 0) << errno;
  }
}

TEST_P(listeners, that_are_disabled_leave_their_socket_to_others_at_once) {
  listening l(*on);
  settle(l);
  EXPECT_EQ(enable_listener(l, false), 0);
  const descriptor client = client_of(l);
  const descriptor taken(::accept4(l.at.socket.get(), nullptr, nullptr, SOCK_NONBLOCK));
  EXPECT_GE(taken.get(), 0);
}

TEST_P(listeners, take_a_bounded_number_a_turn) {
  listening l(*on);
  ASSERT_EQ(::listen(l.at.socket.get(), 1024), 0);
  for (int round = 0; round < 2; ++round) {
    settle(l);
    std::map<std::uint64_t, int> in_turn;
    l.then = [&] { ++in_turn[on->statistics().turns]; };
    const std::vector<descriptor> made = clients(l, 300);
    run_until_accepted(l, made.size());
    for (const auto& [turn, count] : in_turn) EXPECT_LE(count, 64) << turn;
    EXPECT_EQ(numbers_of(l.accepted).size(), made.size());
    l.then = nullptr;
    look();
  }
}

TEST_P(listeners, on_a_socket_of_several_loops_wait_for_none_that_is_busy) {
  listening busy(*on);
  busy.has_socket_alone = false;
  settle(busy);
  opened_loop second(std::get<0>(GetParam()));
  idle_stream transfers(*second);
  struct sharing : listener {
    int count = 0;
  } l;
  static constexpr listener_calls functions{[](listener* self, int fd, sockaddr*, socklen_t) {
                                              ++static_cast<sharing*>(self)->count;
                                              ::close(fd);
                                            },
                                            nullptr};
  l.calls = &functions;
  l.destroy = [](listener*) {};
  ASSERT_EQ(open_listener(l, *second, busy.at.socket.get(), false), 0);
  set_wanted(l, true);
  ASSERT_EQ(enable_listener(l, true), 0);
  for (int i = 1; i <= 5; ++i) {
    const descriptor client = client_of(busy);
    for (int turns = 0; turns < 5; ++turns) second->run(run_once | run_nonblocking);
    EXPECT_EQ(l.count, i);
  }
  free_listener(l);
}

TEST_P(listeners, whose_callback_throws_go_on) {
  listening l(*on);
  settle(l);
  l.then = [] { throw 1; };
  const std::vector<descriptor> made = clients(l, 50);
  for (std::size_t i = 1; i <= made.size(); ++i) {
    EXPECT_THROW(run_until_accepted(l, made.size()), int);
    EXPECT_EQ(l.accepted.size(), i);
  }
  l.then = nullptr;
  const descriptor last = client_of(l);
  run_until_accepted(l, made.size() + 1);
}

TEST_P(listeners, go_back_to_calls_when_no_stream_is_left) {
  listening l(*on);
  settle(l);
  other.reset();
  look();
  for (int i = 0; i < 3; ++i) {
    const descriptor client = client_of(l);
    look();
    EXPECT_EQ(l.accepted.size(), static_cast<std::size_t>(i + 1));
    EXPECT_FALSE(l.is_by_kernel());
  }
}

TEST_P(listeners, whose_loop_goes_on_on_another_thread_go_on) {
  listening l(*on);
  settle(l);
  std::vector<descriptor> made = clients(l, 3);
  std::thread([&] { run_until_accepted(l, 3); }).join();
  made.push_back(client_of(l, 3));
  run_until_accepted(l, 4);
  made.push_back(client_of(l, 4));
  std::thread([&] { run_until_accepted(l, 5); }).join();
  EXPECT_EQ(numbers_of(l.accepted).size(), 5u);
}

TEST_P(listeners, of_a_child_share_the_socket_with_those_of_its_parent) {
  EDDY_NEEDS(fork_is_there);
  listening l(*on);
  settle(l);
  l.then = [&] { EXPECT_EQ(enable_listener(l, false), 0); };
  const std::vector<descriptor> made = clients(l, 4);
  look();  // one is handed over, and more may stand in the parent's row
  ASSERT_EQ(l.accepted.size(), 1u);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    l.then = nullptr;
    l.accepted.clear();
    if (on->after_fork() != 0 || enable_listener(l, true) != 0) ::_exit(100);
    look(20);
    if (l.is_by_kernel()) ::_exit(101);
    ::_exit(static_cast<int>(l.accepted.size()));
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  const int by_child = WEXITSTATUS(status);
  l.then = nullptr;
  ASSERT_EQ(enable_listener(l, true), 0);
  look(20);
  EXPECT_EQ(l.accepted.size() + static_cast<std::size_t>(by_child), made.size());
  EXPECT_EQ(by_child == 0, kernel_accepts()) << "those that it had accepted are the parent's";
  const descriptor last = client_of(l);
  look();
  EXPECT_EQ(l.accepted.size() + static_cast<std::size_t>(by_child), made.size() + 1);
}

TEST_P(listeners, of_a_child_do_not_wait_for_a_parent_that_is_busy) {
  EDDY_NEEDS(fork_is_there);
  listening l(*on);
  settle(l);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (on->after_fork() != 0) ::_exit(100);
    while (l.accepted.size() < 3) on->run(run_once);
    ::_exit(0);
  }
  const std::vector<descriptor> made = clients(l, 3);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  const descriptor last = client_of(l);
  run_until_accepted(l, 1);
}

TEST_P(listeners, are_enabled_and_disabled_by_other_threads) {
  ASSERT_EQ(on->make_wakeable(), 0);
  listening l(*on, true);
  ASSERT_EQ(::listen(l.at.socket.get(), 1024), 0);
  constexpr std::size_t count = 200;
  std::thread meddler([&] {
    for (int i = 0; i < 500; ++i) (void)enable_listener(l, i % 2 != 0);
  });
  std::vector<descriptor> made;
  std::thread connecting([&] {
    for (std::size_t i = 0; i < count; ++i) made.push_back(client_of(l, static_cast<int>(i)));
    meddler.join();
    (void)enable_listener(l, true);
  });
  l.then = [&] {
    if (l.accepted.size() == count) on->stop_now();
  };
  on->add_virtual(1);
  EXPECT_EQ(on->run(0), run_result::stopped);
  on->add_virtual(-1);
  connecting.join();
  EXPECT_EQ(numbers_of(l.accepted).size(), count);
}

TEST_P(listeners, are_freed_by_another_thread_while_their_loop_waits) {
  ASSERT_EQ(on->make_wakeable(), 0);
  for (int round = 0; round < 20; ++round) {
    auto l = std::make_unique<listening>(*on, true);
    l->closes_socket = true;
    (void)l->at.socket.release();
    std::vector<descriptor> made;
    posted_work stop;
    stop.on_self = [](callback*, void* of) { static_cast<loop*>(of)->stop_now(); };
    stop.argument = &on.get();
    std::thread freeing([&] {
      for (int i = 0; i < 5; ++i) made.push_back(client_of(*l, i));
      free_listener(*l);
      EXPECT_TRUE(on->post(&stop));
    });
    on->add_virtual(1);
    EXPECT_EQ(on->run(0), run_result::stopped);
    on->add_virtual(-1);
    freeing.join();
    look();
    ASSERT_TRUE(l->gone);
  }
}

INSTANTIATE_TEST_SUITE_P(backend, listeners,
                         testing::Combine(testing::ValuesIn(available_backends()),
                                          testing::Values(company::alone, company::with_a_stream)),
                         [](const auto& one) {
                           const bool alone = std::get<1>(one.param) == company::alone;
                           return std::get<0>(one.param) + (alone ? "" : "_with_a_stream");
                         });

}  // namespace
}  // namespace eddy::engine::test
