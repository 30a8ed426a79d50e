#include "loop/signals.h"

#include <cerrno>
#include <mutex>

#include "backend/waker.h"
#include "loop/loop.h"

namespace eddy::engine {
namespace signal_registry {
namespace {

// Process-wide, as signals are.
std::atomic<signal_mailbox*> mailboxes{nullptr};
std::mutex registry_mutex;  // for what follows; never taken in a handler
int watchers_of[signal_count] = {};
struct sigaction previous_action[signal_count];

void on_signal(int signal) {
  for (signal_mailbox* m = mailboxes.load(std::memory_order_acquire); m != nullptr; m = m->next) {
    m->handlers_inside.fetch_add(1, std::memory_order_seq_cst);
    if (m->watched[signal].load(std::memory_order_seq_cst)) {
      m->pending[signal].fetch_add(1, std::memory_order_relaxed);
      m->any.store(true, std::memory_order_release);
      waker::wake_through(m->wake_descriptor.load(std::memory_order_relaxed));
    }
    m->handlers_inside.fetch_sub(1, std::memory_order_seq_cst);
  }
}

}  // namespace

signal_mailbox* take_mailbox(int wake_descriptor) {
  std::lock_guard<std::mutex> guard(registry_mutex);
  signal_mailbox* m = mailboxes.load(std::memory_order_relaxed);
  while (m != nullptr && m->in_use.load(std::memory_order_relaxed)) m = m->next;
  if (m == nullptr) {
    // Not through the memory seam: it outlives every loop, and whoever counts a loop's memory.
    m = new (std::nothrow) signal_mailbox;
    if (m == nullptr) {
      errno = ENOMEM;
      return nullptr;
    }
    m->next = mailboxes.load(std::memory_order_relaxed);
    mailboxes.store(m, std::memory_order_release);
  }
  m->in_use.store(true, std::memory_order_relaxed);
  m->wake_descriptor.store(wake_descriptor, std::memory_order_relaxed);
  return m;
}

void give_back(signal_mailbox* m) {
  for (int signal = 1; signal < signal_count; ++signal)
    if (m->watched[signal].load(std::memory_order_relaxed)) unwatch(m, signal);
  // A handler that saw `watched` before may still be about to write to the wake descriptor.
  while (m->handlers_inside.load(std::memory_order_seq_cst) != 0) {
  }
  for (auto& count : m->pending) count.store(0, std::memory_order_relaxed);
  m->any.store(false, std::memory_order_relaxed);
  m->in_use.store(false, std::memory_order_release);
}

int watch(signal_mailbox* m, int signal) {
  std::lock_guard<std::mutex> guard(registry_mutex);
  if (watchers_of[signal] == 0) {
    struct sigaction action = {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigfillset(&action.sa_mask);
    if (::sigaction(signal, &action, &previous_action[signal]) != 0) return errno;
  }
  ++watchers_of[signal];
  m->watched[signal].store(true, std::memory_order_seq_cst);
  return 0;
}

void unwatch(signal_mailbox* m, int signal) {
  std::lock_guard<std::mutex> guard(registry_mutex);
  m->watched[signal].store(false, std::memory_order_seq_cst);
  if (--watchers_of[signal] == 0) ::sigaction(signal, &previous_action[signal], nullptr);
}

}  // namespace signal_registry

int loop::watch_signal_number(watcher* w) {
  if (w->fd <= 0 || w->fd >= signal_count) return EINVAL;
  const auto number = static_cast<std::size_t>(w->fd);
  if (number >= signals_.size() && !signals_.resize(number + 1, nullptr)) return ENOMEM;
  if (mailbox_ == nullptr) {
    if (const int error = make_wakeable()) return error;
    mailbox_ = signal_registry::take_mailbox(waker_.write_descriptor());
    if (mailbox_ == nullptr) return ENOMEM;
  }
  if (signals_[number] == nullptr) {
    const int error = signal_registry::watch(mailbox_, w->fd);
    if (error != 0) return error;
  }
  w->here.links.prev = nullptr;
  w->here.links.next = signals_[number];
  if (w->here.links.next != nullptr) w->here.links.next->here.links.prev = w;
  signals_[number] = w;
  return 0;
}

void loop::unwatch_signal(watcher* w) {
  watcher*& first = signals_[static_cast<std::size_t>(w->fd)];
  if (w->here.links.prev != nullptr)
    w->here.links.prev->here.links.next = w->here.links.next;
  else
    first = w->here.links.next;
  if (w->here.links.next != nullptr) w->here.links.next->here.links.prev = w->here.links.prev;
  // What came until now stays in the mailbox: whoever watches again before the next turn is told.
  if (first == nullptr) signal_registry::unwatch(mailbox_, w->fd);
}

void loop::deliver_signals() {
  if (!mailbox_->any.load(std::memory_order_relaxed)) return;
  mailbox_->any.store(false, std::memory_order_seq_cst);
  for (std::size_t number = 1; number < signals_.size(); ++number) {
    if (mailbox_->pending[number].load(std::memory_order_relaxed) == 0) continue;
    const std::uint32_t came = mailbox_->pending[number].exchange(0, std::memory_order_acquire);
    fire_signal(static_cast<int>(number), came > INT16_MAX ? INT16_MAX : static_cast<int>(came));
  }
}

void loop::fire_signal(int signal, int calls) {
  if (signal < 0 || static_cast<std::size_t>(signal) >= signals_.size()) return;
  for (watcher* w = signals_[static_cast<std::size_t>(signal)]; w != nullptr;
       w = w->here.links.next)
    activate_locked(w, watch_signal, calls);
}

void loop::close_signals() {
  if (mailbox_ != nullptr) signal_registry::give_back(mailbox_);
  mailbox_ = nullptr;
}

int loop::after_fork() {
  loop_guard guard(*this);
  const bool wakeable = waker_.is_open();
  const int watched = waker_.descriptor();
  if (watched >= 0) slots_[static_cast<std::size_t>(watched)].clear(slot_is_waker);
  waker_.close();
  if (wakeable) {
    // The wake-ups of parent and child must not mix.
    if (const int error = waker_.open(backend_->wake_number())) return error;
    if (mailbox_ != nullptr)
      mailbox_->wake_descriptor.store(waker_.write_descriptor(), std::memory_order_relaxed);
  }
  if (running_ && threads_ != nullptr) thread_ = threads_->thread_id();
  return register_again();
}

}  // namespace eddy::engine
