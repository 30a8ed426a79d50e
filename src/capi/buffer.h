// What an evbuffer is: the engine's buffer, with a lock, callbacks, and what must not be changed.
#pragma once

#include <event2/buffer.h>
#include <event2/buffer_compat.h>

#include <cerrno>

#include "base/list.h"
#include "buffer/buffer.h"
#include "capi/base.h"

struct evbuffer_cb_entry {
  eddy::list_node link;
  evbuffer_cb_func call = nullptr;
  evbuffer_cb call_old = nullptr;  // of evbuffer_setcb; one of the two is set
  void* argument = nullptr;
  ev_uint32_t flags = EVBUFFER_CB_ENABLED;
};

struct evbuffer {
  eddy::buffer bytes;
  eddy::list_head callbacks;  // evbuffer_cb_entry, the latest first
  // What changed since the callbacks ran last.
  std::size_t added = 0;
  std::size_t deleted = 0;
  ev_uint64_t flags = 0;
  bool front_frozen = false;
  bool end_frozen = false;

  const eddy::threading* threads = nullptr;
  void* lock = nullptr;
  bool owns_lock = false;

  event_base* deferred_to = nullptr;  // null: callbacks run at once
  eddy::callback deferred;
};

namespace eddy::capi {

// Holds the buffer's lock, where it has one.
class buffer_guard {
 public:
  explicit buffer_guard(const evbuffer* b) : buffer_(b) {
    if (b->lock != nullptr) b->threads->lock(0, b->lock);
  }
  ~buffer_guard() {
    if (buffer_->lock != nullptr) buffer_->threads->unlock(0, buffer_->lock);
  }
  buffer_guard(const buffer_guard&) = delete;
  buffer_guard& operator=(const buffer_guard&) = delete;

 private:
  const evbuffer* buffer_;
};

// Both locks, always in the same order, so that two threads that move data in opposite directions
// do not wait for each other for ever.
class two_buffers_guard {
 public:
  two_buffers_guard(const evbuffer* a, const evbuffer* b)
      : first_(a < b ? a : b), second_(a < b ? b : a) {}

 private:
  buffer_guard first_, second_;
};

// The buffer's length changed; its callbacks are told, now or from the loop. Under its lock.
void buffer_changed(evbuffer* b, std::size_t added, std::size_t deleted);

// 0 or -1, with errno, of what the engine's functions give.
inline int as_buffer_result(int error) {
  if (error == 0) return 0;
  errno = error;
  return -1;
}

}  // namespace eddy::capi
