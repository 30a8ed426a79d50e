// Where a loop reads the time: the system's monotonic clock, or a test's own.
#pragma once

#include <cstdint>

#include "base/sys.h"

namespace eddy::engine {

constexpr std::int64_t nanoseconds_per_second = 1'000'000'000;
constexpr std::int64_t forever = -1;  // as a wait: until something happens

struct clock_source {
  std::int64_t (*read)(void* context) = nullptr;  // ns, never going back; null = the system's
  void* context = nullptr;

  std::int64_t now() const { return read == nullptr ? sys::monotonic_now() : read(context); }
};

// a + b without overflow: the far future stays the far future.
constexpr std::int64_t saturating_add(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b > 0 ? INT64_MAX : INT64_MIN;
}

}  // namespace eddy::engine
