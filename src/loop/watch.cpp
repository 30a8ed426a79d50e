// Adding, removing and activating watchers.
#include <cerrno>

#include "loop/activate.h"
#include "loop/loop.h"

namespace eddy::engine {
namespace {

constexpr int watched_bits = readiness_bits | watch_signal;

}  // namespace

// The commonest of all, with a way of its own: a timer, and nothing else, at rest or waiting.
inline bool loop::is_plain_timer(const watcher* w) {
  return (w->flags & ~(in_timers | is_initialised)) == 0 && w->common_queue < 0 &&
         !(w->events & (watched_bits | watch_persist));
}

inline int loop::add_plain_timer(watcher* w, std::int64_t timeout) {
  const std::int64_t deadline = saturating_add(now(), timeout);
  if (w->is(in_timers)) {
    timers_.move(w, deadline);
  } else {
    if (!timers_.reserve_one()) return ENOMEM;
    w->deadline = deadline;
    w->set(in_timers);
    timers_.push(w);
    ++event_count_;
    note_most();
  }
  notify_if_needed();
  return 0;
}

int loop::add(watcher* w, std::int64_t timeout) {
  loop_guard guard(*this);
  if (timeout >= 0 && is_plain_timer(w)) return add_plain_timer(w, timeout);
  return add_locked(w, timeout, -1, false);
}

int loop::add_though_active(watcher* w, std::int64_t timeout) {
  loop_guard guard(*this);
  const bool was_added = w->is(in_watch_list);
  if (timeout < 0) {
    if (w->is(in_timers)) stop_timer(w);
    w->interval = -1;
  }
  if (!w->is(is_finalizing))
    if (const int error = start_watching(w)) return error;
  const int error = add_locked(w, timeout, -1, false);
  if (error != 0 && !was_added) (void)remove_locked(w, removal::do_not_wait);
  return error;
}

int loop::add_with_common_timeout(watcher* w, int queue) {
  loop_guard guard(*this);
  return add_locked(w, common_[static_cast<std::size_t>(queue)]->duration, queue, false);
}

int loop::add_locked(watcher* w, std::int64_t timeout, int common_queue, bool absolute) {
  if (w->is(is_finalizing)) return EINVAL;
  // Room for the timer first: after that only the kernel can refuse.
  if (timeout >= 0 && !w->is(in_timers) && !timers_.reserve_one()) return ENOMEM;
  // A signal's callback that is running on another thread must not have its count changed under it.
  if ((w->events & watch_signal) && current_ == w && other_thread()) wait_until_not_running(w);

  if (!w->is(in_active) && !w->is(in_active_later)) {
    if (const int error = start_watching(w)) return error;
  }
  if (timeout < 0) {
    notify_if_needed();
    return 0;
  }
  // A persistent watcher's timeout starts again whenever it has fired.
  if (w->kind == closure::persistent_event && !absolute) w->interval = timeout > 0 ? timeout : -1;
  // It is about to be told that its old timeout has passed, which is no longer so. What a transfer
  // brought at the same time nothing would tell once more.
  if (w->is(in_active) && (w->fired & watch_timeout)) {
    if ((w->events & watch_signal) && w->own.signal_calls_left != nullptr)
      *w->own.signal_calls_left = 0;
    if (w->is(is_transfer)) w->fired = static_cast<std::int16_t>(w->fired & ~watch_timeout);
    if (!w->is(is_transfer) || w->fired == 0) take_from_active(w);
  }
  const std::int64_t deadline = absolute ? timeout : saturating_add(now(), timeout);
  const int error = start_timer(w, deadline, common_queue);
  notify_if_needed();
  return error;
}

// Its descriptor or signal, if it has one and is not watched already.
int loop::start_watching(watcher* w) {
  if (!(w->events & watched_bits) || w->is(in_watch_list)) return 0;
  int error = ENOTSUP;
  if (w->is(is_transfer)) error = start_transfer(w);
  if (error == ENOTSUP) {
    if (w->is(is_transfer)) end_transfer(w);
    error = (w->events & watch_signal) ? watch_signal_number(w) : watch_fd(w);
  }
  if (error != 0) return error;
  w->set(in_watch_list);
  if (!w->is(is_internal)) ++event_count_, note_most();
  return 0;
}

// Its timeout has passed. It is removed, also a persistent one, which comes back when it runs:
// until then nothing else makes it active, and only the timeout is told.
void loop::timed_out(watcher* w) {
  remove_locked(w, removal::do_not_wait);
  activate_locked(w, watch_timeout, 1);
}

int loop::remove(watcher* w, removal how) {
  loop_guard guard(*this);
  if (!is_plain_timer(w) || current_ == w) return remove_locked(w, how);
  if (w->is(in_timers)) {
    w->clear(in_timers);
    timers_.remove(w);
    --event_count_;
  }
  if (events() == 0) notify_if_needed();  // the loop may wait for nothing else
  return 0;
}

int loop::remove_locked(watcher* w, removal how) {
  if (w->is(is_finalizing) && how != removal::even_if_finalizing) return 0;
  if ((w->events & watch_signal) && w->own.signal_calls_left != nullptr)
    *w->own.signal_calls_left = 0;
  if (w->is(in_timers)) stop_timer(w);
  if (w->is(in_active) || w->is(in_active_later)) take_from_active(w);
  if (w->is(in_watch_list)) {
    w->clear(in_watch_list);
    if (!w->is(is_internal)) --event_count_;
    if (w->is(is_transfer))
      stop_transfer(w);
    else if (w->events & watch_signal)
      unwatch_signal(w);
    else
      unwatch_fd(w, how != removal::even_if_finalizing);
    notify_if_needed();
  } else if (how != removal::even_if_finalizing && events() == 0) {
    notify_if_needed();  // a loop that waits for its last timer has nothing to do any more
  }
  const bool may_wait = how == removal::wait ||
                        (how == removal::wait_unless_finalizing && !(w->events & watch_finalize));
  if (may_wait && current_ == w && other_thread()) wait_until_not_running(w);
  return 0;
}

int loop::remove_timeout(watcher* w) {
  loop_guard guard(*this);
  if (!w->is(in_timers)) return 0;
  stop_timer(w);
  w->interval = -1;
  return 0;
}

void loop::forget_timeout(watcher* w) {
  loop_guard guard(*this);
  if (w->is(in_timers)) stop_timer(w);
  w->interval = -1;
}

void loop::activate(watcher* w, int what, int calls) {
  loop_guard guard(*this);
  activate_locked(w, what, calls);
}

void loop::activate_locked(watcher* w, int what, int calls) {
  if (w->is(is_finalizing)) return;
  if (w->is(in_active)) {
    w->fired = static_cast<std::int16_t>(w->fired | what);
    return;
  }
  if (w->is(in_active_later)) {
    w->fired = static_cast<std::int16_t>(w->fired | what);
    take_from_active(w);
  } else {
    w->fired = static_cast<std::int16_t>(what);
  }
  // More urgent than what is running: the running queue is left as soon as possible.
  if (w->priority < current_priority_) restart_turn_ = leave_queue_ = true;
  if (w->events & watch_signal) {
    if (current_ == w && other_thread()) wait_until_not_running(w);
    w->signal_calls = static_cast<std::int16_t>(calls);
    w->own.signal_calls_left = nullptr;
  }
  push_active(w);
  note_most();
  notify_if_needed();
}

bool loop::activate_later(callback* c) {
  loop_guard guard(*this);
  if (c->is(in_active) || c->is(in_active_later)) return false;
  c->set(in_active_later);
  ++active_count_;
  internal_active_ += c->is(is_internal);
  note_most();
  later_.push_back(&c->link);
  notify_if_needed();
  return true;
}

void loop::activate_later(watcher* w, int what) {
  loop_guard guard(*this);
  w->fired = static_cast<std::int16_t>(what);
  (void)activate_later(w);
}

bool loop::defer(callback* c) {
  loop_guard guard(*this);
  if (c->is(in_active) || c->is(in_active_later) || c->is(is_finalizing)) return false;
  push_active(c);
  note_most();
  notify_if_needed();
  return true;
}

bool loop::cancel_deferred(callback* c) {
  loop_guard guard(*this);
  if (!c->is(in_active) && !c->is(in_active_later)) return false;
  take_from_active(c);
  return true;
}

int loop::finalize(watcher* w, finalize_function on_finalize, bool then_free) {
  loop_guard guard(*this);
  remove_locked(w, removal::do_not_wait);
  w->kind = then_free ? closure::finalize_free : closure::finalize_event;
  w->on_finalize = on_finalize;
  activate_locked(w, watch_finalize, 1);
  w->set(is_finalizing);
  return 0;
}

int loop::set_priority(callback* c, int priority) {
  loop_guard guard(*this);
  if (c->is(in_active) || priority < 0 || priority >= priority_count_) return EINVAL;
  c->priority = static_cast<std::uint8_t>(priority);
  return 0;
}

// With watch_timeout: those who watch it with a timeout, as if that had passed, and nobody else.
void loop::activate_by_fd(int fd, int what) {
  loop_guard guard(*this);
  if (fd < 0 || static_cast<std::size_t>(fd) >= slots_.size()) return;
  fd_slot& slot = slots_[static_cast<std::size_t>(fd)];
  if (!(what & watch_timeout)) {
    for (watcher* w = slot.first; w != nullptr; w = w->here.links.next)
      if (w->events & what & readiness_bits)
        activate_locked(w, w->events & what & (readiness_bits | watch_edge), 1);
    return;
  }
  for (watcher* w = slot.first; w != nullptr; w = w->here.links.next)
    if (w->is(in_timers)) activate_locked(w, watch_timeout, 1);
}

void loop::activate_by_signal(int signal) {
  loop_guard guard(*this);
  fire_signal(signal, 1);
}

int loop::for_each(int (*visit)(watcher*, void*), void* context) {
  loop_guard guard(*this);
  int result = 0;
  const auto take = [&](watcher* w) {
    return w->is(is_internal) || (result = visit(w, context)) == 0;
  };
  for (const fd_slot& slot : slots_)
    for (watcher* w = slot.first; w != nullptr; w = w->here.links.next)
      if (!take(w)) return result;
  for (watcher* first : signals_)
    for (watcher* w = first; w != nullptr; w = w->here.links.next)
      if (!take(w)) return result;
  if (!timers_.for_each([&](watcher* w) { return w->is(in_watch_list) || take(w); })) return result;
  for (common_timeout* queue : common_)
    for (list_node* n = queue->waiting.front(); n != queue->waiting.end(); n = n->next) {
      watcher* w = timed_at(n);
      if (!w->is(in_watch_list) && !take(w)) return result;
    }
  for (int p = 0; p < priority_count_; ++p)
    for (list_node* n = active_[p].front(); n != active_[p].end(); n = n->next) {
      auto* c = reinterpret_cast<callback*>(n);
      if (c->kind > closure::persistent_event || c->is(in_watch_list) || c->is(in_timers)) continue;
      if (!take(static_cast<watcher*>(c))) return result;
    }
  return 0;
}

int loop::count(unsigned flags) {
  loop_guard guard(*this);
  int sum = 0;
  if (flags & count_active) sum += active_count_;
  if (flags & count_virtual) sum += virtual_count_;
  if (flags & count_added) sum += events();
  return sum;
}

int loop::most(unsigned flags, bool reset) {
  loop_guard guard(*this);
  int sum = 0;
  const auto take = [&](unsigned flag, int& counter) {
    if (!(flags & flag)) return;
    sum += counter;
    if (reset) counter = 0;
  };
  take(count_active, most_active_);
  take(count_virtual, most_virtual_);
  take(count_added, most_events_);
  return sum;
}

void loop::add_virtual(int change) {
  loop_guard guard(*this);
  virtual_count_ += change;
  if (virtual_count_ > most_virtual_) most_virtual_ = virtual_count_;
  if (virtual_count_ == 0) notify_if_needed();
}

}  // namespace eddy::engine
