// What runs once, at the end of the turn in which it was asked for, just before the loop waits.
#pragma once

#include "base/list.h"

namespace eddy::engine {

// Its owner keeps the memory. `run` runs on the loop's thread, may call anything but the loop's
// user, and keeps the loop running while it waits.
struct pre_wait_work {
  list_node link;  // null: not queued
  void (*run)(pre_wait_work*) = nullptr;
};

}  // namespace eddy::engine
