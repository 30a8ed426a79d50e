#include "base/memory.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace eddy::engine::memory {

functions in_use{std::malloc, std::realloc, std::free};

void set_functions(const functions& chosen) {
  in_use.allocate = chosen.allocate != nullptr ? chosen.allocate : std::malloc;
  in_use.reallocate = chosen.reallocate != nullptr ? chosen.reallocate : std::realloc;
  in_use.release = chosen.release != nullptr ? chosen.release : std::free;
}

functions get_functions() { return in_use; }

void* allocate_zeroed(std::size_t size) {
  void* p = allocate(size);
  if (p != nullptr) std::memset(p, 0, size);
  return p;
}

void* reallocate(void* old, std::size_t size) {
  void* p = in_use.reallocate(old, size);
  if (p == nullptr) errno = ENOMEM;
  return p;
}

}  // namespace eddy::engine::memory
