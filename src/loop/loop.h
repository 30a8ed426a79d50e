// The loop: it waits for descriptors, timers, signals and posted work, and runs their callbacks.
//
// DESIGN.md, "The turn of the loop", says exactly in which order. One thread runs it. With
// `loop_options::threads` every function may be called from any thread; without, only from the one
// that runs it, except `post` and `wake`. From a callback everything is allowed: to add, remove,
// free and close anything, also what is running or about to run, and to stop the loop; only to run
// it again, or to destroy it, is refused or left to the time after `run`.
#pragma once

#include <poll.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "backend/backend.h"
#include "backend/waker.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/timer_heap.h"
#include "base/watcher.h"
#include "loop/fd_slots.h"
#include "loop/hook.h"
#include "loop/options.h"
#include "loop/posted.h"
#include "loop/statistics.h"

namespace eddy::engine {

struct signal_mailbox;
struct operation;

enum run_flag : int {
  run_once = 0x01,            // until at least one callback has run
  run_nonblocking = 0x02,     // what is ready now, then return
  run_without_events = 0x04,  // stay although nothing is added
};

// failed: it runs already, or the backend could not wait, four times in a row. What is added stays.
enum class run_result { stopped = 0, nothing_to_do = 1, failed = -1 };

// How `remove` treats a callback that runs on another thread at this moment.
enum class removal { wait_unless_finalizing, wait, do_not_wait, even_if_finalizing };

enum count_flag : unsigned { count_active = 1, count_virtual = 2, count_added = 4 };

class loop {
 public:
  loop() = default;
  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;
  ~loop();

  // Chooses the backend. 0, or an errno with `why_not_open()`.
  int open(const loop_options& options);
  const char* why_not_open() const { return why_; }

  // --- the turn (turn.cpp) ---
  run_result run(int flags);
  void stop_after_turn();  // ends run() when what is active now has run
  void stop_now();         // ends run() after the running callback
  void restart_turn();     // looks for new events after the running callback
  bool stopped_after_turn() const { return stop_after_turn_; }
  bool stopped_now() const { return stop_now_; }
  bool running() const { return running_; }
  callback* running_callback() const { return current_; }

  // --- watchers (watch.cpp) ---
  // Starts to watch. `timeout` in ns from now, or `forever` for none (a timeout it already has then
  // stays); a persistent watcher's starts again whenever it has fired, unless it is 0. A watcher
  // that is added already gets the new timeout only. 0 or an errno; after a failure the watcher is
  // as it was. O(1) for descriptors, O(log n) for timers.
  int add(watcher* w, std::int64_t timeout);
  // The same, also of one that is active; `add`, as event_add, leaves its descriptor alone until it
  // has run. And `forever` takes the timeout away that it had.
  int add_though_active(watcher* w, std::int64_t timeout);
  // The same with a common-timeout queue (see make_common_timeout).
  int add_with_common_timeout(watcher* w, int queue);
  // Stops: no callback of `w` starts after this returns on the loop's own thread; from another
  // thread it waits for one that runs, as `how` says. 0, or EINVAL for a watcher that is being
  // finalized.
  int remove(watcher* w, removal how);
  int remove_timeout(watcher* w);
  // The same, and one that is not added has none either when it is added without.
  void forget_timeout(watcher* w);
  // Makes it active as if `what` had happened. `calls`: for signal watchers.
  void activate(watcher* w, int what, int calls);
  bool activate_later(callback* c);  // in the next turn; false: it is active already
  // The same for `what` alone, whatever it was active for.
  void activate_later(watcher* w, int what);
  // Runs it once in this or the next turn; nothing if it is queued already. False if it was.
  bool defer(callback* c);
  bool cancel_deferred(callback* c);
  // Calls on_finalize when nothing of `w` runs any more and nothing will (then releases it, if
  // asked).
  int finalize(watcher* w, finalize_function on_finalize, bool then_free);
  // EINVAL while it is active, or out of range.
  int set_priority(callback* c, int priority);
  void activate_by_fd(int fd, int what);
  void activate_by_signal(int signal);
  // Removes all watchers, running or dropping the finalizers that wait: before the destructor,
  // where watchers may outlive the loop's users.
  void forget_everything(bool run_finalizers);
  // Visits every watcher until `visit` gives non-zero, which is returned. `visit` must not change
  // any.
  int for_each(int (*visit)(watcher*, void*), void* context);

  // --- priorities, time, counts ---
  int set_priorities(int count);  // EBUSY while something is active
  int priorities() const { return priority_count_; }
  // A queue for the timeouts of this length, -1 when there are too many (256) or no memory.
  int make_common_timeout(std::int64_t duration);
  std::int64_t common_timeout_duration(int queue) const {
    return common_[static_cast<std::size_t>(queue)]->duration;
  }
  int common_timeout_count() const { return static_cast<int>(common_.size()); }
  // ns of the loop's clock: within a turn, the moment at which it was first asked for.
  std::int64_t now() {
    if (time_known_) [[likely]]
      return now_;
    return ask_time();
  }
  std::int64_t now_uncached() const { return clock_.now(); }
  // Whether a turn's time is at hand, which is so from the wait to the end of the turn.
  bool in_turn() const { return in_turn_; }
  void forget_time() { time_known_ = false; }
  int count(unsigned flags);
  int most(unsigned flags, bool reset);
  void add_virtual(int change);  // keeps the loop running although nothing is added

  // --- other threads ---
  // Runs the callback on the loop's thread, each exactly once, in the order of each poster. False
  // when the loop is closing. Lock-free; never allocates; `p` must live until it has run.
  bool post(posted_work* p) {
    wakers_.fetch_add(1, std::memory_order_relaxed);
    const bool accepted = posted_.push(p);
    if (accepted) wake_if_waiting();
    wakers_.fetch_sub(1, std::memory_order_release);
    return accepted;
  }
  // Who hears of the loop's end; on any thread.
  void add_end_notice(end_notice* n);
  void remove_end_notice(end_notice* n);
  // Ends the present or the next wait.
  int make_wakeable();
  void lock() const {
    if (lock_ != nullptr) threads_->lock(0, lock_);
  }
  void unlock() const {
    if (lock_ != nullptr) threads_->unlock(0, lock_);
  }

  // --- hooks around the wait ---
  void add_hook(wait_hook* h);
  void remove_hook(wait_hook* h);

  // --- transfers (transfers.cpp); see backend.h. A watcher with is_transfer set is received for
  // while it is added, or, where that cannot be, watched: then the flag is gone ---
  bool has_transfers();
  // Sends the first bytes of `from`, as many as at most `most`, for a watcher that then is added.
  // 0; ENOTSUP when is_transfer is not set, or gone; or an errno.
  int send(watcher* w, buffer& from, std::size_t most, std::int64_t timeout);
  // The send has ended and nothing follows it.
  void sent_all(watcher* w);
  // These, as all of a watcher, under the loop's lock.
  bool is_added(const watcher* w) const {
    lock();
    const bool added = w->is(in_watch_list);
    unlock();
    return added;
  }
  // Its timeout has passed, and it will be told so in this turn.
  bool is_to_be_told_of_timeout(const watcher* w) const {
    lock();
    const bool is_to_be = w->is(in_active) && (w->fired & watch_timeout);
    unlock();
    return is_to_be;
  }
  bool is_transferred(const watcher* w) const {
    lock();
    const bool transferred = w->is(is_transfer);
    unlock();
    return transferred;
  }
  // A request of it is with the kernel.
  bool is_under_way(const watcher* w) const {
    lock();
    const bool under_way = w->is(is_transfer) && w->here.moved.number != 0;
    unlock();
    return under_way;
  }
  // What was received, in a circle, and is the taker's; what it does not want goes back.
  chain* take_pieces(watcher* w);
  void put_back(watcher* w, chain* last);
  // How the last request ended, once; `goes_on` while one is with the kernel.
  std::int32_t take_outcome(watcher* w);
  // No transfer any more: watched, when it is added again.
  void forget_transfer(watcher* w);
  void make_transfer(watcher* w);
  // The same for connections, which are put into `row`.
  void make_acceptor(watcher* w, accepted_row& row);
  bool is_transferring();
  // Receives or accepts on, for one whose request has ended.
  int receive_on(watcher* w);
  // How many bytes the next receive may bring; 0: any number.
  void limit_receive(watcher* w, int most);
  // Nothing comes to it any more, by when it may be freed or get another descriptor.
  void abandon_transfer(watcher* w);
  void hurry_send(watcher* w);
  void finish_send(watcher* w);  // by when its outcome is there

  // --- work before the wait ---
  // Its event function is called with -1 and `end_of_turn`, once, at the end of this turn, just
  // before the loop waits; there it may do anything but call the loop's user. It keeps the loop
  // running until then. Not for signals.
  void call_before_wait(watcher* w);
  void forget_before_wait(watcher* w);
  // close(2); whoever waits for a free descriptor tries again before the next wait.
  int close_descriptor(int fd);
  // The same before the wait that follows the next close_descriptor. Keeps no loop running.
  void call_after_close(watcher* w);
  void forget_after_close(watcher* w);  // queued already or not

  // --- operations; see src/ops ---
  // Null where the kernel performs none.
  completion_backend* completions() { return completion_; }
  // They cannot be had after all: once, for the rest of the loop's life.
  void completions_refused(int error);
  // False, with a message, for one that is not idle.
  bool operation_submitted(operation* op);
  void complete(operation* op);
  // Those whose callbacks have not run yet.
  int operations_in_flight() const { return operation_count_; }
  // Visits those in flight; `visit` may complete the one that it is given.
  template <class Visit>
  void for_each_operation(Visit visit);
  // The watchers of a descriptor, the latest first, linked by here.links.next.
  watcher* watchers_of(int fd) {
    return fd >= 0 && static_cast<std::size_t>(fd) < slots_.size()
               ? slots_[static_cast<std::size_t>(fd)].first
               : nullptr;
  }
  bool has_system_clock() const { return clock_.read == nullptr; }

  // --- the rest ---
  const char* backend_name() const { return backend_->name(); }
  std::uint32_t features() const { return backend_->features(); }
  // In a child after fork: starts afresh in the kernel with all that is added. 0 or an errno.
  int after_fork();
  const loop_statistics& statistics() const { return statistics_; }
  void set_timing(bool on) {
    timing_ = on;
    bare_calls_ = lock_ == nullptr && !timing_;
  }
  const threading* threads() const { return threads_; }

 private:
  friend class loop_guard;
  class activation_batch;
  class callback_scope;
  class run_scope;

  struct common_timeout {
    std::int64_t duration;
    list_head waiting;  // watcher::timeout_at.queue_link, the earliest first
    watcher timer;      // internal; stands in the heap for the first of them
    loop* owner;
    int number;
  };

  // choose.cpp
  int choose_backend(const loop_options& options);
  void say(int severity, const char* message) const;

  // turn.cpp
  std::int64_t ask_time();
  void wait_for_events(int flags);
  void run_pre_wait();
  void forget_pre_wait();
  std::int64_t wait_time(int flags);
  void note_failed_wait(int error);
  void collect();
  int settle_marks(int fd, fd_slot& slot, int what);
  void run_hooks(hook_time when, std::int64_t timeout);
  void run_due_timers();
  void wake_if_waiting();
  bool other_thread() const;
  // For who holds the lock. A loop that does not wait sees what was changed before it does; one
  // that waits was changed by another thread. The wake-up itself follows when the lock is left
  // (loop_guard): whoever is woken under it would only wait again, for the lock. That is 2.3 times
  // as many round trips a second between two loops.
  void notify_if_needed() {
    if (wait_state_.load(std::memory_order_relaxed) == waiting) owes_wake_ = true;
  }
  void unlock_and_wake();
  void take_posted();

  // dispatch.cpp
  int run_active();
  int run_front(list_head& queue);
  int run_queue(list_head& queue);
  int run_limited_queue(list_head& queue, std::int64_t until);
  void run_one(callback* c);
  void call_event(watcher* w);
  void call_self(callback* c);
  void call_signal(watcher* w);
  void call_finalizer(callback* c);
  void note_duration(const void* function, std::int64_t started);
  void wait_until_not_running(const callback* c);

  // watch.cpp
  static bool is_plain_timer(const watcher* w);
  int add_plain_timer(watcher* w, std::int64_t timeout);
  int add_locked(watcher* w, std::int64_t timeout, int common_queue, bool absolute);
  int start_watching(watcher* w);
  void timed_out(watcher* w);
  int remove_locked(watcher* w, removal how);
  void activate_locked(watcher* w, int what, int calls);
  void push_active(callback* c);
  void take_from_active(callback* c);
  // What programs count: one for each of added, timed and active.
  int events() const { return event_count_ + active_count_ - internal_active_; }
  void note_most() {
    if (events() > most_events_) most_events_ = events();
    if (active_count_ > most_active_) most_active_ = active_count_;
  }
  void close_watchers();

  // transfers.cpp
  int start_transfer(watcher* w);
  void stop_transfer(watcher* w);
  void transfer_came(watcher* w);
  int ask_for(watcher* w);
  static void end_transfer(watcher* w);

  // timers.cpp
  int start_timer(watcher* w, std::int64_t deadline, int queue);
  void stop_timer(watcher* w);
  int start_common_timer(watcher* w, common_timeout& queue);
  static void common_timeout_due(int, short, void* argument);
  static watcher* timed_at(list_node* n);
  void restart_interval(watcher* w);

  // interest.cpp
  int watch_fd(watcher* w);
  void unwatch_fd(watcher* w, bool by_owner);
  int interest_changed(int fd, fd_slot& slot, bool by_owner);
  int tell_backend(int fd, fd_slot& slot);
  int queue_change(int fd, fd_slot& slot);
  void settle_changes();
  void settle_one(int fd);
  void check_writable();
  std::uint32_t new_tag() { return ++last_tag_ != 0 ? last_tag_ : ++last_tag_; }
  void fell_silent(int fd, fd_slot& slot);
  void lost_descriptor(int fd, fd_slot& slot, int error);
  void note_stale_turn();
  int register_again();
  int watch_waker();

  // signals.cpp
  int watch_signal_number(watcher* w);
  void unwatch_signal(watcher* w);
  void deliver_signals();
  void fire_signal(int signal, int calls);
  void close_signals();

  // order: what a turn touches first
  backend* backend_ = nullptr;
  completion_backend* completion_ = nullptr;
  fired_list fired_;
  array<fd_slot> slots_;
  array<int> changes_;
  array<pollfd> write_checks_;
  std::size_t checked_writers_ = 0;  // how many of fired_.ready came from check_writable
  list_head* active_ = nullptr;      // one queue per priority
  int priority_count_ = 0;
  int active_count_ = 0;
  list_head later_;
  list_head hooks_[2];
  list_head pre_wait_;  // watcher::own
  list_head at_close_;  // the same
  timer_heap timers_;
  array<common_timeout*> common_;

  callback* current_ = nullptr;
  int current_priority_ = -1;
  bool running_ = false;
  bool stop_after_turn_ = false;
  bool stop_now_ = false;
  bool restart_turn_ = false;
  bool leave_queue_ = false;  // stop_now_ or restart_turn_
  bool in_turn_ = false;
  bool time_known_ = false;
  bool no_time_cache_ = false;
  bool timing_ = false;
  bool bare_calls_ = true;   // neither a lock to leave around callbacks nor times to take
  bool in_backend_ = false;  // another thread must not touch a backend that is not thread-safe
  std::int64_t now_ = 0;
  clock_source clock_;

  std::int64_t dispatch_interval_ = -1;
  int dispatch_callbacks_ = 0;
  int limited_from_ = 0;

  int event_count_ = 0;      // added + timed, without internal ones
  int internal_active_ = 0;  // how many of active_count_ are internal
  int virtual_count_ = 0;
  int operation_count_ = 0;  // submitted, the callback has not run yet
  list_head in_flight_;      // operation::link
  int most_events_ = 0;
  int most_virtual_ = 0;
  int most_active_ = 0;

  const threading* threads_ = nullptr;
  void* lock_ = nullptr;
  void* condition_ = nullptr;
  int condition_waiters_ = 0;
  unsigned long thread_ = 0;

  waker waker_;
  posted_queue posted_;
  list_head end_notices_;
  enum wait_state : int { awake = 0, waiting = 1, woken = 2 };
  std::atomic<int> wait_state_{awake};
  bool owes_wake_ = false;      // under the lock: to be woken when it is left
  std::atomic<int> wakers_{0};  // threads that may still touch this loop to wake it

  signal_mailbox* mailbox_ = nullptr;
  array<watcher*> signals_;             // by number: its watchers
  std::int16_t signal_calls_left_ = 0;  // of the signal watcher that runs

  std::uint32_t last_tag_ = 0;
  int stale_turns_ = 0;  // in a row
  static constexpr int most_failed_waits = 4;
  int failed_waits_ = 0;  // in a row
  int highest_fd_ = 0;
  int edge_bit_ = 0;  // watch_edge, where the backend has it
  loop_statistics statistics_;
  void (*log_)(int, const char*) = nullptr;
  const char* why_ = "";
};

template <class Visit>
void loop::for_each_operation(Visit visit) {
  list_node* next = nullptr;
  for (list_node* n = in_flight_.front(); n != in_flight_.end(); n = next) {
    next = n->next;
    visit(reinterpret_cast<callback*>(n));
  }
}

// Holds the loop's lock, where it has one.
class loop_guard {
 public:
  explicit loop_guard(loop& l) : loop_(l) { loop_.lock(); }
  ~loop_guard() {
    if (loop_.owes_wake_) [[unlikely]]
      loop_.unlock_and_wake();
    else
      loop_.unlock();
  }
  loop_guard(const loop_guard&) = delete;
  loop_guard& operator=(const loop_guard&) = delete;

 private:
  loop& loop_;
};

}  // namespace eddy::engine
