// A function that the loop calls right before, or right after, each wait.
#pragma once

#include <cstdint>

#include "base/list.h"

namespace eddy::engine {

enum class hook_time : int { before_wait = 0, after_wait = 1 };

// Owned by whoever adds it. A hook may remove itself or any other, and add and remove watchers.
struct wait_hook {
  list_node link;
  hook_time when = hook_time::before_wait;
  // `timeout`: how long the wait will last at most, in ns, or `forever` (before_wait only).
  void (*call)(wait_hook*, std::int64_t timeout) = nullptr;
};

}  // namespace eddy::engine
