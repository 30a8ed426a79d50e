// The backends of this system, best first.
#pragma once

#include <cstddef>
#include <cstdint>

#include "backend/backend.h"

namespace eddy::engine {

struct backend_row {
  const char* name;
  std::uint32_t features;
  // Makes one, or returns null with errno. `why` then says what was tried and what the system said.
  backend* (*create)(const char** why);
  // Null when the system can do it, else the reason. Cheap after the first call.
  const char* (*unavailable)();
  // Environment variables that switch it off, as programs of libevent know them (may be null).
  const char* off_switch;
  const char* other_off_switch;
};

constexpr std::size_t most_backends = 8;

// The table; `count` receives its length.
const backend_row* backend_table(std::size_t* count);

// Null when there is no such row.
const backend_row* find_backend(const char* name);

}  // namespace eddy::engine
