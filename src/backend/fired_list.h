// What a wait brought: descriptors that are ready, and operations that completed.
#pragma once

#include <cstdint>

#include "backend/operation.h"
#include "base/array.h"
#include "base/interest.h"
#include "base/watcher.h"

namespace eddy::engine {

// In the order of Linux's struct epoll_event, so that epoll_wait can write the list itself.
struct fired {
  std::uint32_t what;  // watch_read, watch_write, watch_closed
  int fd;
  std::uint32_t tag;  // what `update` was given
};

struct fired_list {
  array<fired> ready;  // cleared by the loop before each wait; a backend reserves before it appends
  operation_queue completed;
  bool more = false;  // the backend's own array was full: the next wait should not sleep
};

}  // namespace eddy::engine
