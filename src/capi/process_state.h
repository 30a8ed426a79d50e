// What the settings of settings.h stand in. Only the sources that implement it include this.
#pragma once

#include <atomic>
#include <cstdint>

#include <event2/event.h>

#include "base/threading.h"

namespace eddy::engine::capi {

struct process_state {
  // Atomic, because a thread may log while another still starts; the order does not matter.
  std::atomic<event_log_cb> log{nullptr};
  std::atomic<event_fatal_cb> fatal{nullptr};
  std::atomic<std::uint32_t> debug_mask{EVENT_DBG_NONE};

  // The functions that the program gave. Bases made while they were set go on using this object.
  threading functions{};
  unsigned lock_types = 0;
  bool locks_set = false;
  bool conditions_set = false;
  bool lock_debugging = false;

  // For the check that threads were enabled in time.
  bool require_threads_first = false;
  std::atomic<bool> used_without_threads{false};
};

extern process_state process;

}  // namespace eddy::engine::capi
