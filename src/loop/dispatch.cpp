// Running what is active: the most urgent priority that has anything, in the order of activation.
#include <climits>

#include "base/memory.h"
#include "loop/activate.h"
#include "loop/callback_scope.h"
#include "loop/loop.h"

namespace eddy::engine {

// Gives how many callbacks ran (internal ones do not count).
int loop::run_active() {
  const std::int64_t until =
      dispatch_interval_ >= 0 ? saturating_add(clock_.now(), dispatch_interval_) : INT64_MAX;
  int ran = 0;
  for (int priority = 0; priority < priority_count_; ++priority) {
    list_head& queue = active_[priority];
    if (queue.empty()) continue;
    current_priority_ = priority;
    const bool limited =
        priority >= limited_from_ && (dispatch_callbacks_ != INT_MAX || until != INT64_MAX);
    ran = limited ? run_limited_queue(queue, until) : run_queue(queue);
    statistics_.callbacks += static_cast<unsigned>(ran);
    // What is less urgent waits for another look at the kernel; internal work does not count.
    if (ran != 0 || stop_now_) break;
  }
  current_priority_ = -1;
  return ran;
}

// The first of the queue. Gives 1, or 0 for an internal one.
inline int loop::run_front(list_head& queue) {
  auto* c = reinterpret_cast<callback*>(queue.front());
  if (c->kind != closure::persistent_event) [[unlikely]] {
    const int counts = !c->is(is_internal);
    run_one(c);
    return counts;
  }
  auto* w = static_cast<watcher*>(c);  // never an internal one
  queue.pop_front();
  --active_count_;
  w->clear(in_active);
  // Before the callback, so that it may change its mind about the timeout.
  if (w->interval > 0) [[unlikely]]
    restart_interval(w);
  call_event(w);
  return 1;
}

int loop::run_queue(list_head& queue) {
  int ran = 0;
  while (!queue.empty()) {
    ran += run_front(queue);
    if (leave_queue_) break;
  }
  return ran;
}

int loop::run_limited_queue(list_head& queue, std::int64_t until) {
  int ran = 0;
  while (!queue.empty()) {
    ran += run_front(queue);
    if (leave_queue_ || ran >= dispatch_callbacks_) break;
    if (ran != 0 && until != INT64_MAX && clock_.now() >= until) break;
  }
  return ran;
}

void loop::run_one(callback* c) {
  switch (c->kind) {
    case closure::persistent_event:
    case closure::event:
      remove_locked(static_cast<watcher*>(c), removal::even_if_finalizing);
      call_event(static_cast<watcher*>(c));
      break;
    case closure::signal:
      take_from_active(c);
      if (!static_cast<watcher*>(c)->persistent())
        remove_locked(static_cast<watcher*>(c), removal::even_if_finalizing);
      call_signal(static_cast<watcher*>(c));
      break;
    case closure::self:
      take_from_active(c);
      if (c->is(is_operation)) {
        c->clear(is_operation);
        --operation_count_;
      }
      call_self(c);
      break;
    case closure::finalize_self:
    case closure::finalize_event:
    case closure::finalize_free:
      take_from_active(c);
      call_finalizer(c);
      break;
  }
}

inline void loop::call_event(watcher* w) {
  const event_function function = w->on_event;
  if (bare_calls_) [[likely]] {
    current_ = w;
    function(w->fd, w->fired, w->argument);
    current_ = nullptr;
    return;
  }
  // Read under the lock: another thread may finalize the watcher while it is called.
  const int fd = w->fd;
  const short what = w->fired;
  void* argument = w->argument;
  callback_scope scope(*this, w, reinterpret_cast<const void*>(function));
  function(fd, what, argument);
}

void loop::call_self(callback* c) {
  const self_function function = c->on_self;
  void* argument = c->argument;
  callback_scope scope(*this, c, reinterpret_cast<const void*>(function));
  function(c, argument);
}

// Once per delivery. The callback may remove the watcher, or free it: then what counts down is set
// to 0 through signal_calls_left, and the watcher is not looked at again.
void loop::call_signal(watcher* w) {
  std::int16_t& left = signal_calls_left_;
  struct at_the_end {
    watcher* w;
    const std::int16_t& left;
    ~at_the_end() {
      if (left != 0) w->own.signal_calls_left = nullptr;
    }
  } end{w, left};
  left = w->signal_calls;
  w->own.signal_calls_left = &left;
  while (left != 0) {
    --left;
    w->signal_calls = left;
    if (left == 0) w->own.signal_calls_left = nullptr;
    const event_function function = w->on_event;
    {
      callback_scope scope(*this, w, reinterpret_cast<const void*>(function));
      function(w->fd, w->fired, w->argument);
    }
    if (stop_now_) break;
  }
}

void loop::call_finalizer(callback* c) {
  c->clear(is_finalizing);
  const closure kind = c->kind;
  const finalize_function finalizer = c->on_finalize;
  const self_function function = c->on_self;
  void* argument = c->argument;
  {
    callback_scope scope(*this, c, reinterpret_cast<const void*>(function));
    if (kind == closure::finalize_self)
      function(c, argument);
    else
      finalizer(static_cast<watcher*>(c), argument);
  }
  // The object may be gone: only the loop's own state is touched from here on.
  if (kind == closure::finalize_free) memory::release(static_cast<watcher*>(c));
}

void loop::note_duration(const void* function, std::int64_t started) {
  const std::int64_t took = clock_.now() - started;
  statistics_.in_callbacks += took;
  if (took <= statistics_.slowest_callback) return;
  statistics_.slowest_callback = took;
  statistics_.slowest_function = function;
}

// For a thread that is not the loop's. Without condition variables (a program may set none) the
// promise is that of the lock only.
void loop::wait_until_not_running(const callback* c) {
  while (condition_ != nullptr && current_ == c && other_thread()) {
    ++condition_waiters_;
    threads_->cond_wait(condition_, lock_, nullptr);
  }
}

}  // namespace eddy::engine
