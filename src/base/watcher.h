// A watcher: interest in a descriptor, a signal, a timeout, or a descriptor with a timeout.
//
// Data only; `eddy::engine::loop` gives it its meaning. The owner keeps the memory and must not
// move it while it is added. The layout is the C face's `struct event` (128 bytes on LP64), so that
// a program's event *is* the engine's watcher: no second object, no lookup. src/capi checks the
// offsets.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/callback.h"
#include "base/interest.h"

namespace eddy::engine {

class accepted_row;
class loop;
struct chain;

// What the kernel received for a watcher, sent or accepted, since its callback ran last.
struct transfer {
  union {
    chain* last;        // the pieces that came, in a circle: last->next is the first; null: none
    accepted_row* row;  // is_acceptor: where connections stand
  };
  std::uint32_t number;  // what the kernel knows the request by; 0: none is with it
  std::int32_t outcome;  // how the request ended, or `goes_on`; bytes for sending
};
constexpr std::int32_t goes_on = INT32_MIN;
constexpr std::int32_t ended_early = INT32_MIN + 1;  // more may come: ask again
constexpr std::int32_t end_of_stream = INT32_MIN + 2;

struct watcher : callback {
  // Where its timeout stands: an index in the timer heap, or links in a common-timeout queue.
  union timeout_place {
    list_node queue_link;
    struct {
      std::uint32_t heap_index;
      std::uint32_t unused;
      std::uint64_t unused2;
    } heap;
    timeout_place() : queue_link() {}
  } timeout_at;

  int fd = -1;                     // or the signal's number
  std::int16_t signal_calls = 0;   // how often a signal came since its callback ran
  std::int16_t common_queue = -1;  // the common-timeout queue of its timeout, or -1
  loop* owner = nullptr;

  // Other watchers of the same descriptor or signal; or, where the kernel itself receives for the
  // watcher or sends (is_transfer), what comes of it.
  union place {
    struct {
      watcher* next;
      watcher* prev;
    } links;
    transfer moved;
    place() : links{nullptr, nullptr} {}
  } here;

  // What a watcher needs one of at most.
  union part {
    list_node before_wait;            // see loop::call_before_wait; next is null: not queued
    std::int16_t* signal_calls_left;  // where the running dispatch counts down, for deletion
    void* of_owner[2];                // its owner's
    part() : before_wait() {}
  } own;

  std::int16_t events = 0;  // the interest: interest bits, plus timeout/signal/persist
  std::int16_t fired = 0;   // why it is active
  // Its owner's; of a transfer: how much to receive at most, 0: no limit.
  std::int32_t reserved = 0;
  std::int64_t deadline = 0;   // ns, of the loop's clock; may be later than in the heap
  std::int64_t interval = -1;  // ns; a persistent timeout's period, -1 = none

  bool persistent() const { return (events & watch_persist) != 0; }
};

// What an event function is told that was asked for by loop::call_before_wait.
constexpr short end_of_turn = 0;

// Where `timeout_at` stands in a watcher; the compiler's own offsetof is for standard layout only.
constexpr std::size_t timeout_place_offset = sizeof(callback);
// The same of `own`, which lies before `events` (src/capi/event.cpp checks both).
constexpr std::size_t own_part_offset = 88;

}  // namespace eddy::engine
