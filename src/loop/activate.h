// Making watchers active: the part of it that runs for every event, inline.
#pragma once

#include "loop/loop.h"

namespace eddy::engine {

inline void loop::push_active(callback* c) {
  c->set(in_active);
  ++active_count_;
  internal_active_ += c->is(is_internal);
  active_[c->priority].push_back(&c->link);
}

// From the active queue, or from that of the next turn.
inline void loop::take_from_active(callback* c) {
  c->link.unlink();
  --active_count_;
  internal_active_ -= c->is(is_internal);
  c->flags = static_cast<std::int16_t>(c->flags & ~(in_active | in_active_later));
}

// Activates the watchers of many descriptors, after a wait: no callback runs meanwhile, so the
// loop's counters are brought up to date once, at the end.
class loop::activation_batch {
 public:
  explicit activation_batch(loop& l) : loop_(l), queues_(l.active_), edge_(l.edge_bit_) {}

  // Whoever watches the slot's descriptor, which has a watcher, for any of `what`.
  void fire(fd_slot& slot, int what) {
    what |= edge_;
    watcher* w = slot.first;
    do {
      const int seen = w->events & what;
      if (seen & readiness_bits) activate(w, seen);
      w = w->here.links.next;
    } while (w != nullptr);
  }

  void finish() { loop_.active_count_ += pushed_; }

 private:
  void activate(watcher* w, int seen) {
    if (w->flags & (in_active | in_active_later | is_finalizing | is_internal)) [[unlikely]] {
      loop_.activate_locked(w, seen, 1);
      return;
    }
    w->fired = static_cast<std::int16_t>(seen);
    w->set(in_active);
    queues_[w->priority].push_back(&w->link);
    ++pushed_;
  }

  loop& loop_;
  list_head* const queues_;
  const int edge_;
  int pushed_ = 0;
};

}  // namespace eddy::engine
