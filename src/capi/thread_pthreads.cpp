// evthread_use_pthreads(): POSIX threads behind the functions of <event2/thread.h>.
#include <cerrno>
#include <ctime>

#include <event2/thread.h>
#include <pthread.h>

#include "base/memory.h"
#include "capi/process_state.h"
#include "capi/settings.h"

namespace {

namespace memory = eddy::engine::memory;

void* mutex_alloc(unsigned locktype) {
  pthread_mutex_t* mutex = memory::create<pthread_mutex_t>();
  if (mutex == nullptr) return nullptr;
  pthread_mutexattr_t attributes;
  int failed = pthread_mutexattr_init(&attributes);
  if (failed == 0) {
    if ((locktype & EVTHREAD_LOCKTYPE_RECURSIVE) != 0)
      failed = pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    if (failed == 0) failed = pthread_mutex_init(mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
  }
  if (failed == 0) return mutex;
  memory::release(mutex);
  errno = failed;
  return nullptr;
}

void mutex_free(void* lock, unsigned) {
  pthread_mutex_destroy(static_cast<pthread_mutex_t*>(lock));
  memory::release(lock);
}

int mutex_lock(unsigned mode, void* lock) {
  pthread_mutex_t* mutex = static_cast<pthread_mutex_t*>(lock);
  return (mode & EVTHREAD_TRY) != 0 ? pthread_mutex_trylock(mutex) : pthread_mutex_lock(mutex);
}

int mutex_unlock(unsigned, void* lock) {
  return pthread_mutex_unlock(static_cast<pthread_mutex_t*>(lock));
}

unsigned long thread_id() { return static_cast<unsigned long>(pthread_self()); }

void* condition_alloc(unsigned) {
  pthread_cond_t* condition = memory::create<pthread_cond_t>();
  if (condition == nullptr) return nullptr;
  pthread_condattr_t attributes;
  int failed = pthread_condattr_init(&attributes);
  if (failed == 0) {
    // So that setting the system's clock neither shortens nor lengthens a wait.
    failed = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    if (failed == 0) failed = pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
  }
  if (failed == 0) return condition;
  memory::release(condition);
  errno = failed;
  return nullptr;
}

void condition_free(void* cond) {
  pthread_cond_destroy(static_cast<pthread_cond_t*>(cond));
  memory::release(cond);
}

int condition_signal(void* cond, int broadcast) {
  pthread_cond_t* condition = static_cast<pthread_cond_t*>(cond);
  const int failed =
      broadcast != 0 ? pthread_cond_broadcast(condition) : pthread_cond_signal(condition);
  return failed == 0 ? 0 : -1;
}

// Now plus the interval, which need be neither positive nor normalised.
timespec moment_after(const timeval& interval) {
  constexpr long long far_away = 1LL << 40;  // seconds; the sum below cannot overflow
  const auto clamped = [](long long seconds) {
    return seconds > far_away ? far_away : seconds < -far_away ? -far_away : seconds;
  };
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  long long seconds = now.tv_sec + clamped(interval.tv_sec) + clamped(interval.tv_usec / 1000000);
  long long nanoseconds = now.tv_nsec + interval.tv_usec % 1000000 * 1000;
  if (nanoseconds >= 1000000000) {
    nanoseconds -= 1000000000;
    ++seconds;
  } else if (nanoseconds < 0) {
    nanoseconds += 1000000000;
    --seconds;
  }
  if (seconds < 0) seconds = nanoseconds = 0;
  return timespec{static_cast<time_t>(seconds), static_cast<long>(nanoseconds)};
}

int condition_wait(void* cond, void* lock, const timeval* timeout) {
  pthread_cond_t* condition = static_cast<pthread_cond_t*>(cond);
  pthread_mutex_t* mutex = static_cast<pthread_mutex_t*>(lock);
  if (timeout == nullptr) return pthread_cond_wait(condition, mutex) == 0 ? 0 : -1;
  const timespec until = moment_after(*timeout);
  const int failed = pthread_cond_timedwait(condition, mutex, &until);
  if (failed == ETIMEDOUT) return 1;
  return failed == 0 ? 0 : -1;
}

}  // namespace

extern "C" int evthread_use_pthreads(void) {
  const evthread_lock_callbacks locks{EVTHREAD_LOCK_API_VERSION,
                                      EVTHREAD_LOCKTYPE_RECURSIVE,
                                      mutex_alloc,
                                      mutex_free,
                                      mutex_lock,
                                      mutex_unlock};
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
