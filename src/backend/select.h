// The select backend (POSIX; select(2)): everywhere, for descriptors below FD_SETSIZE only.
#pragma once

#include <sys/select.h>

#include "backend/backend.h"

namespace eddy::engine {

class select_backend final : public backend {
 public:
  // Null when memory is exhausted.
  static select_backend* create();
  select_backend();

  const char* name() const override { return "select"; }
  std::uint32_t features() const override { return feature_any_fd | feature_cheap_update; }
  int highest_descriptor() const override { return FD_SETSIZE - 1; }
  // EINVAL for a descriptor that does not fit into an fd_set: nothing is ever written outside of
  // it.
  int update(int fd, bool known, interest wanted, std::uint32_t tag) override;
  int wait(std::int64_t timeout, fired_list& fired) override;
  int after_fork() override;

 private:
  void forget_closed(fired_list& fired);

  fd_set readable_;
  fd_set writable_;
  int highest_ = -1;
  int start_ = 0;  // where the scan begins, so that no descriptor is always last
  std::uint32_t tags_[FD_SETSIZE] = {};
};

}  // namespace eddy::engine
