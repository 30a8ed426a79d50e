// The C face's event base is the engine's loop, and its event is the engine's watcher: the same
// objects under the names that compatibility fixes.
#pragma once

#include <event2/event.h>
#include <event2/event_struct.h>

#include "base/list.h"
#include "base/watcher.h"
#include "loop/loop.h"

struct event_base : eddy::engine::loop {
  eddy::engine::list_head once_events;            // once_event::link; released with the base
  eddy::engine::list_head hooks;                  // evwatch
  eddy::engine::array<timeval*> common_timevals;  // by queue number; programs hold these pointers
  int config_flags = 0;
  // The coroutine face's part, if it has one: its tasks end before the base does, its memory is
  // released after.
  void* coroutines = nullptr;
  void (*end_coroutines)(void*) = nullptr;
  void (*release_coroutines)(void*) = nullptr;
};

namespace eddy::engine::capi {

inline watcher* to_watcher(event* ev) { return reinterpret_cast<watcher*>(ev); }
inline const watcher* to_watcher(const event* ev) { return reinterpret_cast<const watcher*>(ev); }
inline event* to_event(watcher* w) { return reinterpret_cast<event*>(w); }

// The base that functions without one use: the last of event_init. The legacy interface has it.
extern event_base* current_base;

// --- Time. A timeval of a common timeout carries the queue's number in the high bits of tv_usec.
inline bool is_common(const timeval* tv) {
  return (static_cast<unsigned long>(tv->tv_usec) & 0xf0000000UL) == 0x50000000UL;
}
int common_queue_of(const timeval* tv, const event_base* base);
// ns; negative fields and fractions beyond a second count as what they add up to, past times as 0.
std::int64_t to_nanoseconds(const timeval& tv);
timeval to_timeval(std::int64_t nanoseconds);

// --- Debug mode (debug.cpp): checks how events are used. `calls_are_looked_at` is set by it and by
// debug logging, so that a call that neither wants pays for one test.
extern bool calls_are_looked_at;
void debug_note_assign(const event* ev);
void debug_note_unassign(const event* ev);
void debug_note_add(const event* ev);
void debug_note_del(const event* ev);
void debug_require_assigned(const event* ev, const char* function);
void debug_require_not_added(const event* ev, const char* function);
void debug_require_nonblocking(const event* ev, const char* function);
void debug_note_base_made();
void debug_release();

// Frees what event_base_once allocated and did not come to run.
void release_once_events(event_base* base);
void release_hooks(event_base* base);

}  // namespace eddy::engine::capi
