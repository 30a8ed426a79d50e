// A callback that can stand in a loop's queue of active callbacks.
//
// It is the first part of everything that a loop can run: watchers, deferred callbacks and
// completed operations. The owner keeps the memory; the loop only links it. The layout is fixed by
// the C face
// (`struct event_callback`, 40 bytes on LP64), which uses these very objects.
#pragma once

#include <cstdint>

#include "base/list.h"

namespace eddy::engine {

struct watcher;
struct callback;

// What a watcher or callback is in at the moment; the values are those of the C face's EVLIST_*.
enum callback_flag : std::int16_t {
  in_timers = 0x01,
  in_watch_list = 0x02,
  waits_for_close = 0x04,  // see loop::call_after_close
  is_internal = 0x10,      // does not keep the loop running
  in_active = 0x08,        // queued in this turn's active callbacks
  in_active_later = 0x20,  // queued for the next turn
  is_finalizing = 0x40,
  is_initialised = 0x80,
  is_operation = 0x100,  // an operation, from submit until its callback runs
  is_transfer = 0x200,   // a watcher for which the kernel receives or sends, if it can
  has_moved = 0x400,     // and its backend has something to tell of it
  sends_copied = 0x800,  // the kernel copies what it sends for it, asked to or not
  notice_due = 0x1000,   // it has sent without copying, and whether that was so is still to be told
  is_acceptor = 0x2000,  // a transfer of connections: the kernel accepts
  is_shared = 0x4000,    // other threads may end it and close its descriptor at any time
};

// How the loop runs a callback.
enum class closure : std::uint8_t {
  event = 0,             // one-shot watcher: removed, then event_function(fd, what, argument)
  signal = 1,            // called once per delivered signal
  persistent_event = 2,  // stays; its timeout starts again before it is called
  self = 3,              // self_function(callback, argument): deferred callbacks and operations
  finalize_self = 4,     // self_function, after which nobody touches the object again
  finalize_event = 5,    // finalizer of a watcher: (watcher, argument)
  finalize_free = 6,     // the same, then the loop releases the watcher's memory
};

using event_function = void (*)(int fd, short what, void* argument);
using self_function = void (*)(callback*, void* argument);
using finalize_function = void (*)(watcher*, void* argument);

struct callback {
  list_node link;
  std::int16_t flags = 0;
  std::uint8_t priority = 0;
  closure kind = closure::self;
  std::int32_t uses = 0;  // its owner's, who may count here
  union {
    event_function on_event;
    self_function on_self = nullptr;
    finalize_function on_finalize;
  };
  void* argument = nullptr;

  bool is(callback_flag flag) const { return (flags & flag) != 0; }
  void set(callback_flag flag) { flags = static_cast<std::int16_t>(flags | flag); }
  void clear(callback_flag flag) { flags = static_cast<std::int16_t>(flags & ~flag); }
};

}  // namespace eddy::engine
