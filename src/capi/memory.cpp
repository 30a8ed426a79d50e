// event_set_mem_functions() and the memory of the C face, on the memory seam of base/memory.h.
#include "base/memory.h"

#include <cerrno>
#include <cstdint>
#include <cstring>

#include <event2/event.h>

#include "capi/settings.h"

namespace eddy::engine::capi {

void* mm_malloc(std::size_t size) { return size == 0 ? nullptr : memory::allocate(size); }

void* mm_calloc(std::size_t count, std::size_t size) {
  if (count == 0 || size == 0) return nullptr;
  if (count > SIZE_MAX / size) {
    errno = ENOMEM;
    return nullptr;
  }
  return memory::allocate_zeroed(count * size);
}

void* mm_realloc(void* old, std::size_t size) { return memory::reallocate(old, size); }

char* mm_strdup(const char* text) {
  if (text == nullptr) {
    errno = EINVAL;
    return nullptr;
  }
  const std::size_t size = std::strlen(text) + 1;
  char* copy = static_cast<char*>(mm_malloc(size));
  if (copy != nullptr) std::memcpy(copy, text, size);
  return copy;
}

void mm_free(void* p) { memory::release(p); }

}  // namespace eddy::engine::capi

namespace mm = eddy::engine::capi;

extern "C" {

void event_set_mem_functions(void* (*malloc_fn)(size_t), void* (*realloc_fn)(void*, size_t),
                             void (*free_fn)(void*)) {
  eddy::engine::memory::set_functions({malloc_fn, realloc_fn, free_fn});
}

// No header declares these, but libevent exports them, and its other libraries and some programs
// that were built against its private headers call them.
EVENT2_EXPORT_SYMBOL void* event_mm_malloc_(size_t size) { return mm::mm_malloc(size); }

EVENT2_EXPORT_SYMBOL void* event_mm_calloc_(size_t count, size_t size) {
  return mm::mm_calloc(count, size);
}

EVENT2_EXPORT_SYMBOL void* event_mm_realloc_(void* old, size_t size) {
  return mm::mm_realloc(old, size);
}

EVENT2_EXPORT_SYMBOL char* event_mm_strdup_(const char* text) { return mm::mm_strdup(text); }

EVENT2_EXPORT_SYMBOL void event_mm_free_(void* p) { mm::mm_free(p); }

}  // extern "C"
