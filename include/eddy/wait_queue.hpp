// eddy/wait_queue.hpp - coroutines that wait for each other, first come, first served: what mutex,
// semaphore, event and channel have in common. Users need none of it.
#pragma once

#include <eddy/context.hpp>

namespace eddy::detail {

// Waits in a queue until it is granted what it waits for, or cancelled. From either on it is the
// loop's to resume, and in the queue no more: so what was granted is not lost to a cancellation.
class queued : public leaf {
 public:
  bool granted() const noexcept { return granted_; }

 protected:
  queued() noexcept : leaf(&stop) {}

  // At once, without a wait.
  bool take(bool there) noexcept { return granted_ = there; }

 private:
  friend class wait_queue;
  static void stop(stoppable& s) noexcept {
    auto& q = static_cast<queued&>(s);
    q.queue_link::unlink();
    q.wake();
  }

  bool granted_ = false;
};

class wait_queue {
 public:
  wait_queue() noexcept = default;
  // What waits for a thing that is destroyed ends as if it was cancelled.
  ~wait_queue() { release_all(); }

  bool empty() const noexcept { return list_.empty(); }
  // False, when there was a cancellation already.
  bool push(queued& q, const awaiting& a) noexcept {
    if (!q.wait(a)) return false;
    list_.push_back(static_cast<queue_link&>(q));
    return true;
  }
  queued& front() const noexcept { return static_cast<queued&>(leaf::of(*list_.front())); }
  void grant_first() noexcept {
    front().granted_ = true;
    release_first();
  }
  void grant_all() noexcept {
    while (!empty()) grant_first();
  }
  // Not granted.
  void release_all() noexcept {
    while (!empty()) release_first();
  }
  void release_first() noexcept {
    queued& first = front();
    first.queue_link::unlink();
    first.wake();
  }

 private:
  link_list list_;
};

}  // namespace eddy::detail
