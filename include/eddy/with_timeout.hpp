// eddy/with_timeout.hpp - an operation, or a whole task, that may take so long and no longer.
//
//   auto line = co_await eddy::with_timeout(10s, peer.read_line(100));   // as read_line gives it
//
// When the time is over it is cancelled, *and awaited*: what it holds is released when the co_await
// returns. If it ends by that cancellation, the co_await fails with std::errc::timed_out; if it
// ended otherwise all the same, with a value or another error, then that is what came of it. A task
// that catches its cancellation and goes on is waited for. What was cancelled from outside before
// the time was over fails with operation_canceled, however long its end takes.
//
// Costs no memory of its own. Composes: timeouts within timeouts, the earliest counts.
#pragma once

#include <eddy/task.hpp>
#include <eddy/timer.hpp>

#include <exception>

namespace eddy {

template <class A>
class [[nodiscard("a timeout does nothing until it is awaited")]] with_timeout
    : public awaitable<with_timeout<A>> {
  using inner = detail::awaiter_t<A>;
  static_assert(detail::can_begin<inner>,
                "with_timeout takes a task or an operation of eddy: others cannot be cancelled");
  using awaited = decltype(std::declval<inner&>().await_resume());

 public:
  // (GCC looks here for what it warns of, Clang at the class.)
  template <class Rep, class Period>
  [[nodiscard("a timeout does nothing until it is awaited")]] with_timeout(
      std::chrono::duration<Rep, Period> d, A && a)
      : inner_(detail::awaiter_of(std::forward<A>(a))), nanoseconds_(detail::nanoseconds_of(d)) {}
  with_timeout(with_timeout && other) noexcept
      : inner_(std::move(other.inner_)), nanoseconds_(other.nanoseconds_) {}
  ~with_timeout() { finish(); }

  EDDY_NAMED_BY_TRANSFER auto begin(const awaiting& a) {
    stop_.attach(*a.in->stop);
    in_ = {a.in->core, &stop_};
    started_ = true;
    const int failed = timer_.start(*in_.core, detail::deadline_after(nanoseconds_), &due, this);
    if (failed != 0) due(this);  // no memory for a timer: the time is over
    return inner_.begin(awaiting{a.handle, a.promise, &in_});
  }

  decltype(auto) await_resume() {
    finish();
    if constexpr (detail::keeps_exception<inner>) {
      if (timed_out_ && is_cancelled(inner_.failure()))
        error_of(inner_.failure()).with(std::errc::timed_out).raise();
      return inner_.await_resume();
    } else if constexpr (std::is_same_v<awaited, decltype(await_result())>) {
      return await_result();  // of an as_result
    } else {
      return static_cast<awaited>(await_result().value());
    }
  }
  auto await_result() {
    finish();
    auto r = inner_.await_result();
    if (timed_out_ && !r && r.error().is_cancelled()) r = r.error().with(std::errc::timed_out);
    return r;
  }
  std::exception_ptr failure() const noexcept requires detail::keeps_exception<inner> {
    return inner_.failure();
  }

 private:
  static void due(void* self) noexcept {
    auto* w = static_cast<with_timeout*>(self);
    if (w->stop_.requested()) return;  // it ends already, by what came first
    w->timed_out_ = true;
    w->stop_.request();
  }
  void finish() noexcept {
    if (!started_) return;
    started_ = false;
    timer_.stop(*in_.core);
    stop_.detach();
  }
  inner inner_;
  long long nanoseconds_;
  bool started_ = false;
  bool timed_out_ = false;
  context in_;
  cancellation stop_;
  detail::timer timer_;
};
template <class Rep, class Period, class A>
with_timeout(std::chrono::duration<Rep, Period>, A&&) -> with_timeout<A>;

}  // namespace eddy
