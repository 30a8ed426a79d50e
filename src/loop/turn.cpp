// The turn: the only place that knows the order of things.
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "backend/operation.h"
#include "loop/activate.h"
#include "loop/callback_scope.h"
#include "loop/loop.h"

namespace eddy::engine {

// From the start of run() to its end, by whatever way.
class loop::run_scope {
 public:
  explicit run_scope(loop& l) : loop_(l) {
    loop_.running_ = true;
    if (loop_.threads_ != nullptr) loop_.thread_ = loop_.threads_->thread_id();
    loop_.stop_after_turn_ = loop_.stop_now_ = loop_.leave_queue_ = false;
    loop_.in_turn_ = loop_.time_known_ = false;
  }
  ~run_scope() {
    loop_.in_turn_ = loop_.time_known_ = false;
    loop_.current_ = nullptr;
    loop_.current_priority_ = -1;
    loop_.running_ = false;
  }
  run_scope(const run_scope&) = delete;
  run_scope& operator=(const run_scope&) = delete;

 private:
  loop& loop_;
};

run_result loop::run(int flags) {
  loop_guard guard(*this);
  if (running_) {
    say(2, "a loop was run from one of its own callbacks; a loop runs once at a time");
    return run_result::failed;
  }
  run_scope scope(*this);
  for (;;) {
    restart_turn_ = false;
    leave_queue_ = stop_now_;
    if (stop_after_turn_ || stop_now_) return run_result::stopped;
    take_posted();
    if (!(flags & run_without_events) && events() == 0 && virtual_count_ == 0 &&
        operation_count_ == 0)
      return run_result::nothing_to_do;
    ++statistics_.turns;
    wait_for_events(flags);
    if (failed_waits_ >= most_failed_waits) {
      failed_waits_ = 0;
      return run_result::failed;
    }
    run_due_timers();
    if (active_count_ != 0) {
      const int callbacks = run_active();
      if ((flags & run_once) && active_count_ == 0 && callbacks != 0) return run_result::stopped;
    } else if (flags & run_nonblocking) {
      return run_result::stopped;
    }
  }
}

std::int64_t loop::wait_time(int flags) {
  if (active_count_ != 0 || (flags & run_nonblocking)) return 0;
  const std::int64_t deadline = timers_.next_deadline();
  if (deadline == INT64_MAX) return forever;
  const std::int64_t left = deadline - clock_.now();
  return left > 0 ? left : 0;
}

void loop::wait_for_events(int flags) {
  while (!later_.empty()) {
    auto* c = reinterpret_cast<callback*>(later_.front());
    take_from_active(c);
    push_active(c);
  }
  in_turn_ = time_known_ = false;
  fired_.ready.clear();
  fired_.more = false;
  if (!pre_wait_.empty()) run_pre_wait();
  if (!changes_.empty()) settle_changes();

  std::int64_t timeout = wait_time(flags);
  if (!hooks_[0].empty()) {
    run_hooks(hook_time::before_wait, timeout);
    if (!changes_.empty()) settle_changes();
    timeout = wait_time(flags);
  }
  if (!fired_.ready.empty() || active_count_ != 0 || !pre_wait_.empty()) timeout = 0;

  // From here on whoever adds work must write a wake-up; what came before is seen by `empty`.
  wait_state_.store(waiting, std::memory_order_seq_cst);
  if (!posted_.empty()) timeout = 0;
  ++statistics_.waits;
  const std::int64_t started = timing_ ? clock_.now() : 0;
  backend_->before_wait();
  in_backend_ = true;
  unlock();
  int error = backend_->wait(timeout, fired_);
  lock();
  in_backend_ = false;
  if (completion_ != nullptr && error == 0) error = backend_->collect(fired_);
  wait_state_.store(awake, std::memory_order_relaxed);
  in_turn_ = true;
  if (timing_) statistics_.waiting += clock_.now() - started;
  if (error == 0 || error == EINTR) [[likely]]
    failed_waits_ = 0;
  else
    note_failed_wait(error);
  collect();
  if (mailbox_ != nullptr) deliver_signals();
  if (!hooks_[1].empty()) run_hooks(hook_time::after_wait, forever);
  take_posted();
}

void loop::note_failed_wait(int error) {
  if (error == ESTALE) error = register_again();
  if (error == 0) return;
  if (failed_waits_++ != 0) return;
  char message[200], room[128];
  std::snprintf(message, sizeof message, "%s cannot wait (%s); trying again", backend_->name(),
                strerror_r(error, room, sizeof room));
  say(2, message);
}

void loop::run_hooks(hook_time when, std::int64_t timeout) {
  // A hook may remove itself or others while it runs, so the walk goes through a list of its own;
  // what is left of that when a hook throws stays.
  struct walk {
    loop& l;
    list_head& hooks;
    list_head pending;
    explicit walk(loop& of, list_head& all) : l(of), hooks(all) { pending.splice_back(hooks); }
    ~walk() { hooks.splice_back(pending); }
  } all(*this, hooks_[static_cast<int>(when)]);
  while (!all.pending.empty()) {
    auto* h = reinterpret_cast<wait_hook*>(all.pending.front());
    h->link.unlink();
    all.hooks.push_back(&h->link);
    callback_scope scope(*this, nullptr, reinterpret_cast<const void*>(h->call));
    h->call(h, timeout);
  }
}

// The path of every event. What the loop's members hold is kept in locals: the compiler must assume
// that each store through a watcher changes them, and reading them again cost 20 instructions
// of 45.
void loop::collect() {
  fd_slot* const slots = slots_.data();
  const fired* const first = fired_.ready.begin();
  const fired* const last = fired_.ready.end();
  std::size_t stale = 0;
  activation_batch batch(*this);
  for (const fired* f = first + checked_writers_; f != last; ++f) {
    fd_slot& slot = slots[f->fd];
    int what = static_cast<int>(f->what);
    if (f->tag != slot.plain_tag) [[unlikely]] {
      if (f->tag != slot.tag) ++stale;
      what = f->tag == slot.tag ? settle_marks(f->fd, slot, what) : 0;
      if (slot.first == nullptr) continue;
    }
    batch.fire(slot, what);
  }
  // Those whose only news is that poll(2) found them writable; the others had it added above.
  for (const fired* f = first; f != first + checked_writers_; ++f) {
    fd_slot& slot = slots[f->fd];
    if (slot.is(slot_write_ready) && slot.first != nullptr)
      batch.fire(slot, settle_marks(f->fd, slot, 0));
  }
  batch.finish();
  if (completion_ != nullptr)
    while (watcher* w = completion_->next_moved()) transfer_came(w);
  statistics_.ready += fired_.ready.size();
  checked_writers_ = 0;
  note_most();
  while (operation* op = fired_.completed.pop()) complete(op);
  statistics_.stale += stale;
  if (stale == 0) [[likely]]
    stale_turns_ = 0;
  else
    note_stale_turn();
}

int loop::settle_marks(int fd, fd_slot& slot, int what) {
  if (slot.is(slot_is_waker) && (edge_bit_ == 0 || !waker_.may_stay_unread())) waker_.drain();
  if (slot.is(slot_write_ready)) {
    slot.clear(slot_write_ready);
    what |= watch_write;
  }
  if (slot.is(slot_once)) fell_silent(fd, slot);
  return what;
}

bool loop::operation_submitted(operation* op) {
  loop_guard guard(*this);
  if (!op->is_idle()) {
    say(2, "an operation was submitted again before its callback ran; nothing was done");
    return false;
  }
  op->state = progress::in_flight;
  op->callback::flags = is_initialised | is_operation;
  op->kind = closure::self;
  in_flight_.push_back(&op->link);
  ++operation_count_;
  return true;
}

void loop::completions_refused(int error) {
  completion_ = nullptr;
  char message[240], room[128];
  std::snprintf(message, sizeof message,
                "eddy: %s cannot perform operations here (%s); they go by way of readiness",
                backend_->name(), strerror_r(error == ENOBUFS ? ENOMEM : error, room, sizeof room));
  say(1, message);
}

void loop::complete(operation* op) {
  loop_guard guard(*this);
  op->link.unlink();
  op->state = progress::idle;
  // One that succeeds at once, submitted again by its own callback, would keep this turn for
  // itself.
  if (current_priority_ >= 0)
    activate_later(op);
  else
    (void)defer(op);
}

void loop::take_posted() {
  posted_work* p = posted_.take_all();
  while (p != nullptr) {
    posted_work* next = p->next_posted;
    p->flags = is_initialised;
    p->kind = closure::self;
    defer(p);
    p = next;
  }
}

void loop::wake_if_waiting() {
  if (wait_state_.load(std::memory_order_seq_cst) == awake) return;
  if (wait_state_.exchange(woken, std::memory_order_seq_cst) == waiting && waker_.is_open())
    waker_.wake();
}

bool loop::other_thread() const {
  return running_ && threads_ != nullptr && threads_->thread_id() != thread_;
}

void loop::unlock_and_wake() {
  owes_wake_ = false;
  wakers_.fetch_add(1, std::memory_order_relaxed);
  unlock();
  wake_if_waiting();
  wakers_.fetch_sub(1, std::memory_order_release);
}

void loop::stop_after_turn() {
  loop_guard guard(*this);
  stop_after_turn_ = true;
  notify_if_needed();
}

void loop::stop_now() {
  loop_guard guard(*this);
  stop_now_ = leave_queue_ = true;
  notify_if_needed();
}

void loop::restart_turn() {
  loop_guard guard(*this);
  restart_turn_ = leave_queue_ = true;
  notify_if_needed();
}

std::int64_t loop::ask_time() {
  if (!in_turn_ || no_time_cache_) return clock_.now();
  now_ = clock_.now();
  time_known_ = true;
  return now_;
}

void loop::run_due_timers() {
  if (timers_.empty()) return;
  const std::int64_t due = now();
  timers_.take_due(due, [this](watcher* w) {
    w->clear(in_timers);
    if (!w->is(is_internal)) --event_count_;
    timed_out(w);
  });
}

void loop::add_hook(wait_hook* h) {
  loop_guard guard(*this);
  hooks_[static_cast<int>(h->when)].push_back(&h->link);
}

void loop::remove_hook(wait_hook* h) {
  loop_guard guard(*this);
  h->link.unlink();
}

}  // namespace eddy::engine
