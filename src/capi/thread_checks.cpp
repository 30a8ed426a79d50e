#include "capi/thread_checks.h"

#include <atomic>

#include <event2/thread.h>

#include "base/memory.h"
#include "capi/process_state.h"
#include "capi/settings.h"

namespace eddy::engine::capi {
namespace {

// A lock of the program's and who has it. `holder` and `depth` are written by the thread that has
// the lock only. Others may read them at any time, and then see either nobody or somebody else:
// never themselves, which is all that the checks ask for.
struct checked_lock {
  explicit checked_lock(unsigned type_of_lock) : type(type_of_lock) {}

  void* real = nullptr;
  const unsigned type;
  std::atomic<unsigned long> holder{0};
  std::atomic<int> depth{0};

  bool held_by_caller() const {
    return depth.load(std::memory_order_relaxed) > 0 &&
           holder.load(std::memory_order_relaxed) == process.functions.thread_id();
  }

  void taken() {
    holder.store(process.functions.thread_id(), std::memory_order_relaxed);
    depth.store(depth.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  void given_back() {
    const int left = depth.load(std::memory_order_relaxed) - 1;
    if (left == 0) holder.store(0, std::memory_order_relaxed);
    depth.store(left, std::memory_order_relaxed);
  }
};

[[noreturn]] void misused(const char* what, const void* lock) {
  log_errx(misuse_code, "lock debugging: %s (lock %p); look at the calling functions in a debugger",
           what, lock);
}

bool shared_mode(const checked_lock& lock, unsigned mode) {
  return (lock.type & EVTHREAD_LOCKTYPE_READWRITE) != 0 && (mode & EVTHREAD_READ) != 0;
}

// Always asks for a recursive lock underneath: taking a plain one twice is to be reported, not to
// hang.
void* checked_alloc(unsigned type) {
  checked_lock* lock = memory::create<checked_lock>(type);
  if (lock == nullptr || !process.locks_set) return lock;
  lock->real = process.functions.lock_alloc(type | EVTHREAD_LOCKTYPE_RECURSIVE);
  if (lock->real == nullptr) {
    memory::destroy(lock);
    return nullptr;
  }
  return lock;
}

void checked_free(void* given, unsigned type) {
  checked_lock* lock = static_cast<checked_lock*>(given);
  if (lock->depth.load(std::memory_order_relaxed) != 0) misused("a lock is freed while held", lock);
  if (lock->type != type) misused("a lock is freed as another type than it was made", lock);
  if (lock->real != nullptr)
    process.functions.lock_free(lock->real, lock->type | EVTHREAD_LOCKTYPE_RECURSIVE);
  memory::destroy(lock);
}

int checked_take(unsigned mode, void* given) {
  checked_lock* lock = static_cast<checked_lock*>(given);
  if ((lock->type & EVTHREAD_LOCKTYPE_READWRITE) != 0 &&
      (mode & (EVTHREAD_READ | EVTHREAD_WRITE)) == 0)
    misused("a read-write lock is taken for neither reading nor writing", lock);
  if ((lock->type & EVTHREAD_LOCKTYPE_RECURSIVE) == 0 && !shared_mode(*lock, mode) &&
      lock->held_by_caller())
    misused("a lock that is not recursive is taken twice by one thread", lock);
  const int failed = lock->real == nullptr ? 0 : process.functions.lock(mode, lock->real);
  // Several threads may have it for reading: no single holder to remember.
  if (failed == 0 && !shared_mode(*lock, mode)) lock->taken();
  return failed;
}

int checked_give_back(unsigned mode, void* given) {
  checked_lock* lock = static_cast<checked_lock*>(given);
  if (!shared_mode(*lock, mode)) {
    if (!lock->held_by_caller())
      misused("a lock is given back by a thread that does not have it", lock);
    lock->given_back();
  }
  return lock->real == nullptr ? 0 : process.functions.unlock(mode, lock->real);
}

unsigned long checked_thread_id() { return process.functions.thread_id(); }

void* checked_cond_alloc(unsigned type) { return process.functions.cond_alloc(type); }
void checked_cond_free(void* cond) { process.functions.cond_free(cond); }
int checked_cond_signal(void* cond, int broadcast) {
  return process.functions.cond_signal(cond, broadcast);
}

int checked_cond_wait(void* cond, void* given, const timeval* timeout) {
  checked_lock* lock = static_cast<checked_lock*>(given);
  if (!lock->held_by_caller()) misused("a condition is waited for without its lock", lock);
  if (lock->depth.load(std::memory_order_relaxed) != 1)
    misused("a condition is waited for with a lock that was taken more than once", lock);
  lock->given_back();
  const int result = process.functions.cond_wait(cond, lock->real, timeout);
  lock->taken();
  return result;
}

}  // namespace

const threading* checked_threading() {
  static constinit const threading with_conditions{
      checked_alloc,     checked_free,        checked_take,
      checked_give_back, checked_thread_id,   checked_cond_alloc,
      checked_cond_free, checked_cond_signal, checked_cond_wait};
  static constinit const threading without_conditions{
      checked_alloc, checked_free, checked_take, checked_give_back, checked_thread_id, nullptr,
      nullptr,       nullptr,      nullptr};
  return process.conditions_set ? &with_conditions : &without_conditions;
}

}  // namespace eddy::engine::capi
