// eddy/interval.hpp - the same again and again, without drift.
//
//   eddy::interval every(1s);
//   for (;;) {
//     co_await every.next();
//     report();
//   }
//
// The n-th tick is due n periods after the interval was made (or was reset), however long what is
// done in between takes, and however late the loop was. Ticks that pass while nobody waits are not
// made up for: `next` gives how many have come due since the last, 1 when nothing was missed.
// A cancelled `next` fails with operation_canceled, and loses no tick. No memory is taken.
#pragma once

#include <eddy/timer.hpp>

#include <cstdint>

namespace eddy {

class interval {
 public:
  // `period` is at least 1 ns.
  template <class Rep, class Period>
  explicit interval(std::chrono::duration<Rep, Period> period) noexcept
      : period_(detail::nanoseconds_of(period)) {
    if (period_ == 0) period_ = 1;
    reset();
  }

  class [[nodiscard("nobody waits until this is awaited")]] next_operation
      : public awaitable<next_operation> {
   public:
    explicit next_operation(interval & i) noexcept : interval_(&i), sleep_(i.due_, true) {}

    bool begin(const awaiting& a) noexcept { return sleep_.begin(a); }
    result<std::uint64_t> await_result() noexcept {
      if (auto slept = sleep_.await_result(); !slept) return slept.error();
      return interval_->pass();
    }

   private:
    interval* interval_;
    sleep_operation sleep_;
  };
  // One at a time.
  next_operation next() noexcept { return next_operation(*this); }
  // The first tick is due a period from now.
  void reset() noexcept { due_ = detail::deadline_after(period_); }

 private:
  std::uint64_t pass() noexcept {
    const long long now = detail::steady_now();
    const long long passed = now < due_ ? 1 : (now - due_) / period_ + 1;
    if (__builtin_add_overflow(due_, passed * period_, &due_)) due_ = __LONG_LONG_MAX__;
    return static_cast<std::uint64_t>(passed);
  }

  long long period_;
  long long due_ = 0;
};

}  // namespace eddy
