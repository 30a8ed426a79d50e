#include <eddy/signal.hpp>

#include <cerrno>
#include <memory>
#include <new>

#include "coro/loop_state.h"

namespace eddy {
namespace detail {

struct signal_state {
  explicit signal_state(std::size_t n)
      : count(n), watchers(new engine::watcher[n]), pending(new unsigned[n]{}) {}

  int attach(loop_core& core) noexcept;
  void detach() noexcept;
  bool take_pending(int& number) noexcept;
  static void came(int number, short, void* self);

  std::size_t count;
  std::unique_ptr<engine::watcher[]> watchers;
  std::unique_ptr<unsigned[]> pending;  // how often each came that nobody was told of
  loop_state* on = nullptr;
  wait_queue waiting;
};

int signal_state::attach(loop_core& core) noexcept {
  if (on != nullptr) return on == &core ? 0 : EPERM;
  auto& loop = static_cast<loop_state&>(core);
  on = &loop;
  for (std::size_t i = 0; i < count; ++i) {
    engine::watcher& w = watchers[i];
    w.flags = engine::is_initialised;
    w.kind = engine::closure::signal;
    w.events = engine::watch_signal | engine::watch_persist;
    w.on_event = came;
    w.argument = this;
    w.owner = &loop.base;
    w.priority = static_cast<std::uint8_t>(loop.base.priorities() / 2);
    if (const int error = loop.base.add(&w, engine::forever)) {
      detach();
      return error;
    }
  }
  return 0;
}

void signal_state::detach() noexcept {
  if (on == nullptr) return;
  for (std::size_t i = 0; i < count; ++i)
    if (watchers[i].owner != nullptr)
      (void)on->base.remove(&watchers[i], engine::removal::do_not_wait);
  on = nullptr;
}

bool signal_state::take_pending(int& number) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    if (pending[i] == 0) continue;
    --pending[i];
    number = watchers[i].fd;
    return true;
  }
  return false;
}

// Called once for each time that it came.
void signal_state::came(int number, short, void* self) {
  auto& s = *static_cast<signal_state*>(self);
  if (!s.waiting.empty()) {
    static_cast<signal_set::next_operation&>(s.waiting.front()).number_ = number;
    return s.waiting.grant_first();
  }
  for (std::size_t i = 0; i < s.count; ++i)
    if (s.watchers[i].fd == number) {
      ++s.pending[i];
      break;
    }
}

}  // namespace detail

void signal_set::open(const int* numbers, std::size_t count) {
  state_ = new detail::signal_state(count);
  for (std::size_t i = 0; i < count; ++i) state_->watchers[i].fd = numbers[i];
}

void signal_set::close() noexcept {
  state_->detach();
  delete std::exchange(state_, nullptr);
}

bool signal_set::next_operation::begin(const awaiting& a) noexcept {
  if (a.in->stop->requested()) return false;
  error_ = state_ == nullptr ? EBADF : state_->attach(*a.in->core);
  if (error_ != 0 || take(state_->take_pending(number_))) return false;
  return state_->waiting.push(*this, a);
}

result<int> signal_set::next_operation::await_result() const noexcept {
  if (granted()) return number_;
  return error::of_errno(error_ != 0 ? error_ : ECANCELED, "wait for a signal");
}

task<int> interrupted() {
  signal_set both(SIGINT, SIGTERM);
  co_return co_await both.next();
}

}  // namespace eddy
