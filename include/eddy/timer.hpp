// eddy/timer.hpp - time: sleeping.
//
//   co_await eddy::sleep_for(200ms);
//   co_await eddy::sleep_until(start + 1s);
//
// Times are of std::chrono::steady_clock: setting the system's clock changes nothing. Nothing is
// early; how late it is depends on what else the loop does. A cancelled sleep fails with
// operation_canceled at once. No memory is taken: a sleep lies in the frame that awaits it, and
// costs O(log n) of the loop's heap of timers.
#pragma once

#include <eddy/context.hpp>

#include <chrono>

namespace eddy {

namespace detail {

// Room for the engine's watcher.
inline constexpr unsigned long watcher_size = 128;

// A timer of the engine; `due` is called once, in the loop's dispatch.
class timer {
 public:
  using due_function = void (*)(void* argument) noexcept;

  timer() noexcept {}  // NOLINT: start fills it
  timer(const timer&) noexcept {}
  timer& operator=(const timer&) noexcept { return *this; }

  // `deadline` in ns of the steady clock. 0 or an errno.
  EDDY_API int start(loop_core& on, long long deadline, due_function due, void* argument) noexcept;
  EDDY_API void stop(loop_core& on) noexcept;

 private:
  due_function due_;
  void* argument_;
  alignas(8) unsigned char watcher_[watcher_size];

  static void came_due(int, short, void*);
};

// ns of the steady clock.
EDDY_API long long steady_now() noexcept;

// Without overflow: for ever is about 292 years.
template <class Rep, class Period>
long long nanoseconds_of(std::chrono::duration<Rep, Period> d) noexcept {
  using seconds = std::chrono::duration<double>;
  if (std::chrono::duration_cast<seconds>(d) >= seconds(9.2e9)) return __LONG_LONG_MAX__;
  if (!(d > d.zero())) return 0;  // (nor is what is no number)
  return std::chrono::ceil<std::chrono::nanoseconds>(d).count();
}
inline long long deadline_after(long long nanoseconds) noexcept {
  long long deadline = 0;
  if (__builtin_add_overflow(steady_now(), nanoseconds, &deadline)) return __LONG_LONG_MAX__;
  return deadline;
}

}  // namespace detail

class [[nodiscard("a sleep does nothing until it is awaited")]] sleep_operation
    : public awaitable<sleep_operation>,
      detail::leaf {
 public:
  // ns: from when it is awaited on, or of the steady clock.
  sleep_operation(long long nanoseconds, bool absolute) noexcept
      : leaf(&stop), time_(nanoseconds), absolute_(absolute) {}
  sleep_operation(const sleep_operation& other) noexcept
      : sleep_operation(other.time_, other.absolute_) {}

  EDDY_API bool begin(const awaiting& a) noexcept;
  result<void> await_result() const noexcept {
    if (outcome_ == 0) return {};
    return error::of_errno(outcome_, "sleep");
  }

 private:
  EDDY_API static void stop(stoppable & s) noexcept;
  static void due(void* self) noexcept;

  long long time_;
  bool absolute_;
  int outcome_ = 0;
  detail::timer timer_;
};

// From when it is awaited on. A negative time counts as none.
template <class Rep, class Period>
sleep_operation sleep_for(std::chrono::duration<Rep, Period> d) noexcept {
  return sleep_operation(detail::nanoseconds_of(d), false);
}
// A time that is over counts as now.
template <class Duration>
sleep_operation sleep_until(
    std::chrono::time_point<std::chrono::steady_clock, Duration> when) noexcept {
  return sleep_operation(detail::nanoseconds_of(when.time_since_epoch()), true);
}

}  // namespace eddy
