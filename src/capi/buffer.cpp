// event2/buffer.h: a buffer's life, its lock, its flags.
#include "capi/buffer.h"

#include "base/memory.h"
#include "capi/settings.h"

using namespace eddy::engine;
using namespace eddy::engine::capi;

extern "C" {

evbuffer* evbuffer_new() { return memory::create<evbuffer>(); }

void evbuffer_free(evbuffer* b) {
  release_extras(b);
  memory::destroy(b);
}

int evbuffer_enable_locking(evbuffer* b, void* lock) {
  if (b->keeper != nullptr && b->keeper->lock != nullptr) return -1;
  const threading* threads = process_threading();
  if (threads == nullptr) return -1;
  buffer_extras* extras = extras_of(b);
  if (extras == nullptr) return -1;
  const bool own = lock == nullptr;
  if (own) lock = threads->lock_alloc(recursive_lock_type);
  if (lock == nullptr) return -1;
  extras->owns_lock = own;
  extras->own_lock.threads = threads;
  extras->own_lock.lock = lock;
  extras->lock = &extras->own_lock;
  return 0;
}

void evbuffer_lock(evbuffer* b) {
  if (b->keeper != nullptr && b->keeper->lock != nullptr) b->keeper->lock->acquire();
}

void evbuffer_unlock(evbuffer* b) {
  if (b->keeper != nullptr && b->keeper->lock != nullptr) b->keeper->lock->release();
}

int evbuffer_set_flags(evbuffer* b, ev_uint64_t flags) {
  buffer_guard guard(b);
  b->flags = static_cast<std::uint8_t>(b->flags | flags);
  return 0;
}

int evbuffer_clear_flags(evbuffer* b, ev_uint64_t flags) {
  buffer_guard guard(b);
  b->flags = static_cast<std::uint8_t>(b->flags & ~flags);
  return 0;
}

int evbuffer_freeze(evbuffer* b, int at_front) {
  buffer_guard guard(b);
  (at_front != 0 ? b->front_frozen : b->end_frozen) = true;
  return 0;
}

int evbuffer_unfreeze(evbuffer* b, int at_front) {
  buffer_guard guard(b);
  if (at_front == 0) {
    b->end_frozen = false;
    return 0;
  }
  b->front_frozen = false;
  b->changed(0, 0);
  return b->front_frozen ? as_buffer_result(EBUSY) : 0;
}

size_t evbuffer_get_length(const evbuffer* b) {
  buffer_guard guard(b);
  return b->bytes.size();
}

size_t evbuffer_get_contiguous_space(const evbuffer* b) {
  buffer_guard guard(b);
  return b->bytes.first_piece();
}

}  // extern "C"
