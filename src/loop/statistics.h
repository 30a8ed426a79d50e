// What a loop has done so far.
#pragma once

#include <cstdint>

namespace eddy::engine {

struct loop_statistics {
  std::uint64_t turns = 0;
  std::uint64_t waits = 0;  // calls of the backend's wait
  std::uint64_t ready = 0;  // descriptors that backends reported
  std::uint64_t callbacks = 0;
  std::uint64_t changes = 0;         // interest changes given to the kernel
  std::uint64_t writes_checked = 0;  // interests in writing answered without a change
  std::uint64_t stale = 0;           // events of descriptors that nobody watches any longer
  // Counted only while timing is on (it costs two clock readings per callback); ns.
  std::int64_t waiting = 0;
  std::int64_t in_callbacks = 0;
  std::int64_t slowest_callback = 0;
  const void* slowest_function = nullptr;
};

}  // namespace eddy::engine
