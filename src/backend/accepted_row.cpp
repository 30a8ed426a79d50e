#include "backend/accepted_row.h"

#include "base/sys.h"
#include "base/sys_fork.h"

namespace eddy::engine {

void accepted_row::push(int fd) {
  process_ = sys::process_mark();
  if (fds_.push_back(fd)) return;
  (void)sys::close(fd);
  ++lost_;
}

int accepted_row::take() {
  while (first_ < fds_.size() && process_ != sys::process_mark()) (void)sys::close(fds_[first_++]);
  const int fd = first_ < fds_.size() ? fds_[first_++] : -1;
  if (first_ == fds_.size()) {
    fds_.clear();
    first_ = 0;
  }
  return fd;
}

}  // namespace eddy::engine
