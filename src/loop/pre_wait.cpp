// Work before the wait, and work that waits for a descriptor to be closed.
#include "loop/pre_wait.h"

#include <cerrno>

#include "base/sys.h"
#include "loop/activate.h"
#include "loop/loop.h"

namespace eddy::engine {

// Those that are queued now; what they queue waits for the next turn.
void loop::run_pre_wait() {
  list_head pending;
  pending.splice_back(pre_wait_);
  while (!pending.empty()) {
    auto* w = reinterpret_cast<pre_wait_work*>(pending.front());
    pending.pop_front();
    w->link.next = nullptr;
    --event_count_;
    unlock();
    w->run(w);
    lock();
  }
}

void loop::run_before_wait(pre_wait_work* w) {
  loop_guard guard(*this);
  if (w->link.next != nullptr) return;
  pre_wait_.push_back(&w->link);
  ++event_count_;
  note_most();
  notify_if_needed();
}

void loop::forget_before_wait(pre_wait_work* w) {
  loop_guard guard(*this);
  if (w->link.next == nullptr) return;
  w->link.unlink();
  w->link.next = nullptr;
  --event_count_;
}

void loop::forget_pre_wait() {
  while (!pre_wait_.empty())
    forget_before_wait(reinterpret_cast<pre_wait_work*>(pre_wait_.front()));
  while (!at_close_.empty())
    forget_after_close(reinterpret_cast<after_close_work*>(at_close_.front()));
}

void loop::run_after_close(after_close_work* w) {
  loop_guard guard(*this);
  if (w->link.next != nullptr) return;
  w->waits = true;
  at_close_.push_back(&w->link);
}

void loop::forget_after_close(after_close_work* w) {
  loop_guard guard(*this);
  if (!w->waits) return forget_before_wait(w);
  w->waits = false;
  w->link.unlink();
  w->link.next = nullptr;
}

int loop::close_descriptor(int fd) {
  const int result = sys::close(fd);
  const int error = errno;
  loop_guard guard(*this);
  while (!at_close_.empty()) {
    auto* w = reinterpret_cast<after_close_work*>(at_close_.front());
    forget_after_close(w);
    run_before_wait(w);
  }
  errno = error;
  return result;
}

}  // namespace eddy::engine
