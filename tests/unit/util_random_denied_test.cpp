// Random bytes where a filter of Linux forbids to ask for them.
#include <event2/util.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>

namespace {

// Makes two system calls fail with EPERM, for the rest of the process.
bool forbid(unsigned first, unsigned second) {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, first, 1, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, second, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{sizeof program / sizeof program[0], program};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

constexpr int cannot_forbid = 5;

[[noreturn]] void ask_without(unsigned first, unsigned second) {
  if (!forbid(first, second)) std::_Exit(cannot_forbid);
  unsigned char bytes[32] = {};
  evutil_secure_rng_get_bytes(bytes, sizeof bytes);
  int set = 0;
  for (unsigned char byte : bytes) set += byte != 0;
  std::_Exit(set > 8 ? 0 : 1);
}

TEST(secure_rng_death, reads_the_device_when_getrandom_is_forbidden) {
  EXPECT_EXIT(ask_without(SYS_getrandom, SYS_getrandom), ::testing::ExitedWithCode(0), "");
}

TEST(secure_rng_death, ends_the_process_rather_than_give_guessable_bytes) {
  EXPECT_EXIT(ask_without(SYS_getrandom, SYS_openat), ::testing::ExitedWithCode(EXIT_FAILURE),
              "no random bytes.*Operation not permitted");
}

}  // namespace
