// A buffer whose changes somebody must hear of, and which several threads may share.
//
// The C face's `struct evbuffer`, and the input and output of a stream, are such buffers. Who keeps
// it is told of each change of its length, on the thread that made it, under its lock.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/threading.h"
#include "buffer/buffer.h"

namespace eddy {

// A lock with the functions that it was made by. Recursive.
struct shared_lock {
  const threading* threads = nullptr;
  void* lock = nullptr;
  std::atomic<int> users{1};

  void acquire() const { threads->lock(0, lock); }
  void release() const { threads->unlock(0, lock); }
};

struct watched_buffer;

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
class buffer_guard {
 public:
  explicit buffer_guard(const watched_buffer* b)
      : lock_(b->keeper != nullptr ? b->keeper->lock : nullptr) {
    if (lock_ != nullptr) lock_->acquire();
  }
  ~buffer_guard() {
    if (lock_ != nullptr) lock_->release();
  }
  buffer_guard(const buffer_guard&) = delete;
  buffer_guard& operator=(const buffer_guard&) = delete;

 private:
  shared_lock* lock_;
};

// Both locks, always in the same order, so that two threads that move data in opposite directions
// do not wait for each other for ever.
class two_buffers_guard {
 public:
  two_buffers_guard(const watched_buffer* a, const watched_buffer* b)
      : first_(a < b ? a : b), second_(a < b ? b : a) {}

 private:
  buffer_guard first_, second_;
};

}  // namespace eddy
