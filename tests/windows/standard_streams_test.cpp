// The standard input and output as streams, where they are what a loop cannot wait for.
#include <gtest/gtest.h>

#include <eddy/eddy.hpp>
#include <string>

#include "support/coroutines.h"

namespace eddy::test {
namespace {

// A pipe of the C library in the place of a standard descriptor.
class replaced {
 public:
  explicit replaced(int standard) : standard_(standard), was_(::_dup(standard)) {
    EXPECT_EQ(::_pipe(ends, 4096, _O_BINARY | _O_NOINHERIT), 0);
    EXPECT_EQ(::_dup2(ends[standard == 0 ? 0 : 1], standard), 0);
  }
  ~replaced() {
    put_back();
    for (const int fd : ends)
      if (fd >= 0) ::_close(fd);
  }
  void put_back() {
    if (was_ < 0) return;
    EXPECT_EQ(::_dup2(was_, standard_), 0);
    ::_close(was_);
    was_ = -1;
  }
  void close(int end) {
    ::_close(ends[end]);
    ends[end] = -1;
  }
  int ends[2];

 private:
  int standard_, was_;
};

class standard_streams : public coroutines_on_every_backend {};

TEST_P(standard_streams, let_the_loop_go_on_while_a_pipe_has_nothing_to_read) {
  on.run([]() -> task<> {
    replaced input(0);
    stream in = standard_input();
    EXPECT_EQ((co_await as_result(with_timeout(1ms, in.read_line()))).error(),
              std::errc::timed_out);
    EXPECT_EQ(::_write(input.ends[1], "one\ntwo", 7), 7);
    const auto line = co_await in.read_line();
    EXPECT_EQ(std::string(line->data(), line->size()), "one\n");
    input.close(1);
    char rest[10];
    EXPECT_EQ(co_await in.read_some(rest), 3u);
    EXPECT_EQ(co_await in.read_some(rest), 0u);
  }());
}

TEST_P(standard_streams, write_to_a_pipe) {
  on.run([]() -> task<> {
    replaced output(1);
    stream out = standard_output();
    co_await out.write("some words\n");
    co_await out.flush();
    output.put_back();
    char got[32];
    EXPECT_EQ(::_read(output.ends[0], got, sizeof got), 11);
    EXPECT_EQ(std::string(got, 11), "some words\n");
  }());
}

EDDY_COROUTINES_ON_EVERY_BACKEND(standard_streams);

}  // namespace
}  // namespace eddy::test
