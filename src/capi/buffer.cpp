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
  if (b->lock() != nullptr) return -1;
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
  b->keep_in(extras);
  return 0;
}

void evbuffer_lock(evbuffer* b) {
  if (shared_lock* lock = b->lock()) lock->acquire();
}

void evbuffer_unlock(evbuffer* b) {
  if (shared_lock* lock = b->lock()) lock->release();
}

// The one flag that there is, EVBUFFER_FLAG_DRAINS_TO_FD, allows what eddy does anyway.
int evbuffer_set_flags(evbuffer*, ev_uint64_t) { return 0; }

int evbuffer_clear_flags(evbuffer*, ev_uint64_t) { return 0; }

int evbuffer_freeze(evbuffer* b, int at_front) {
  buffer_guard guard(b);
  if (at_front != 0)
    b->freeze_front(true);
  else
    b->freeze_end(true);
  return 0;
}

int evbuffer_unfreeze(evbuffer* b, int at_front) {
  buffer_guard guard(b);
  if (at_front == 0) {
    b->freeze_end(false);
    return 0;
  }
  b->freeze_front(false);
  b->changed(0, 0);
  return b->front_frozen() ? as_buffer_result(EBUSY) : 0;
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
