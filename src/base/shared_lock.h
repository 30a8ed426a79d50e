// A recursive lock with the functions that it was made by, and who holds it.
#pragma once

#include <atomic>

#include "base/threading.h"

namespace eddy::engine {

struct shared_lock {
  const threading* threads = nullptr;
  void* lock = nullptr;
  std::atomic<int> users{1};

  void acquire() const { threads->lock(0, lock); }
  void release() const { threads->unlock(0, lock); }
};

// Null when there is no memory.
shared_lock* make_shared_lock(const threading* threads);
// One user less; null is allowed.
void drop_shared_lock(shared_lock* lock);

// Holds it, where there is one. Always inlined: called, if only where an exception passes, its
// address would have to be known, which keeps it out of the registers.
class shared_guard {
 public:
  [[gnu::always_inline]] explicit shared_guard(shared_lock* lock) : lock_(lock) {
    if (lock_ != nullptr) lock_->acquire();
  }
  [[gnu::always_inline]] ~shared_guard() {
    if (lock_ != nullptr) lock_->release();
  }
  shared_guard(const shared_guard&) = delete;
  shared_guard& operator=(const shared_guard&) = delete;

 private:
  shared_lock* lock_;
};

}  // namespace eddy::engine
