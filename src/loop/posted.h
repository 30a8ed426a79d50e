// Work that other threads hand to a loop: a lock-free queue, intrusive, first in first out.
#pragma once

#include <atomic>

#include "base/callback.h"
#include "base/list.h"

namespace eddy::engine {

// Its `on_self(work, argument)` runs on the loop's thread. It may be posted again once it runs, and
// must not be posted twice at a time.
struct posted_work : callback {
  posted_work* next_posted = nullptr;
  // The loop ended before it ran; null: nothing is to be done about that.
  void (*dropped)(posted_work*) = nullptr;
};

// Told by the destructor of a loop, when nothing that was posted runs any more.
struct end_notice {
  list_node link;
  void (*ended)(end_notice*) = nullptr;
};

class posted_queue {
 public:
  // False when the queue is closed: accepted or refused, never lost.
  bool push(posted_work* p) {
    posted_work* head = newest_.load(std::memory_order_relaxed);
    do {
      if (head == closed()) return false;
      p->next_posted = head;
    } while (!newest_.compare_exchange_weak(head, p, std::memory_order_seq_cst,
                                            std::memory_order_relaxed));
    return true;
  }

  bool empty() const {
    posted_work* head = newest_.load(std::memory_order_seq_cst);
    return head == nullptr || head == closed();
  }

  // All that was pushed, the oldest first, linked by next_posted. For the loop's thread.
  posted_work* take_all() {
    if (empty()) return nullptr;
    return oldest_first(newest_.exchange(nullptr, std::memory_order_acquire));
  }

  // Refuses from now on; returns what was left.
  posted_work* close() {
    posted_work* left = newest_.exchange(closed(), std::memory_order_acq_rel);
    return left == closed() ? nullptr : oldest_first(left);
  }

 private:
  static posted_work* closed() { return reinterpret_cast<posted_work*>(1); }

  static posted_work* oldest_first(posted_work* newest) {
    posted_work* oldest = nullptr;
    while (newest != nullptr) {
      posted_work* older = newest->next_posted;
      newest->next_posted = oldest;
      oldest = newest;
      newest = older;
    }
    return oldest;
  }

  std::atomic<posted_work*> newest_{nullptr};
};

}  // namespace eddy::engine
