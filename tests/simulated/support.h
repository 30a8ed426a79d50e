// What the tests of the simulators share.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <string_view>
#include <thread>
#include <vector>

#include "support/sockets.h"

namespace eddy::simulated::test {

using engine::test::descriptor;
using engine::test::socket_pair;
using engine::test::tcp_listener;

constexpr timespec at_once = {0, 0};
// Long enough that a test which needs it has failed, but ends.
constexpr timespec long_enough = {60, 0};

struct pipe_pair {
  descriptor reader, writer;

  pipe_pair() {
    int ends[2] = {-1, -1};
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    reader = descriptor(ends[0]);
    writer = descriptor(ends[1]);
  }
};

inline void put(int fd, std::string_view bytes) {
  EXPECT_EQ(::write(fd, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
}

inline std::size_t drain(int fd) {
  char bytes[4096];
  std::size_t all = 0;
  for (ssize_t got; (got = ::read(fd, bytes, sizeof bytes)) > 0;)
    all += static_cast<std::size_t>(got);
  return all;
}

inline void fill(int fd) {
  static const char bytes[65536] = {};
  while (::write(fd, bytes, sizeof bytes) > 0) {
  }
}

inline std::vector<int> open_descriptors() {
  std::vector<int> all;
  for (int fd = 0; fd < 1024; ++fd)
    if (::fcntl(fd, F_GETFD) >= 0) all.push_back(fd);
  return all;
}

// What `in_the_child` returns becomes the child's exit status.
template <class Function>
int in_a_child(const Function& in_the_child) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(in_the_child());
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// A signal with a handler that counts, until the end of the scope.
class counted_signal {
 public:
  explicit counted_signal(int signal, int flags = 0) : signal_(signal) {
    count = 0;
    struct sigaction action = {};
    action.sa_handler = [](int) { ++count; };
    action.sa_flags = flags;
    EXPECT_EQ(::sigaction(signal, &action, &before_), 0);
  }
  ~counted_signal() { ::sigaction(signal_, &before_, nullptr); }
  counted_signal(const counted_signal&) = delete;
  counted_signal& operator=(const counted_signal&) = delete;

  static inline std::atomic<int> count{0};

 private:
  int signal_;
  struct sigaction before_ = {};
};

// Runs `function` on a thread, and sends it the signal again and again until it has returned: a
// signal that comes before the call interrupts nothing.
template <class Function>
void interrupted(int signal, const Function& function) {
  std::atomic<bool> over{false};
  std::thread thread([&] {
    function();
    over = true;
  });
  while (!over) {
    ::pthread_kill(thread.native_handle(), signal);
    std::this_thread::yield();
  }
  thread.join();
}

}  // namespace eddy::simulated::test
