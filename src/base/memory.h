// The one seam through which eddy takes memory.
//
// The functions are process-wide because memory crosses every boundary of the library: the C face
// promises (event_set_mem_functions) that all of it comes from the program's own allocator. They
// must be set before the first allocation; tests set them to make the k-th allocation fail.
#pragma once

#include <cerrno>
#include <cstddef>
#include <new>
#include <utility>

namespace eddy::engine::memory {

struct functions {
  void* (*allocate)(std::size_t);
  void* (*reallocate)(void*, std::size_t);
  void (*release)(void*);
};

// Null members stand for malloc, realloc and free.
void set_functions(const functions& chosen);
functions get_functions();

// What is set, without nulls; nobody else's business.
extern functions in_use;

// Null, with errno ENOMEM, when there is no memory. `release(nullptr)` is allowed.
inline void* allocate(std::size_t size) {
  // A replaced allocator may give null for zero bytes, which is not a failure to anybody here.
  void* p = in_use.allocate(size == 0 ? 1 : size);
  if (p == nullptr) [[unlikely]]
    errno = ENOMEM;
  return p;
}
void* allocate_zeroed(std::size_t size);
void* reallocate(void* old, std::size_t size);
inline void release(void* p) {
  if (p != nullptr) in_use.release(p);
}

// An object in memory of this seam, or null.
template <class T, class... Arguments>
T* create(Arguments&&... arguments) {
  void* place = allocate(sizeof(T));
  return place == nullptr ? nullptr : new (place) T(std::forward<Arguments>(arguments)...);
}

template <class T>
void destroy(T* object) {
  if (object == nullptr) return;
  object->~T();
  release(object);
}

}  // namespace eddy::engine::memory
