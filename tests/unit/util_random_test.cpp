#include <event2/util.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include "support/system.h"

namespace {

TEST(secure_rng, fills_exactly_the_bytes_that_were_asked_for) {
  std::array<unsigned char, 64> bytes{};
  evutil_secure_rng_get_bytes(bytes.data(), 48);
  int set = 0;
  for (std::size_t i = 0; i < 48; ++i) set += bytes[i] != 0;
  EXPECT_GT(set, 24) << "a chance of less than 10^-50 to be wrong";
  for (std::size_t i = 48; i < bytes.size(); ++i) EXPECT_EQ(bytes[i], 0);
  evutil_secure_rng_get_bytes(nullptr, 0);
}

TEST(secure_rng, does_not_repeat_itself) {
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) {
    std::uint64_t number = 0;
    evutil_secure_rng_get_bytes(&number, sizeof number);
    EXPECT_TRUE(seen.insert(number).second);
  }
}

TEST(secure_rng, sets_about_half_of_the_bits_of_a_large_request) {
  std::vector<unsigned char> bytes(1 << 20);
  evutil_secure_rng_get_bytes(bytes.data(), bytes.size());
  std::size_t ones = 0;
  for (unsigned char byte : bytes) ones += std::bitset<8>(byte).count();
  const std::size_t half = bytes.size() * 4;
  EXPECT_LT(ones > half ? ones - half : half - ones, std::size_t{40000})
      << "27 standard deviations";
}

TEST(secure_rng, differs_between_parent_and_child) {
  EDDY_NEEDS(fork_is_there);
  std::uint64_t warm_up = 0;
  evutil_secure_rng_get_bytes(&warm_up, sizeof warm_up);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    std::uint64_t number = 0;
    evutil_secure_rng_get_bytes(&number, sizeof number);
    _exit(write(ends[1], &number, sizeof number) == sizeof number ? 0 : 1);
  }
  std::uint64_t ours = 0;
  std::uint64_t theirs = 0;
  evutil_secure_rng_get_bytes(&ours, sizeof ours);
  ASSERT_EQ(read(ends[0], &theirs, sizeof theirs), ssize_t{sizeof theirs});
  EXPECT_NE(ours, theirs);
  waitpid(child, nullptr, 0);
  close(ends[0]);
  close(ends[1]);
}

TEST(secure_rng, needs_no_file_and_no_help) {
  EXPECT_EQ(evutil_secure_rng_init(), 0);
  char name[] = "/dev/urandom";
  EXPECT_EQ(evutil_secure_rng_set_urandom_device_file(name), -1);
  evutil_secure_rng_add_bytes("seed", 4);
  evutil_secure_rng_add_bytes(nullptr, 0);
}

}  // namespace
