// What can be waited for. The values are those of the C face's EV_*.
#pragma once

#include <cstdint>

namespace eddy::engine {

enum watch_bits : std::int16_t {
  watch_timeout = 0x01,
  watch_read = 0x02,
  watch_write = 0x04,
  watch_signal = 0x08,
  watch_persist = 0x10,
  watch_edge = 0x20,
  watch_finalize = 0x40,
  watch_closed = 0x80,
};

// What a backend is asked to watch on a descriptor: watch_read, watch_write, watch_closed and
// watch_edge, or nothing.
using interest = std::uint8_t;

constexpr interest readiness_bits = watch_read | watch_write | watch_closed;

}  // namespace eddy::engine
