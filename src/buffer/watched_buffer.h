// A buffer whose changes somebody must hear of, and which several threads may share.
//
// The C face's `struct evbuffer`, and the input and output of a stream, are such buffers. Who keeps
// it is told of each change of its length, on the thread that made it, under its lock.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/shared_lock.h"
#include "buffer/buffer.h"

namespace eddy::engine {

struct watched_buffer;

// `changed`: how many bytes came and went. Both 0: the front was opened (front_frozen is false),
// and what looks at the first bytes has to stop, or to close it again. `which` null: the buffer
// goes, with what it is a part of (and each of those has eight bytes less for that).
struct buffer_keeper {
  void (*changed)(buffer_keeper* self, watched_buffer* which, std::size_t added,
                  std::size_t deleted) = nullptr;
  shared_lock* lock = nullptr;  // null: one thread only
};

struct watched_buffer {
  buffer bytes;
  buffer_keeper* keeper = nullptr;
  std::uint8_t flags = 0;     // the C face's EVBUFFER_FLAG_*
  bool front_frozen = false;  // nothing may be taken, or put before
  bool end_frozen = false;    // nothing may be added behind

  // The length changed. Under its lock.
  void changed(std::size_t added, std::size_t deleted) {
    if (keeper != nullptr && keeper->changed != nullptr)
      keeper->changed(keeper, this, added, deleted);
  }
};

// Holds a buffer's lock, where it has one.
class buffer_guard : public shared_guard {
 public:
  [[gnu::always_inline]] explicit buffer_guard(const watched_buffer* b)
      : shared_guard(b->keeper != nullptr ? b->keeper->lock : nullptr) {}
  [[gnu::always_inline]] ~buffer_guard() {}  // see shared_guard
};

// Both locks, always in the same order, so that two threads that move data in opposite directions
// do not wait for each other for ever.
class two_buffers_guard {
 public:
  [[gnu::always_inline]] two_buffers_guard(const watched_buffer* a, const watched_buffer* b)
      : first_(a < b ? a : b), second_(a < b ? b : a) {}
  [[gnu::always_inline]] ~two_buffers_guard() {}

 private:
  buffer_guard first_, second_;
};

}  // namespace eddy::engine
