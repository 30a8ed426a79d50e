// What streams take: nothing for each line, and little for a connection that is idle.
#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/resource.h>
#include <eddy/operation.hpp>
#include <eddy/stream.hpp>

#include <vector>

#include "support/coroutine_streams.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COUNTS_MALLOC 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define COUNTS_MALLOC 0
#endif
#endif
#ifndef COUNTS_MALLOC
#define COUNTS_MALLOC 1
#endif

static long mallocs = 0;

#if COUNTS_MALLOC
extern "C" {
void* __libc_malloc(std::size_t);  // NOLINT: glibc's name
void* malloc(std::size_t size) {
  ++mallocs;
  return __libc_malloc(size);
}
}
#endif

namespace eddy::test {
namespace {

class memory_of_streams : public coroutines_on_every_backend {
 protected:
  void SetUp() override {
    if (!COUNTS_MALLOC) GTEST_SKIP() << "a sanitizer has its own malloc";
  }
};

task<> serve(stream peer) {
  while (auto line = co_await peer.read_line(16 * 1024)) co_await peer.write(*line);
}

void exchange(int fd, std::size_t lines) {
  static const std::string text = [] {
    std::string all;
    for (int i = 0; i < 100; ++i) all += std::string(63, 'x') + "\n";
    return all;
  }();
  EXPECT_EQ(::send(fd, text.data(), lines * 64, 0), static_cast<ssize_t>(lines * 64));
}

std::size_t drain(int fd) {
  static char space[64 * 1024];
  const ssize_t got = ::recv(fd, space, sizeof space, MSG_DONTWAIT);
  return got > 0 ? static_cast<std::size_t>(got) : 0;
}

TEST_P(memory_of_streams, no_line_takes_any) {
  stream_ends ends;
  on.spawn(serve(stream(ends.take_b())));
  on.run([](int fd) -> task<> {
    for (const std::size_t lines : {1U, 16U}) {
      long before = 0;
      for (int i = 0; i < 100; ++i) {
        if (i == 50) before = mallocs;
        exchange(fd, lines);
        for (std::size_t left = lines * 64; left != 0; left -= drain(fd)) co_await readable(fd);
      }
      // (io_uring receives into large blocks, of which it may want one more.)
      EXPECT_LE(mallocs - before, 1) << lines << " at a time";
    }
  }(ends.a));
}

TEST_P(memory_of_streams, an_idle_connection_takes_at_most_a_kibibyte) {
  if (GetParam() == "select" || GetParam() == "poll")
    GTEST_SKIP() << "nobody has so many connections with " << GetParam();
  constexpr int many = 2'000;
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = limit.rlim_max;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  if (limit.rlim_max < 5 * many) GTEST_SKIP() << "too few descriptors";
  std::vector<int> clients;
  on.run([](loop& l, std::vector<int>& all) -> task<> {
    std::size_t before = 0;
    int counted = 0;
    for (int i = 0; i < 2 * many; ++i) {
      if (i == many) before = ::mallinfo2().uordblks;
      stream_ends ends;
      all.push_back(ends.take_a());
      l.spawn(serve(stream(ends.take_b())));
      counted += i >= many;
      exchange(all.back(), 1);
      co_await readable(all.back());
      drain(all.back());
    }
    const std::size_t each = (::mallinfo2().uordblks - before) / static_cast<std::size_t>(counted);
    EXPECT_LE(each, 1'024u);
  }(on, clients));
  for (const int fd : clients) ::close(fd);
}

EDDY_COROUTINES_ON_EVERY_BACKEND(memory_of_streams);

}  // namespace
}  // namespace eddy::test
