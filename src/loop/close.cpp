// The end of a loop: what is still added is forgotten, and finalizers that wait get their turn.
#include "base/memory.h"
#include "loop/activate.h"
#include "loop/loop.h"

namespace eddy::engine {
namespace {

void forget(callback* c) {
  c->flags = static_cast<std::int16_t>(c->flags & (is_initialised | is_internal));
}

}  // namespace

void loop::forget_everything(bool run_finalizers) {
  loop_guard guard(*this);
  for (int p = 0; p < priority_count_; ++p) {
    while (!active_[p].empty()) {
      auto* c = reinterpret_cast<callback*>(active_[p].front());
      take_from_active(c);
      if (c->kind >= closure::finalize_self && run_finalizers) call_finalizer(c);
    }
  }
  while (!later_.empty()) take_from_active(reinterpret_cast<callback*>(later_.front()));
  for (std::size_t fd = 0; fd < slots_.size(); ++fd)
    while (slots_[fd].first != nullptr) remove_locked(slots_[fd].first, removal::do_not_wait);
  for (watcher*& first : signals_)
    while (first != nullptr) remove_locked(first, removal::do_not_wait);
  for (common_timeout* queue : common_)
    while (!queue->waiting.empty())
      remove_locked(timed_at(queue->waiting.front()), removal::do_not_wait);
  forget_pre_wait();
  while (!timers_.empty()) remove_locked(timers_.top(), removal::do_not_wait);
}

void loop::add_end_notice(end_notice* n) {
  loop_guard guard(*this);
  end_notices_.push_back(&n->link);
}

void loop::remove_end_notice(end_notice* n) {
  loop_guard guard(*this);
  n->link.unlink();
}

// Whatever is still added is added no more; its owner keeps the memory and may free it.
void loop::close_watchers() {
  if (completion_ != nullptr) completion_->forget_transfers();
  for (fd_slot& slot : slots_)
    for (watcher* w = slot.first; w != nullptr; w = w->here.links.next) forget(w);
  for (watcher* first : signals_)
    for (watcher* w = first; w != nullptr; w = w->here.links.next) forget(w);
  timers_.for_each([](watcher* w) { return forget(w), true; });
  for (common_timeout* queue : common_)
    for (list_node* n = queue->waiting.front(); n != queue->waiting.end(); n = n->next)
      forget(timed_at(n));
  for (int p = 0; p < priority_count_; ++p)
    for (list_node* n = active_[p].front(); n != active_[p].end(); n = n->next)
      forget(reinterpret_cast<callback*>(n));
  forget_pre_wait();
  for (list_node* n = later_.front(); n != later_.end(); n = n->next)
    forget(reinterpret_cast<callback*>(n));
}

}  // namespace eddy::engine
