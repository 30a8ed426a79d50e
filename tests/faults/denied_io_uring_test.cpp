// io_uring denied by a filter. A program of its own: the process keeps the answer of the first
// probe.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "backend/table.h"
#include "loop/loop.h"
#include "support/denied_io_uring.h"

namespace eddy::engine::test {
namespace {

int messages = 0;

TEST(denied_io_uring, falls_back_to_epoll_in_the_same_call_and_says_so_once) {
  if (find_backend("io_uring") == nullptr) GTEST_SKIP() << "built without io_uring";
  for (const int error : {EPERM, ENOSYS}) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      // The answer of the probe is kept by the process: this one must not have asked before.
      if (!deny_io_uring(error)) ::_exit(77);
      messages = 0;
      loop_options options;
      options.ignore_environment = true;
      options.log = [](int, const char*) { ++messages; };
      loop first, second;
      const bool opened = first.open(options) == 0 && second.open(options) == 0;
      ::_exit(opened && std::string(first.backend_name()) == "epoll" && messages == 1 ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "seccomp filters are not allowed here";
    EXPECT_EQ(WEXITSTATUS(status), 0);
  }
}

}  // namespace
}  // namespace eddy::engine::test
