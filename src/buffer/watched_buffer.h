// A buffer whose changes somebody must hear of, and which several threads may share.
//
// The C face's `struct evbuffer`, and the input and output of a stream, are such buffers. Who keeps
// it is told of each change of its length, on the thread that made it, under its lock.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/shared_lock.h"
#include "buffer/buffer.h"

namespace eddy::engine {

class watched_buffer;
struct buffer_keeper;

// What a kind of keepers does.
struct buffer_keeper_kind {
  // How many bytes came and went. Both 0: the front was opened (it is not frozen any more), and
  // what looks at the first bytes has to stop, or to close it again. `which` null: the buffer goes,
  // with what it is a part of.
  void (*changed)(buffer_keeper* self, watched_buffer* which, std::size_t added,
                  std::size_t deleted);
  shared_lock* (*lock_of)(const buffer_keeper* self);  // null: one thread only
};

struct buffer_keeper {
  const buffer_keeper_kind* how = nullptr;
};

class watched_buffer {
 public:
  buffer bytes;

  // The length changed. Under its lock.
  void changed(std::size_t added, std::size_t deleted) {
    if (buffer_keeper* k = keeper()) k->how->changed(k, this, added, deleted);
  }

  // May be null. To be called again when the keeper's lock has become another.
  void keep_in(buffer_keeper* k) {
    const bool has_lock = k != nullptr && k->how->lock_of(k) != nullptr;
    set_kept(reinterpret_cast<std::uintptr_t>(k) | (kept() & frozen_bits) |
             (has_lock ? is_locked : 0));
  }
  buffer_keeper* keeper() const { return reinterpret_cast<buffer_keeper*>(kept() & ~all_bits); }
  shared_lock* lock() const {
    if (!(kept() & is_locked)) [[likely]]
      return nullptr;
    return keeper()->how->lock_of(keeper());
  }

  // Nothing may be taken, or put before.
  bool front_frozen() const { return (kept() & front_is_frozen) != 0; }
  void freeze_front(bool frozen) { set(front_is_frozen, frozen); }
  // Nothing may be added behind.
  bool end_frozen() const { return (kept() & end_is_frozen) != 0; }
  void freeze_end(bool frozen) { set(end_is_frozen, frozen); }

 private:
  static constexpr std::uintptr_t front_is_frozen = 1;
  static constexpr std::uintptr_t end_is_frozen = 2;
  static constexpr std::uintptr_t is_locked = 4;
  static constexpr std::uintptr_t frozen_bits = front_is_frozen | end_is_frozen;
  static constexpr std::uintptr_t all_bits = frozen_bits | is_locked;
  static_assert(alignof(buffer_keeper) > all_bits);

  std::uintptr_t kept() const { return kept_.load(std::memory_order_acquire); }
  void set_kept(std::uintptr_t word) { kept_.store(word, std::memory_order_release); }
  void set(std::uintptr_t bit, bool on) { set_kept((kept() & ~bit) | (on ? bit : 0)); }

  // The keeper, and in the bits that its alignment leaves what else there is to know: an idle
  // stream has two of these. Changed under the lock only, but read to find it.
  std::atomic<std::uintptr_t> kept_{0};
};

// Holds a buffer's lock, where it has one.
class buffer_guard : public shared_guard {
 public:
  [[gnu::always_inline]] explicit buffer_guard(const watched_buffer* b) : shared_guard(b->lock()) {}
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
