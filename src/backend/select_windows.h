// The select backend on Windows: for sockets alone, as many as there is memory for. A wait costs
// O(sockets watched).
#pragma once

#include "backend/backend.h"
#include "base/array.h"
#include "base/sys_windows/socket_set.h"

namespace eddy::engine {

class select_backend final : public backend {
 public:
  // Null when memory is exhausted.
  static select_backend* create();

  const char* name() const override { return "select"; }
  std::uint32_t features() const override { return feature_cheap_update; }
  // EPERM for a file, EBADF for what is nothing.
  int update(int fd, bool known, interest wanted, std::uint32_t tag) override;
  int wait(std::int64_t timeout, fired_list& fired) override;
  int after_fork() override;

 private:
  // Where a socket stands in each set, or -1.
  struct entry {
    int reader = -1;
    int writer = -1;
    std::uint32_t tag = 0;
    int told = -1;  // during `wait`: where it stands in the list of what fired
  };

  int set_place(sys::socket_set& set, int entry::*place, int fd, bool wanted);
  void tell(const sys::socket_set& set, interest what, fired_list& fired);
  void forget_closed(fired_list& fired);

  sys::socket_set readers_, writers_;
  sys::socket_set ready_to_read_, ready_to_write_, failed_;  // of the wait
  array<entry> entries_;                                     // by descriptor
  std::size_t start_ = 0;  // where the scan begins, so that no socket is always last
};

}  // namespace eddy::engine
