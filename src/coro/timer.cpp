#include <eddy/timer.hpp>

#include <cerrno>
#include <new>

#include "base/sys.h"
#include "base/watcher.h"
#include "coro/loop_state.h"

namespace eddy {
namespace detail {
namespace {

engine::loop& engine_of(loop_core& core) noexcept { return static_cast<loop_state&>(core).base; }
engine::watcher* watcher_in(unsigned char* room) noexcept {
  return std::launder(reinterpret_cast<engine::watcher*>(room));
}

static_assert(sizeof(engine::watcher) == watcher_size && alignof(engine::watcher) <= 8);
static_assert(std::is_trivially_destructible_v<engine::watcher>);

}  // namespace

long long steady_now() noexcept { return engine::sys::monotonic_now(); }

void timer::came_due(int, short, void* argument) {
  auto* t = static_cast<timer*>(argument);
  t->due_(t->argument_);
}

int timer::start(loop_core& on, long long deadline, due_function due, void* argument) noexcept {
  engine::loop& l = engine_of(on);
  due_ = due;
  argument_ = argument;
  auto* w = new (watcher_) engine::watcher;
  w->flags = engine::is_initialised;
  w->kind = engine::closure::event;
  w->on_event = came_due;
  w->argument = this;
  w->owner = &l;
  w->priority = static_cast<std::uint8_t>(l.priorities() / 2);
  // The loop counts from the time of its turn.
  const long long left = deadline == INT64_MAX ? INT64_MAX : deadline - l.now();
  return l.add(w, left > 0 ? left : 0);
}

void timer::stop(loop_core& on) noexcept {
  (void)engine_of(on).remove(watcher_in(watcher_), engine::removal::do_not_wait);
}

}  // namespace detail

bool sleep_operation::begin(const awaiting& a) noexcept {
  if (!wait(a)) {
    outcome_ = ECANCELED;
    return false;
  }
  const long long deadline = absolute_ ? time_ : detail::deadline_after(time_);
  outcome_ = timer_.start(*a.in->core, deadline, due, this);
  if (outcome_ != 0) stoppable::unlink();
  return outcome_ == 0;
}

void sleep_operation::due(void* self) noexcept {
  auto* s = static_cast<sleep_operation*>(self);
  s->stoppable::unlink();
  s->who.handle.resume();
}

void sleep_operation::stop(stoppable& stopped) noexcept {
  auto& s = static_cast<sleep_operation&>(stopped);
  s.timer_.stop(*s.who.in->core);
  s.outcome_ = ECANCELED;
  s.wake();
}

}  // namespace eddy
