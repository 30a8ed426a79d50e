// The poll backend (POSIX; poll(2)). A wait costs O(descriptors watched).
#pragma once

#include <poll.h>

#include "backend/backend.h"
#include "backend/poll_events.h"

namespace eddy::engine {

class poll_backend final : public backend {
 public:
  // Null when memory is exhausted.
  static poll_backend* create();

  const char* name() const override { return "poll"; }
  std::uint32_t features() const override { return poll_features | feature_cheap_update; }
  int update(int fd, bool known, interest wanted, std::uint32_t tag) override;
  int wait(std::int64_t timeout, fired_list& fired) override;
  int after_fork() override;

 private:
  int place_for(int fd);
  void forget(int fd);
  void forget_closed(const fired_list& fired, std::size_t first_new);

  array<pollfd> polled_;
  array<std::uint32_t> tags_;  // beside polled_
  array<int> place_;           // by descriptor: index in polled_, or -1
  std::size_t start_ = 0;      // where the scan begins, so that no descriptor is always last
};

}  // namespace eddy::engine
