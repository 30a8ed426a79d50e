#include "base/shared_lock.h"

#include "base/memory.h"

namespace eddy::engine {

shared_lock* make_shared_lock(const threading* threads) {
  auto* made = memory::create<shared_lock>();
  if (made == nullptr) return nullptr;
  made->threads = threads;
  made->lock = threads->lock_alloc(recursive_lock_type);
  if (made->lock != nullptr) return made;
  memory::destroy(made);
  return nullptr;
}

void drop_shared_lock(shared_lock* lock) {
  if (lock == nullptr || --lock->users != 0) return;
  lock->threads->lock_free(lock->lock, recursive_lock_type);
  memory::destroy(lock);
}

}  // namespace eddy::engine
