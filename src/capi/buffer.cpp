// event2/buffer.h: a buffer's life, its lock, its flags.
#include "capi/buffer.h"

#include "base/memory.h"
#include "capi/settings.h"

using namespace eddy;
using namespace eddy::capi;

extern "C" {

evbuffer* evbuffer_new() { return memory::create<evbuffer>(); }

void evbuffer_free(evbuffer* b) {
  // Only when it is queued: the base may be gone, which has taken it out.
  if (b->deferred.is(in_active) || b->deferred.is(in_active_later))
    b->deferred_to->cancel_deferred(&b->deferred);
  while (!b->callbacks.empty())
    evbuffer_remove_cb_entry(b, reinterpret_cast<evbuffer_cb_entry*>(b->callbacks.front()));
  if (b->owns_lock) b->threads->lock_free(b->lock, recursive_lock_type);
  memory::destroy(b);
}

int evbuffer_enable_locking(evbuffer* b, void* lock) {
  if (b->lock != nullptr) return -1;
  const threading* threads = process_threading();
  if (threads == nullptr) return -1;
  b->owns_lock = lock == nullptr;
  if (lock == nullptr) lock = threads->lock_alloc(recursive_lock_type);
  if (lock == nullptr) return -1;
  b->threads = threads;
  b->lock = lock;
  return 0;
}

void evbuffer_lock(evbuffer* b) {
  if (b->lock != nullptr) b->threads->lock(0, b->lock);
}

void evbuffer_unlock(evbuffer* b) {
  if (b->lock != nullptr) b->threads->unlock(0, b->lock);
}

int evbuffer_set_flags(evbuffer* b, ev_uint64_t flags) {
  buffer_guard guard(b);
  b->flags |= flags;
  return 0;
}

int evbuffer_clear_flags(evbuffer* b, ev_uint64_t flags) {
  buffer_guard guard(b);
  b->flags &= ~flags;
  return 0;
}

int evbuffer_freeze(evbuffer* b, int at_front) {
  buffer_guard guard(b);
  (at_front != 0 ? b->front_frozen : b->end_frozen) = true;
  return 0;
}

int evbuffer_unfreeze(evbuffer* b, int at_front) {
  buffer_guard guard(b);
  (at_front != 0 ? b->front_frozen : b->end_frozen) = false;
  return 0;
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
