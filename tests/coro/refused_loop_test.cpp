// Loops that cannot be made: the error says why. A program of its own: the process keeps what it
// found out about io_uring.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <eddy/eddy.hpp>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "support/denied_io_uring.h"

namespace eddy::test {
namespace {

std::string refusal(const loop_options& options = {}) {
  try {
    loop l(options);
    return std::string("none: ") + l.backend();
  } catch (const exception& e) {
    return e.what();
  }
}

// A variable of the environment, for a while.
class variable {
 public:
  variable(const char* name, const char* value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    EXPECT_EQ(::setenv(name, value, 1), 0);
  }
  ~variable() {
    if (before_)
      ::setenv(name_, before_->c_str(), 1);
    else
      ::unsetenv(name_);
  }
  variable(const variable&) = delete;
  variable& operator=(const variable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

TEST(refused_loops, a_backend_that_is_not_there_is_named) {
  EXPECT_EQ(refusal({.backend = "carrier-pigeon"}), "make a loop carrier-pigeon: Invalid argument");
  const variable asked("EDDY_BACKEND", "carrier-dove");
  EXPECT_EQ(refusal(), "make a loop EDDY_BACKEND=carrier-dove: Invalid argument");
  EXPECT_EQ(refusal({.backend = "carrier-pigeon"}), "make a loop carrier-pigeon: Invalid argument");
}

TEST(refused_loops, one_for_which_all_backends_are_switched_off_is_no_lack_of_memory) {
  const variable none("EDDY_BACKEND", ""), io_uring("EDDY_NO_IO_URING", "1"),
      epoll("EVENT_NOEPOLL", "1"), poll("EVENT_NOPOLL", "1"), select("EVENT_NOSELECT", "1");
  EXPECT_EQ(refusal(), "make a loop: Invalid argument");
}

TEST(refused_loops, a_backend_that_the_system_denies_is_not_supported) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (!engine::test::deny_io_uring(EPERM)) ::_exit(77);
    const std::string told = refusal({.backend = "io_uring"});
    std::fprintf(stderr, "%s\n", told.c_str());
    if (told == "make a loop io_uring: Invalid argument") ::_exit(78);
    ::_exit(told == "make a loop io_uring: Operation not supported" ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "seccomp filters are not allowed here";
  if (WEXITSTATUS(status) == 78) GTEST_SKIP() << "built without io_uring";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace eddy::test
