// Debug mode: remembers every event that was set up, and stops the program with a clear message
// when one is used in a way that would corrupt the loop.
#include <fcntl.h>

#include <atomic>
#include <cerrno>
#include <mutex>

#include "base/blocks.h"
#include "buffer/kept_chains.h"
#include "capi/base.h"
#include "capi/settings.h"

namespace eddy::engine::capi {
namespace {

struct known_event {
  const event* ev;
  bool added;
};

// Open addressing; a removed entry leaves a mark, so that searches go on behind it.
class event_table {
 public:
  known_event* find(const event* ev) {
    if (slots_.empty()) return nullptr;
    for (std::size_t at = place(ev);; at = (at + 1) % slots_.size()) {
      if (slots_[at].ev == ev) return &slots_[at];
      if (slots_[at].ev == nullptr) return nullptr;
    }
  }

  known_event* insert(const event* ev) {
    if ((used_ + 1) * 2 > slots_.size() && !grow()) return nullptr;
    std::size_t at = place(ev);
    while (slots_[at].ev != nullptr && slots_[at].ev != removed()) at = (at + 1) % slots_.size();
    if (slots_[at].ev == nullptr) ++used_;
    slots_[at] = known_event{ev, false};
    return &slots_[at];
  }

  void remove(const event* ev) {
    if (known_event* known = find(ev)) *known = known_event{removed(), false};
  }

  void release() {
    slots_.~array();
    new (&slots_) array<known_event>;
    used_ = 0;
  }

 private:
  static const event* removed() { return reinterpret_cast<const event*>(1); }

  std::size_t place(const event* ev) const {
    return (reinterpret_cast<std::uintptr_t>(ev) >> 4) * 0x9E3779B97F4A7C15u % slots_.size();
  }

  bool grow() {
    array<known_event> old;
    for (const known_event& known : slots_)
      if (known.ev != nullptr && known.ev != removed() && !old.push_back(known)) return false;
    const std::size_t size = slots_.size() < 64 ? 64 : old.size() * 4 + 64;
    slots_.clear();
    if (!slots_.resize(size, known_event{nullptr, false})) return false;
    used_ = 0;
    for (const known_event& known : old) *insert(known.ev) = known;
    return true;
  }

  array<known_event> slots_;
  std::size_t used_ = 0;
};

struct debug_state {
  std::atomic<bool> too_late{false};  // events or bases exist that were never noted
  std::mutex mutex;
  event_table events;
};

debug_state& state() {
  static debug_state the_state;
  return the_state;
}

bool enabled = false;

[[noreturn]] void misuse(const event* ev, const char* function, const char* what) {
  const watcher* w = to_watcher(ev);
  log_errx(misuse_code, "%s called %s: event %p (events 0x%x, descriptor %d, flags 0x%x)", function,
           what, static_cast<const void*>(ev), static_cast<unsigned>(w->events), w->fd,
           static_cast<unsigned>(w->flags));
}

}  // namespace

bool calls_are_looked_at = false;

void debug_note_base_made() { state().too_late.store(true, std::memory_order_relaxed); }

void debug_note_assign(const event* ev) {
  if (!enabled) {
    if (!state().too_late.load(std::memory_order_relaxed))
      state().too_late.store(true, std::memory_order_relaxed);
    return;
  }
  std::lock_guard<std::mutex> guard(state().mutex);
  known_event* known = state().events.find(ev);
  if (known == nullptr) known = state().events.insert(ev);
  if (known == nullptr) log_err(1, "debug mode: out of memory");
  known->added = false;
}

void debug_note_unassign(const event* ev) {
  if (!enabled) return;
  std::lock_guard<std::mutex> guard(state().mutex);
  state().events.remove(ev);
}

static void debug_note_added(const event* ev, bool added, const char* function) {
  if (!enabled) return;
  std::lock_guard<std::mutex> guard(state().mutex);
  known_event* known = state().events.find(ev);
  if (known == nullptr)
    misuse(ev, function, "on an event that was not initialized (by event_assign or event_new)");
  known->added = added;
}

void debug_note_add(const event* ev) { debug_note_added(ev, true, "event_add"); }
void debug_note_del(const event* ev) { debug_note_added(ev, false, "event_del"); }

void debug_require_assigned(const event* ev, const char* function) {
  if (!enabled) return;
  std::lock_guard<std::mutex> guard(state().mutex);
  if (state().events.find(ev) == nullptr)
    misuse(ev, function, "on an event that was not initialized (by event_assign or event_new)");
}

// By edge, what is not read until it would block is never told again; a blocking read cannot do
// that.
void debug_require_nonblocking(const event* ev, const char* function) {
  if (!enabled) return;
  const watcher* w = to_watcher(ev);
  if (!(w->events & EV_ET) || (w->events & EV_SIGNAL) || w->fd < 0) return;
  const int flags = ::fcntl(w->fd, F_GETFL);
  if (flags >= 0 && !(flags & O_NONBLOCK))
    misuse(ev, function, "with EV_ET on a descriptor that is not nonblocking");
}

void debug_require_not_added(const event* ev, const char* function) {
  if (!enabled) return;
  std::lock_guard<std::mutex> guard(state().mutex);
  const known_event* known = state().events.find(ev);
  // An event that fired once is not added any more, though nobody said so.
  const auto pending =
      static_cast<std::int16_t>(in_timers | in_watch_list | in_active | in_active_later);
  if (known != nullptr && known->added && (to_watcher(ev)->flags & pending))
    misuse(ev, function, "on an event that is still added");
}

void debug_release() {
  std::lock_guard<std::mutex> guard(state().mutex);
  state().events.release();
}

}  // namespace eddy::engine::capi

using namespace eddy::engine::capi;

extern "C" {

void event_enable_debug_mode() {
  if (enabled) log_errx(1, "event_enable_debug_mode was called twice");
  if (state().too_late)
    log_errx(1, "event_enable_debug_mode must be called before any event or event_base is made");
  require_threads_before_bases();
  enabled = calls_are_looked_at = true;
}

void libevent_global_shutdown() {
  if (current_base != nullptr) {
    event_base* base = current_base;
    current_base = nullptr;
    event_base_free(base);
  }
  debug_release();
  eddy::engine::forget_kept_chains();
  eddy::engine::memory::forget_blocks();
}

}  // extern "C"
