#include "coro/loop_state.h"

#include <cstdio>
#include <thread>

#include "base/clock.h"
#include "base/memory.h"
#include "coro/blocking_pool.h"
#include "coro/dns_backend.h"
#include "loop/loop.h"

namespace eddy::detail {
namespace {

// Coroutines that wake each other must not keep the loop from its descriptors and timers.
constexpr unsigned most_resumed = 512;

void prepare(engine::callback& c, engine::self_function f, void* argument) {
  c.flags = engine::is_initialised;
  c.kind = engine::closure::self;
  c.on_self = f;
  c.argument = argument;
}

}  // namespace

loop_core& core_of(loop_state& s) noexcept { return s; }

main_task::main_task(loop_state& s, destroy_function f) noexcept
    : owner(&on_end), state_(s), destroy_(f) {
  core = &s;
  stop = &s.stop;
  s.roots.enter();
}

std::coroutine_handle<> main_task::on_end(owner& o, promise_base& p,
                                          std::coroutine_handle<>) noexcept {
  auto& main = static_cast<main_task&>(o);
  loop_state& state = main.state_;
  main.ended_ = true;
  if (main.left_) {
    if (p.failure() != nullptr) state.fail(p.failure());
    main.destroy_(main);
  } else {
    state.end_main_run();
  }
  return state.roots.exit();
}

loop_state::loop_state(event_base& b, const loop_options& options)
    : base(b),
      roots(&roots_ended),
      report_suspended_(options.report_suspended),
      blocking_(options.blocking) {
  prepare(resume_, resume_ready, this);
  prepare(inbox_work_, take_posted, this);
  // Where the base has priorities, in the middle, as what is added without one.
  resume_.priority = inbox_work_.priority = static_cast<std::uint8_t>(b.priorities() / 2);
  stop_timer_.flags = engine::is_initialised | engine::is_internal;
  stop_timer_.kind = engine::closure::event;
  stop_timer_.on_event = stop_is_late;
  stop_timer_.argument = this;
  stop_timer_.owner = &b;
  roots.core = this;
  roots.stop = &stop;
}

loop_state* loop_state::of(event_base* base, const loop_options& options) {
  if (base->coroutines == nullptr) {
    if (base->make_wakeable() != 0) return nullptr;
    base->coroutines = engine::memory::create<loop_state>(*base, options);
    base->end_coroutines = [](void* state) { static_cast<loop_state*>(state)->close(); };
    base->release_coroutines = [](void* state) {
      engine::memory::destroy(static_cast<loop_state*>(state));
    };
  }
  return static_cast<loop_state*>(base->coroutines);
}

// --- coroutines that are to be resumed ---

void run_ready_soon(loop_core& core) noexcept {
  auto& state = static_cast<loop_state&>(core);
  (void)state.base.defer(&state.resume_);
}

void loop_state::resume_ready(engine::callback*, void* argument) {
  auto* state = static_cast<loop_state*>(argument);
  for (unsigned left = most_resumed; !state->ready.empty(); --left) {
    if (left == 0) return void(state->base.activate_later(&state->resume_));
    link* next = state->ready.front();
    next->unlink();
    leaf::of(*next).who.handle.resume();
  }
  state->ready_is_due = false;
  state->settle();
}

std::coroutine_handle<> loop_state::roots_ended(children& c) noexcept {
  auto& state = static_cast<loop_state&>(*c.core);
  // What is to be done then may throw, which the end of a coroutine must not.
  if (state.stop.requested() && !state.ready_is_due) {
    state.ready_is_due = true;
    run_ready_soon(state);
  }
  return std::noop_coroutine();
}

// After a stop or a failure, when all tasks have ended.
void loop_state::settle() {
  if (roots.count() != 0 || !stop.requested()) return;
  stop.reset();
  if (stopping_) {
    stopping_ = false;
    (void)base.remove(&stop_timer_, engine::removal::do_not_wait);
    base.stop_after_turn();
  }
  if (std::exception_ptr thrown = roots.take_failure()) std::rethrow_exception(thrown);
}

// --- running ---

running::running(loop_state& s) : state_(s) {
  if (s.runs || s.base.running())
    error(std::errc::device_or_resource_busy, "run a loop from one of its own tasks").raise();
  s.runs = true;
}

running::~running() { state_.runs = false; }

engine::run_result loop_state::run_engine(int flags) {
  const engine::run_result result = base.run(flags);
  if (result == engine::run_result::failed)
    error(std::errc::io_error, "wait in the loop, by its backend").raise();
  if (late_) tell_late_stop();
  return result;
}

void loop_state::run() {
  const running one_at_a_time(*this);
  if (run_engine() == engine::run_result::nothing_to_do && roots.count() != 0) report();
}

void loop_state::run_until(const main_task& main) {
  bool deadlocked = false;
  while (!main.ended() || roots.failure() != nullptr) {
    if (run_engine() != engine::run_result::nothing_to_do) continue;
    if (main.ended() || deadlocked) break;
    report();
    deadlocked = true;
    stop.request();
  }
  if (!deadlocked) return;
  if (roots.count() == 0) stop.reset();
  error(std::errc::resource_deadlock_would_occur,
        "run a task that waits for what cannot come any more")
      .raise();
}

bool loop_state::run_on(int flags) noexcept {
  try {
    return run_engine(flags) == engine::run_result::stopped;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "eddy: while a loop ended, a task threw: %s\n", e.what());
  } catch (...) {
    std::fprintf(stderr, "eddy: while a loop ended, a task threw something\n");
  }
  return !base.running();
}

void loop_state::close() noexcept {
  while (roots.count() != 0) {
    stop.request();
    stopping_ = true;  // so that events of the program's own do not keep it running
    if (!run_on(0)) break;
  }
  if (roots.count() != 0) {
    std::fprintf(stderr, "eddy: a loop that ends leaves tasks suspended for ever:\n%s",
                 suspended_tasks().c_str());
  }
  end_closing();
  if (resolver != nullptr) end_resolver(std::exchange(resolver, nullptr));
  if (pool != nullptr) pool->close();
  base.cancel_deferred(&resume_);
  (void)base.remove(&stop_timer_, engine::removal::do_not_wait);
  close_inbox();
}

blocking_pool* loop_state::threads_for_blocking() noexcept {
  try {
    if (pool == nullptr) pool = std::make_shared<blocking_pool>(blocking_);
  } catch (const std::bad_alloc&) {
  }
  return pool.get();
}

// --- stopping ---

void loop_state::request_stop(long long nanoseconds) noexcept {
  stop_wanted_.store(nanoseconds);
  wake();
}

void loop_state::begin_stop() noexcept {
  const long long nanoseconds = stop_wanted_.exchange(-1);
  if (nanoseconds < 0) return;
  stopping_ = true;
  stop.request();
  (void)base.remove(&stop_timer_, engine::removal::do_not_wait);
  (void)base.add(&stop_timer_, nanoseconds);
  // If nothing runs, it has stopped.
  if (roots.count() == 0) (void)roots_ended(roots);
}

void loop_state::stop_is_late(int, short, void* argument) {
  auto* state = static_cast<loop_state*>(argument);
  if (!state->stopping_) return;
  state->late_ = true;
  state->base.stop_now();
}

void loop_state::tell_late_stop() {
  late_ = stopping_ = false;
  const std::string left = suspended_tasks();
  error(std::make_error_code(std::errc::timed_out), "stop a loop, whose tasks still run:", left)
      .raise();
}

// --- work from other threads ---

bool loop_state::post(posted& p) noexcept {
  posters_.fetch_add(1);
  posted* newest = inbox_.load(std::memory_order_relaxed);
  bool accepted = newest != closed();
  while (accepted) {
    p.next_ = newest;
    if (inbox_.compare_exchange_weak(newest, &p)) break;
    accepted = newest != closed();
  }
  if (accepted && !inbox_is_due_.exchange(true)) (void)base.post(&inbox_work_);
  posters_.fetch_sub(1);
  return accepted;
}

void loop_state::wake() noexcept {
  posters_.fetch_add(1);
  if (!inbox_is_due_.exchange(true)) (void)base.post(&inbox_work_);
  posters_.fetch_sub(1);
}

// Takes no more, and forgets what was not done. The base is not woken from here on.
void loop_state::close_inbox() noexcept {
  posted* newest = inbox_.exchange(closed());
  inbox_is_due_.store(true);
  while (posters_.load() != 0) std::this_thread::yield();
  base.cancel_deferred(&inbox_work_);
  append(newest);
  while (taken_ != nullptr) {
    posted* p = std::exchange(taken_, taken_->next_);
    p->call_(*p, false);
  }
}

void loop_state::take_posted(engine::callback*, void* argument) {
  auto* state = static_cast<loop_state*>(argument);
  state->inbox_is_due_.store(false);
  state->begin_stop();
  state->do_posted();
}

// To what is taken, in the order in which it was posted.
void loop_state::append(posted* newest) noexcept {
  posted* oldest = nullptr;
  while (newest != nullptr) {
    posted* older = std::exchange(newest->next_, oldest);
    oldest = newest;
    newest = older;
  }
  posted** last = &taken_;
  while (*last != nullptr) last = &(*last)->next_;
  *last = oldest;
}

// What throws leaves the rest for the next time.
void loop_state::do_posted() {
  append(inbox_.exchange(nullptr));
  struct again {
    loop_state* state;
    ~again() {
      if (state->taken_ != nullptr) state->wake();
    }
  } rest{this};
  while (taken_ != nullptr) {
    posted* p = std::exchange(taken_, taken_->next_);
    p->call_(*p, true);
  }
}

}  // namespace eddy::detail
