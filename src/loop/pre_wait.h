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

// What runs when a descriptor is closed: then it is queued as the above.
struct after_close_work : pre_wait_work {
  bool waits = false;  // for that
};

}  // namespace eddy::engine
