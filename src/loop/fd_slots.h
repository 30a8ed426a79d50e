// Per descriptor: who watches it, and what the backend has been told.
#pragma once

#include <cstdint>

#include "base/array.h"
#include "base/watcher.h"

namespace eddy::engine {

enum slot_mark : std::uint8_t {
  slot_once = 1,           // the entry falls silent after its next event
  slot_write_ready = 2,    // poll(2) found it writable, which is yet to be told
  slot_queued = 4,         // stands in the list of changes
  slot_write_checked = 8,  // its interest in writing was answered by poll(2) last turn
  slot_is_waker = 16,      // the loop's own wake-up: it has no watchers
  slot_deserted = 32,      // has no watchers left, which the backend may not know yet
  slot_by_other = 64,  // another thread changed it during the wait: the backend may have lost it
  slot_needs_care = slot_once | slot_write_ready | slot_is_waker | slot_deserted,
};

struct fd_slot {
  watcher* first = nullptr;     // its watchers, the latest first
  std::uint32_t tag = 0;        // of the present registration; 0 = none, which no event has
  std::uint32_t plain_tag = 0;  // the same while its events need no care, else 0
  std::uint16_t readers = 0;
  std::uint16_t writers = 0;
  std::uint16_t closers = 0;
  std::uint16_t edges = 0;       // how many want watch_edge
  std::uint16_t persistent = 0;  // how many stay after they have fired
  interest kernel = 0;           // what the backend watches now
  bool known = false;            // the backend has an entry for it (perhaps a silent one)
  std::uint8_t marks = 0;        // slot_mark

  bool is(slot_mark mark) const { return (marks & mark) != 0; }
  void set(slot_mark mark) { set_marks(marks | mark); }
  void clear(slot_mark mark) { set_marks(marks & ~mark); }
  void set_tag(std::uint32_t fresh) {
    tag = fresh;
    set_marks(marks);
  }
  void set_marks(int bits) {
    marks = static_cast<std::uint8_t>(bits);
    plain_tag = (bits & slot_needs_care) != 0 ? 0 : tag;
  }

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

}  // namespace eddy::engine
