#include "coro/blocking_pool.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <thread>

#include "coro/loop_state.h"

namespace eddy::detail {
namespace {

// A thread that leaves signals to the program's own. 0 or an errno.
template <class F>
int start_thread(F f) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int failed = 0;
  try {
    std::thread(std::move(f)).detach();
  } catch (const std::system_error& e) {
    failed = e.code().value();
  } catch (const std::bad_alloc&) {
    failed = ENOMEM;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return failed;
}

}  // namespace

blocking_pool::blocking_pool(const blocking_options& o) noexcept
    : options_{std::max(o.threads, 1u), std::min(o.reserved, std::max(o.threads, 1u) - 1), o.queue,
               o.replacements} {}

// --- on the loop's thread ---

int blocking_pool::submit(job& j) {
  if (admitted_ >= options_.threads + options_.queue) {
    waiting_.push_back(static_cast<queue_link&>(*j.waits_));
    return 0;
  }
  const lock l(guards_);
  j.state_ = job::state::queued;
  (j.kind_ == work::ends_soon ? soon_ : others_).push_back(j);
  ++queued_;
  const int failed = start_threads(l);
  if (failed != 0 && threads_ == stuck_) {
    j.unlink();
    --queued_;
    return failed;
  }
  ++admitted_;
  work_came_.notify_one();
  return 0;
}

bool blocking_pool::cancel(job& j) {
  {
    const lock l(guards_);
    switch (j.state_) {
      case job::state::idle:
        j.waits_->queue_link::unlink();
        return true;
      case job::state::queued:
        j.unlink();
        --queued_;
        break;
      case job::state::running:
        abandon(j, l);
        break;
      default:
        return false;
    }
  }
  one_less_admitted();
  return true;
}

void blocking_pool::one_less_admitted() noexcept {
  --admitted_;
  while (!waiting_.empty() && admitted_ < options_.threads + options_.queue) {
    auto& w = static_cast<blocking_wait&>(leaf::of(*waiting_.front()));
    w.queue_link::unlink();
    if (const int failed = submit(*w.job_)) w.give_up(failed);
  }
}

void blocking_pool::deliver(posted& p, bool wanted) {
  auto& j = static_cast<job&>(p);
  if (!wanted) return;
  blocking_wait& w = *j.waits_;
  w.stoppable::unlink_if_linked();
  j.loop_->base.add_virtual(-1);
  j.loop_->pool->one_less_admitted();
  w.who.handle.resume();
}

void blocking_pool::close() {
  lock l(guards_);
  closing_ = true;
  work_came_.notify_all();
  thread_ended_.wait(l, [this] { return idle_ == 0; });
}

// --- threads ---

// Without those that are stuck.
int blocking_pool::threads_allowed() const noexcept {
  const int most = static_cast<int>(options_.threads);
  return most + std::min(stuck_, static_cast<int>(options_.replacements)) - stuck_;
}

int blocking_pool::start_threads(const lock&) {
  while (queued_ > idle_ && threads_ - stuck_ < threads_allowed()) {
    const int failed = start_thread([self = shared_from_this()] { self->work_on(); });
    if (failed != 0) return failed;
    ++threads_;
    ++idle_;
  }
  return 0;
}

void blocking_pool::work_on() {
  lock l(guards_);
  for (;;) {
    if (job* j = next_job())
      run(*j, l);
    else if (closing_)
      break;
    else
      work_came_.wait(l);
    if (threads_ - stuck_ > threads_allowed()) break;  // it was replaced
  }
  --threads_;
  --idle_;
  thread_ended_.notify_all();
}

// What may hang leaves some threads free.
job* blocking_pool::next_job() noexcept {
  const bool any = may_hang_running_ + static_cast<int>(options_.reserved) < threads_allowed();
  link_list& from = any && !others_.empty() ? others_ : soon_;
  if (from.empty()) return nullptr;
  auto& j = static_cast<job&>(*from.front());
  j.unlink();
  --queued_;
  return &j;
}

void blocking_pool::run(job& j, lock& l) {
  --idle_;
  j.state_ = job::state::running;
  if (j.kind_ == work::may_hang) ++may_hang_running_;
  l.unlock();
  j.run_(j);
  l.lock();
  const bool wanted = j.state_ == job::state::running;
  if (!wanted)
    --stuck_;
  else if (j.kind_ == work::may_hang)
    --may_hang_running_;
  j.state_ = job::state::done;
  l.unlock();
  if (wanted)
    (void)j.loop_->post(j);  // the loop is there as long as the coroutine waits
  else
    j.destroy_(j);
  l.lock();
  ++idle_;
}

void blocking_pool::abandon(job& j, const lock& l) {
  j.state_ = job::state::abandoned;
  j.waits_->job_ = nullptr;
  ++stuck_;
  if (j.kind_ == work::may_hang) --may_hang_running_;
  (void)start_threads(l);
  work_came_.notify_one();
}

// --- jobs and who waits for them ---

job::job(job_function run, job_function destroy) noexcept
    : posted(&blocking_pool::deliver), run_(run), destroy_(destroy) {}

bool blocking_wait::start(job& j, const awaiting& a) noexcept {
  job_ = &j;
  if (!wait(a)) {
    outcome_ = ECANCELED;
    return false;
  }
  auto& state = static_cast<loop_state&>(*a.in->core);
  j.waits_ = this;
  j.loop_ = &state;
  j.kind_ = kind_;
  blocking_pool* pool = state.threads_for_blocking();
  outcome_ = pool != nullptr ? pool->submit(j) : ENOMEM;
  if (outcome_ != 0) {
    stoppable::unlink();
    return false;
  }
  state.base.add_virtual(1);
  return true;
}

void blocking_wait::stop(stoppable& s) noexcept {
  auto& w = static_cast<blocking_wait&>(s);
  auto& state = static_cast<loop_state&>(*w.who.in->core);
  if (state.pool->cancel(*w.job_)) w.give_up(ECANCELED);
}

void blocking_wait::give_up(int reason) noexcept {
  outcome_ = reason;
  static_cast<loop_state&>(*who.in->core).base.add_virtual(-1);
  wake();
}

}  // namespace eddy::detail
