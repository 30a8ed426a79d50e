// What systems cannot do: a test that needs it says so, and is skipped there.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>

#include <pthread.h>
#include <sys/socket.h>
#include <filesystem>

#include <cerrno>
#include <csignal>

namespace eddy::engine::test {

#if defined(_WIN32)
// A pair of sockets is a connection of TCP, whose end hears late that the other is gone.
constexpr bool pairs_of_unix_sockets_are_there = false;
constexpr bool fork_is_there = false;
constexpr bool exit_codes_have_8_bits = false;
constexpr bool dup2_is_there = false;
constexpr bool a_limit_of_descriptors_is_there = false;
constexpr bool mappings_are_there = false;
constexpr bool pipes_are_no_sockets = false;
constexpr bool connections_that_were_reset_can_be_accepted = false;
constexpr bool listening_options_are_the_kernels = false;
constexpr bool socket_errors_are_errno = false;
constexpr bool files_are_sent_by_the_kernel = false;
constexpr bool descriptors_can_be_sent = false;
constexpr bool named_pipes_are_files = false;
constexpr bool files_have_permissions = false;
constexpr bool moves_between_directories_are_told = false;
constexpr bool unix_sockets_have_names = false;
constexpr bool threads_choose_signals = false;
constexpr bool lengths_of_what_was_cut_off_are_told = false;
constexpr bool listeners_can_share_a_port = false;
constexpr bool datagrams_of_unix_sockets_are_there = false;
// std::stop_callback of GCC 12 for Windows may wait for ever in its destructor for a callback that
// has run on another thread: so did three of three programs without eddy, within 12,000 callbacks.
constexpr bool stop_callbacks_end_beside_requests = false;
constexpr bool programs_of_posix_are_there = false;
constexpr bool sigchld_is_there = false;
constexpr bool proc_is_there = false;
#else
constexpr bool pairs_of_unix_sockets_are_there = true;
constexpr bool fork_is_there = true;
constexpr bool exit_codes_have_8_bits = true;
constexpr bool dup2_is_there = true;
constexpr bool a_limit_of_descriptors_is_there = true;
constexpr bool mappings_are_there = true;
constexpr bool pipes_are_no_sockets = true;
constexpr bool connections_that_were_reset_can_be_accepted = true;
constexpr bool listening_options_are_the_kernels = true;
constexpr bool socket_errors_are_errno = true;
constexpr bool files_are_sent_by_the_kernel = true;
constexpr bool descriptors_can_be_sent = true;
constexpr bool named_pipes_are_files = true;
constexpr bool files_have_permissions = true;
constexpr bool moves_between_directories_are_told = true;
constexpr bool unix_sockets_have_names = true;
constexpr bool threads_choose_signals = true;
constexpr bool lengths_of_what_was_cut_off_are_told = true;
constexpr bool listeners_can_share_a_port = true;
constexpr bool datagrams_of_unix_sockets_are_there = true;
constexpr bool stop_callbacks_end_beside_requests = true;
constexpr bool programs_of_posix_are_there = true;
constexpr bool sigchld_is_there = true;
constexpr bool proc_is_there = true;
#endif

// Which is no Windows: what it lacks is skipped by its name.
inline bool is_under_wine() {
#if defined(_WIN32)
  HMODULE ntdll = ::GetModuleHandleA("ntdll.dll");
  return ntdll != nullptr && ::GetProcAddress(ntdll, "wine_get_version") != nullptr;
#else
  return false;
#endif
}

// Of a connection; what has come on it is lost.
inline bool is_nonblocking(int fd) {
#if defined(_WIN32)
  // Nothing there tells, but one that waits gives up, and says so.
  const unsigned long soon = 1;
  char byte;
  (void)::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon);
  ssize_t got = 0;
  while ((got = ::recv(fd, &byte, 1, 0)) > 0) {
  }
  return got == -1 && errno == EAGAIN;
#else
  return (::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0;
#endif
}

inline unsigned long number_of_this_thread() {
#if defined(_WIN32)
  return ::GetCurrentThreadId();
#else
  return ::pthread_self();
#endif
}

// Whoever writes to nobody is killed from here on, where a system does that.
inline void let_writing_to_nobody_kill() {
#if !defined(_WIN32)
  EXPECT_EQ(::signal(SIGPIPE, SIG_DFL), SIG_DFL);
#endif
}

// A function of the system's that a program brings itself: EDDY_OWN(name) is what it is defined as,
// and after that EDDY_REPLACES(name) has everybody call it.
#if defined(_WIN32)
#define EDDY_OWN(name) own_##name
#define EDDY_REPLACES(name)                        \
  extern "C" {                                     \
  decltype(&own_##name) __imp_##name = own_##name; \
  }                                                \
  static_assert(true)
#else
#define EDDY_OWN(name) name
#define EDDY_REPLACES(name) static_assert(true)
#endif

// How many descriptors this process has open; on Windows, how many handles of any kind.
inline long open_descriptors() {
#if defined(_WIN32)
  DWORD count = 0;
  EXPECT_TRUE(::GetProcessHandleCount(::GetCurrentProcess(), &count));
  return static_cast<long>(count);
#else
  long count = 0;
  for ([[maybe_unused]] const auto& one : std::filesystem::directory_iterator("/proc/self/fd"))
    ++count;
  return count;
#endif
}

#define EDDY_SKIP_UNDER_WINE(why) \
  if (eddy::engine::test::is_under_wine()) GTEST_SKIP() << "Wine: " why
#define EDDY_NEEDS(what) \
  if (!eddy::engine::test::what) GTEST_SKIP() << "not on this system: " #what

}  // namespace eddy::engine::test
