// evthread_set_...(): the program's own locks, conditions and thread ids.
#include <event2/thread.h>

#include <atomic>
#include <cstring>

#include "capi/process_state.h"
#include "capi/settings.h"
#include "capi/thread_checks.h"

namespace eddy::engine::capi {
namespace {

// For programs that give locks but no ids.
unsigned long counted_thread_id() {
  static std::atomic<unsigned long> last{0};
  static thread_local unsigned long mine = 0;
  if (mine == 0) mine = last.fetch_add(1, std::memory_order_relaxed) + 1;
  return mine;
}

bool complete(const evthread_lock_callbacks& given) {
  return given.alloc != nullptr && given.free != nullptr && given.lock != nullptr &&
         given.unlock != nullptr;
}

bool complete(const evthread_condition_callbacks& given) {
  return given.alloc_condition != nullptr && given.free_condition != nullptr &&
         given.signal_condition != nullptr && given.wait_condition != nullptr;
}

bool same_as_set(const evthread_lock_callbacks& given) {
  const threading& set = process.functions;
  return given.alloc == set.lock_alloc && given.free == set.lock_free && given.lock == set.lock &&
         given.unlock == set.unlock && given.supported_locktypes == process.lock_types;
}

bool same_as_set(const evthread_condition_callbacks& given) {
  const threading& set = process.functions;
  return given.alloc_condition == set.cond_alloc && given.free_condition == set.cond_free &&
         given.signal_condition == set.cond_signal && given.wait_condition == set.cond_wait;
}

// The functions stay where they are, so that a base that has locks of them can still be freed.
int forget_locks() {
  if (process.locks_set)
    log_warnx(
        "evthread_set_lock_callbacks(NULL): locks are switched off for bases made from now on, "
        "but those that exist keep theirs");
  process.locks_set = false;
  return 0;
}

int forget_conditions() {
  if (process.conditions_set)
    log_warnx(
        "evthread_set_condition_callbacks(NULL): conditions are switched off although bases "
        "that use them may exist");
  process.conditions_set = false;
  process.functions.cond_alloc = nullptr;
  return 0;
}

int set_locks(const evthread_lock_callbacks& given) {
  if (process.locks_set) {
    if (same_as_set(given)) return 0;
    log_warnx(
        "evthread_set_lock_callbacks: other locking functions are in use already; they cannot "
        "be replaced, the new ones are ignored");
    return -1;
  }
  if (!complete(given)) {
    log_warnx("evthread_set_lock_callbacks: alloc, free, lock and unlock must all be given");
    return -1;
  }
  if (process.require_threads_first && process.used_without_threads.load(std::memory_order_relaxed))
    log_errx(1,
             "debug mode: threads are enabled after a base was made, which therefore has no lock; "
             "call evthread_use_pthreads() or its like first of all");
  threading& set = process.functions;
  set.lock_alloc = given.alloc;
  set.lock_free = given.free;
  set.lock = given.lock;
  set.unlock = given.unlock;
  if (set.thread_id == nullptr) set.thread_id = counted_thread_id;
  process.lock_types = given.supported_locktypes;
  process.locks_set = true;
  return 0;
}

int set_conditions(const evthread_condition_callbacks& given) {
  if (process.conditions_set) {
    if (same_as_set(given)) return 0;
    log_warnx(
        "evthread_set_condition_callbacks: other condition functions are in use already; they "
        "cannot be replaced, the new ones are ignored");
    return -1;
  }
  if (!complete(given)) {
    log_warnx(
        "evthread_set_condition_callbacks: alloc_condition, free_condition, signal_condition "
        "and wait_condition must all be given");
    return -1;
  }
  threading& set = process.functions;
  set.cond_alloc = given.alloc_condition;
  set.cond_free = given.free_condition;
  set.cond_signal = given.signal_condition;
  set.cond_wait = given.wait_condition;
  process.conditions_set = true;
  return 0;
}

}  // namespace

const threading* process_threading() {
  if (process.lock_debugging) return checked_threading();
  if (process.locks_set) return &process.functions;
  process.used_without_threads.store(true, std::memory_order_relaxed);
  return nullptr;
}

void require_threads_before_bases() { process.require_threads_first = true; }

}  // namespace eddy::engine::capi

extern "C" {

int evthread_set_lock_callbacks(const struct evthread_lock_callbacks* callbacks) {
  return callbacks == nullptr ? eddy::engine::capi::forget_locks()
                              : eddy::engine::capi::set_locks(*callbacks);
}

int evthread_set_condition_callbacks(const struct evthread_condition_callbacks* callbacks) {
  return callbacks == nullptr ? eddy::engine::capi::forget_conditions()
                              : eddy::engine::capi::set_conditions(*callbacks);
}

void evthread_set_id_callback(unsigned long (*id_fn)(void)) {
  eddy::engine::capi::process.functions.thread_id =
      id_fn != nullptr ? id_fn : eddy::engine::capi::counted_thread_id;
}

void evthread_enable_lock_debugging(void) {
  if (eddy::engine::capi::process.functions.thread_id == nullptr)
    eddy::engine::capi::process.functions.thread_id = eddy::engine::capi::counted_thread_id;
  eddy::engine::capi::process.lock_debugging = true;
}

void evthread_enable_lock_debuging(void) { evthread_enable_lock_debugging(); }

}  // extern "C"
