// Per descriptor: who watches it, and what the backend has been told.
#pragma once

#include <cstdint>

#include "base/array.h"
#include "base/watcher.h"

namespace eddy {

struct fd_slot {
  watcher* first = nullptr;      // its watchers, the latest first
  std::uint32_t tag = 0;         // of the present registration
  std::uint16_t readers = 0;
  std::uint16_t writers = 0;
  std::uint16_t closers = 0;
  std::uint16_t edges = 0;       // how many want watch_edge
  std::uint16_t persistent = 0;  // how many stay after they have fired
  interest kernel = 0;           // what the backend watches now
  bool known : 1 = false;        // the backend has an entry for it (perhaps a silent one)
  bool once : 1 = false;         // the entry falls silent after its next event
  bool queued : 1 = false;       // stands in the list of changes
  bool write_ready : 1 = false;    // and is yet to be told
  bool write_checked : 1 = false;  // its interest in writing was answered by poll(2) last turn

  interest wanted() const {
    interest bits = 0;
    if (readers != 0) bits |= watch_read;
    if (writers != 0) bits |= watch_write;
    if (closers != 0) bits |= watch_closed;
    if (bits != 0 && edges != 0) bits |= watch_edge;
    return bits;
  }
};

static_assert(sizeof(fd_slot) <= 32);

}  // namespace eddy
