// How objects that several threads share are locked: the functions that a program chose.
//
// The C face lets a program bring its own locks (evthread_set_lock_callbacks); a loop gets the
// whole set at its creation, or null when it is to be used by one thread only.
#pragma once

#include <sys/time.h>

namespace eddy::engine {

struct threading {
  void* (*lock_alloc)(unsigned locktype);
  void (*lock_free)(void* lock, unsigned locktype);
  int (*lock)(unsigned mode, void* lock);
  int (*unlock)(unsigned mode, void* lock);
  unsigned long (*thread_id)();
  void* (*cond_alloc)(unsigned condtype);
  void (*cond_free)(void* cond);
  int (*cond_signal)(void* cond, int broadcast);
  int (*cond_wait)(void* cond, void* lock, const timeval* timeout);
};

constexpr unsigned recursive_lock_type = 1;  // EVTHREAD_LOCKTYPE_RECURSIVE

}  // namespace eddy::engine
