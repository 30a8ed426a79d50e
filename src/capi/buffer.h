// What an evbuffer is: the engine's watched buffer. What few buffers have (callbacks, a lock of
// their own) stands apart, so that a plain one is small.
#pragma once

#include <event2/buffer.h>
#include <event2/buffer_compat.h>

#include <cerrno>

#include "base/list.h"
#include "buffer/watched_buffer.h"
#include "capi/base.h"

struct evbuffer_cb_entry {
  eddy::engine::list_node link;
  evbuffer_cb_func call = nullptr;
  evbuffer_cb call_old = nullptr;  // of evbuffer_setcb; one of the two is set
  void* argument = nullptr;
  ev_uint32_t flags = EVBUFFER_CB_ENABLED;
};

struct evbuffer : eddy::engine::watched_buffer {};

namespace eddy::engine::capi {

// Stands between a buffer and who keeps it, from the first callback or lock of its own on.
struct buffer_extras : buffer_keeper {
  evbuffer* of = nullptr;
  shared_lock* lock = nullptr;     // its own, or that of the stream
  buffer_keeper* inner = nullptr;  // the stream that the buffer belongs to, if it does
  list_head callbacks;             // evbuffer_cb_entry, the latest first
  // What changed since the callbacks ran last.
  std::size_t added = 0;
  std::size_t deleted = 0;
  shared_lock own_lock;
  bool owns_lock = false;
  event_base* deferred_to = nullptr;  // null: callbacks run at once
  callback deferred;
  bool* gone = nullptr;  // told when this is, if somebody asks
};

// The buffer's extras, made when there are none; null when there is no memory. Under its lock.
buffer_extras* extras_of(evbuffer* b);
buffer_extras* find_extras(const evbuffer* b);
// Before a buffer goes: its callbacks, its own lock.
void release_extras(evbuffer* b);

// The buffer's length changed; its callbacks are told, now or from the loop. Under its lock.
inline void buffer_changed(evbuffer* b, std::size_t added, std::size_t deleted) {
  b->changed(added, deleted);
}

// 0 or -1, with errno, of what the engine's functions give.
inline int as_buffer_result(int error) {
  if (error == 0) return 0;
  errno = error;
  return -1;
}

}  // namespace eddy::engine::capi
