#include "base/memory.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace eddy::engine::memory {
namespace {

functions chosen_functions{nullptr, nullptr, nullptr};

void* out_of_memory_if_null(void* p) {
  if (p == nullptr) errno = ENOMEM;
  return p;
}

}  // namespace

void set_functions(const functions& chosen) { chosen_functions = chosen; }

functions get_functions() { return chosen_functions; }

void* allocate(std::size_t size) {
  // A replaced allocator may give null for zero bytes, which is not a failure to anybody here.
  if (size == 0) size = 1;
  if (chosen_functions.allocate != nullptr)
    return out_of_memory_if_null(chosen_functions.allocate(size));
  return out_of_memory_if_null(std::malloc(size));
}

void* allocate_zeroed(std::size_t size) {
  void* p = allocate(size);
  if (p != nullptr) std::memset(p, 0, size);
  return p;
}

void* reallocate(void* old, std::size_t size) {
  if (chosen_functions.reallocate != nullptr)
    return out_of_memory_if_null(chosen_functions.reallocate(old, size));
  return out_of_memory_if_null(std::realloc(old, size));
}

void release(void* p) {
  if (p == nullptr) return;
  if (chosen_functions.release != nullptr)
    chosen_functions.release(p);
  else
    std::free(p);
}

}  // namespace eddy::engine::memory
