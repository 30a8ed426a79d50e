// evthread_use_windows_threads(): what Windows has behind the functions of <event2/thread.h>.
#include <cerrno>

#include <event2/thread.h>

#include "base/memory.h"
#include "capi/process_state.h"
#include "capi/settings.h"

namespace {

namespace memory = eddy::engine::memory;

// A critical section is recursive always, which is more than a plain lock needs.
void* lock_alloc(unsigned) {
  auto* lock = memory::create<CRITICAL_SECTION>();
  if (lock != nullptr) ::InitializeCriticalSection(lock);
  return lock;
}

void lock_free(void* lock, unsigned) {
  ::DeleteCriticalSection(static_cast<CRITICAL_SECTION*>(lock));
  memory::release(lock);
}

int lock_lock(unsigned mode, void* lock) {
  auto* section = static_cast<CRITICAL_SECTION*>(lock);
  if ((mode & EVTHREAD_TRY) != 0) return ::TryEnterCriticalSection(section) ? 0 : EBUSY;
  ::EnterCriticalSection(section);
  return 0;
}

int lock_unlock(unsigned, void* lock) {
  ::LeaveCriticalSection(static_cast<CRITICAL_SECTION*>(lock));
  return 0;
}

unsigned long thread_id() { return ::GetCurrentThreadId(); }

void* condition_alloc(unsigned) {
  auto* condition = memory::create<CONDITION_VARIABLE>();
  if (condition != nullptr) ::InitializeConditionVariable(condition);
  return condition;
}

void condition_free(void* cond) { memory::release(cond); }

int condition_signal(void* cond, int broadcast) {
  auto* condition = static_cast<CONDITION_VARIABLE*>(cond);
  if (broadcast != 0)
    ::WakeAllConditionVariable(condition);
  else
    ::WakeConditionVariable(condition);
  return 0;
}

// Rounded up, and not for ever by accident.
DWORD to_milliseconds(const timeval* timeout) {
  if (timeout == nullptr) return INFINITE;
  const long long ms = timeout->tv_sec * 1000LL + (timeout->tv_usec + 999LL) / 1000;
  if (ms <= 0) return 0;
  return ms >= INFINITE ? INFINITE - 1 : static_cast<DWORD>(ms);
}

int condition_wait(void* cond, void* lock, const timeval* timeout) {
  if (::SleepConditionVariableCS(static_cast<CONDITION_VARIABLE*>(cond),
                                 static_cast<CRITICAL_SECTION*>(lock), to_milliseconds(timeout)))
    return 0;
  return ::GetLastError() == ERROR_TIMEOUT ? 1 : -1;
}

}  // namespace

extern "C" int evthread_use_windows_threads(void) {
  const evthread_lock_callbacks locks{EVTHREAD_LOCK_API_VERSION,
                                      EVTHREAD_LOCKTYPE_RECURSIVE,
                                      lock_alloc,
                                      lock_free,
                                      lock_lock,
                                      lock_unlock};
  const evthread_condition_callbacks conditions{EVTHREAD_CONDITION_API_VERSION, condition_alloc,
                                                condition_free, condition_signal, condition_wait};
  // All or nothing: these conditions can only wait with these locks.
  const bool locks_were_set = eddy::engine::capi::process.locks_set;
  if (evthread_set_lock_callbacks(&locks) != 0) return -1;
  if (evthread_set_condition_callbacks(&conditions) != 0) {
    eddy::engine::capi::process.locks_set = locks_were_set;
    return -1;
  }
  evthread_set_id_callback(thread_id);
  return 0;
}
