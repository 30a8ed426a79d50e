// Work before the wait, and work that waits for a descriptor to be closed.
#include <cerrno>

#include "base/sys.h"
#include "loop/activate.h"
#include "loop/loop.h"

namespace eddy::engine {
namespace {

watcher* queued_at(list_node* n) {
  return reinterpret_cast<watcher*>(reinterpret_cast<char*>(n) - own_part_offset);
}

}  // namespace

// Those that are queued now; what they queue waits for the next turn. (Their descriptors may be
// changed meanwhile, under locks of their owners.)
void loop::run_pre_wait() {
  list_head pending;
  pending.splice_back(pre_wait_);
  while (!pending.empty()) {
    watcher* w = queued_at(pending.front());
    pending.pop_front();
    w->own.before_wait.next = nullptr;
    --event_count_;
    unlock();
    w->on_event(-1, end_of_turn, w->argument);
    lock();
  }
}

void loop::call_before_wait(watcher* w) {
  loop_guard guard(*this);
  if (w->own.before_wait.next != nullptr) return;
  pre_wait_.push_back(&w->own.before_wait);
  ++event_count_;
  note_most();
  notify_if_needed();
}

void loop::forget_before_wait(watcher* w) {
  loop_guard guard(*this);
  if (w->own.before_wait.next == nullptr) return;
  w->own.before_wait.unlink();
  w->own.before_wait.next = nullptr;
  --event_count_;
}

void loop::forget_pre_wait() {
  while (!pre_wait_.empty()) forget_before_wait(queued_at(pre_wait_.front()));
  while (!at_close_.empty()) forget_after_close(queued_at(at_close_.front()));
}

void loop::call_after_close(watcher* w) {
  loop_guard guard(*this);
  if (w->own.before_wait.next != nullptr) return;
  w->set(waits_for_close);
  at_close_.push_back(&w->own.before_wait);
}

void loop::forget_after_close(watcher* w) {
  loop_guard guard(*this);
  if (!w->is(waits_for_close)) return forget_before_wait(w);
  w->clear(waits_for_close);
  w->own.before_wait.unlink();
  w->own.before_wait.next = nullptr;
}

int loop::close_descriptor(int fd) {
  const int result = sys::close(fd);
  const int error = errno;
  loop_guard guard(*this);
  while (!at_close_.empty()) {
    watcher* w = queued_at(at_close_.front());
    forget_after_close(w);
    call_before_wait(w);
  }
  errno = error;
  return result;
}

}  // namespace eddy::engine
