// A process that can have no more descriptors than it has, or only some more.
#pragma once

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "support/recorded.h"
#include "support/sockets.h"
#include "support/system.h"

namespace eddy::engine::test {

// While it lives. Where a system sets no limit, the calls that accept are refused in its place.
class no_descriptors {
 public:
  explicit no_descriptors(unsigned more = 0) {
    if (a_limit_of_descriptors_is_there)
      lower_the_limit(more);
    else
      refuse_to_accept(more);
  }
  ~no_descriptors() {
    if (!a_limit_of_descriptors_is_there) return;
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before_), 0);
  }
  no_descriptors(const no_descriptors&) = delete;
  no_descriptors& operator=(const no_descriptors&) = delete;

 private:
  void lower_the_limit(unsigned more) {
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0);
    const descriptor next(::dup(0));
    rlimit low = before_;
    low.rlim_cur = static_cast<rlim_t>(next.get()) + more;
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  }

  void refuse_to_accept(unsigned more) {
    refusing_ = std::make_unique<failing_calls>(sys::call::accept, [more](int nth) {
      return static_cast<unsigned>(nth) > more ? EMFILE : 0;
    });
  }

  rlimit before_{};
  std::unique_ptr<failing_calls> refusing_;
};

}  // namespace eddy::engine::test
