// How a loop is to be made.
#pragma once

#include <climits>
#include <cstdint>

#include "base/clock.h"
#include "base/threading.h"

namespace eddy::engine {

struct loop_options {
  // A backend by name; null: EDDY_BACKEND if that is set (unless the environment is ignored) or,
  // where the rest of this excludes it, the next; else the first of the table that is there and has
  // `required_features`.
  const char* backend = nullptr;
  std::uint32_t required_features = 0;
  // Answers whether the method of that name is not wanted; may be null.
  bool (*avoids)(const char* name, void* context) = nullptr;
  void* avoid_context = nullptr;
  // Neither EDDY_BACKEND nor the EVENT_NO... variables are looked at. (They never are in a program
  // that runs with more rights than its user.)
  bool ignore_environment = false;

  // Locks, for use by several threads; null: one thread only.
  const threading* threads = nullptr;

  // Streams may receive at any time while reading is enabled, not when the loop waits only, where
  // the kernel performs it so (Windows' completion ports): see DESIGN.md, "Completion ports".
  bool reads_ahead = false;

  // Timeouts are counted from the moment of each `add`, not from that of the turn.
  bool no_time_cache = false;
  clock_source clock;

  // Fairness: look for new events after so many callbacks, or after so many ns of them, of priority
  // `limited_from` or less urgent.
  std::int64_t dispatch_interval = -1;
  int dispatch_callbacks = INT_MAX;
  int limited_from = 0;

  // Told what is worth knowing once: a backend that could not be had, a descriptor that was lost.
  // Severity: 0 debug, 1 message, 2 warning. May be null.
  void (*log)(int severity, const char* message) = nullptr;
};

}  // namespace eddy::engine
