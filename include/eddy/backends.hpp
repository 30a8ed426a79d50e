// eddy/backends.hpp - which kernel interfaces this library can wait with, here and now.
//
// Safe to call from any thread; costs a few system calls the first time. Needs no exceptions.
#pragma once

#include <cstddef>

namespace eddy {

// What a backend can do; see backend_info::features.
enum : unsigned {
  backend_edge_triggered = 1,  // tells changes as well as states
  backend_o1 = 2,              // the cost of a wait does not grow with what is watched
  backend_any_file = 4,        // regular files may be watched
  backend_early_close = 8,     // tells a peer's close although data is unread
  backend_completion = 16,     // performs operations, instead of telling readiness only
};

// One backend, as this machine has it.
struct backend_info {
  const char* name;    // as EDDY_BACKEND and event_config_avoid_method take it; lives for ever
  unsigned features;   // a sum of backend_edge_triggered and so on
  bool available;      // here, now
  const char* reason;  // why it is not available, or null; lives for ever
};

// Fills up to `capacity` entries of `out`, the best backend first, and returns how many there are.
__attribute__((visibility("default"))) std::size_t list_backends(backend_info* out,
                                                                 std::size_t capacity) noexcept;

}  // namespace eddy
