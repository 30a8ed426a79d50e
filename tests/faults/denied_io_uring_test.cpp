// io_uring denied by a filter. A program of its own: the process keeps the answer of the first
// probe.
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <string>

#include "backend/table.h"
#include "loop/loop.h"

namespace eddy::engine::test {
namespace {

// A filter as containers have it: io_uring_setup gives `error`. For a child process.
bool deny_io_uring(int error) {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(error)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{4, filter};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

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
