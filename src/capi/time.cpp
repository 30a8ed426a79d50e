// Timevals of the C face, and the common timeouts that hide in some of them.
#include <cerrno>
#include <limits>

#include "capi/base.h"
#include "capi/settings.h"

namespace eddy::engine::capi {
namespace {

// tv_usec needs 20 bits. A common timeout has this mark in the highest four of 32 (see is_common)
// and the number of its queue in the eight between.
constexpr long usec_mask = 0x000fffff;
constexpr long common_mark = 0x50000000;
constexpr int queue_shift = 20;

}  // namespace

int common_queue_of(const timeval* tv, const event_base* base) {
  const int queue = static_cast<int>((tv->tv_usec >> queue_shift) & 0xff);
  return queue < base->common_timeout_count() ? queue : -1;
}

std::int64_t to_nanoseconds(const timeval& tv) {
  const auto usec = is_common(&tv) ? tv.tv_usec & usec_mask : tv.tv_usec;
  std::int64_t total = 0;
  if (__builtin_mul_overflow(static_cast<std::int64_t>(tv.tv_sec), nanoseconds_per_second, &total))
    return tv.tv_sec < 0 ? 0 : INT64_MAX;
  std::int64_t fraction = 0;
  if (__builtin_mul_overflow(static_cast<std::int64_t>(usec), std::int64_t{1000}, &fraction))
    fraction = usec < 0 ? INT64_MIN : INT64_MAX;
  total = saturating_add(total, fraction);
  return total < 0 ? 0 : total;
}

timeval to_timeval(std::int64_t nanoseconds) {
  if (nanoseconds < 0) nanoseconds = 0;
  const std::int64_t us = nanoseconds / 1000;
  using seconds = decltype(timeval::tv_sec);  // of 32 bits on Windows
  const std::int64_t whole = us / 1'000'000;
  constexpr std::int64_t most = std::numeric_limits<seconds>::max();
  return timeval{static_cast<seconds>(whole < most ? whole : most),
                 static_cast<suseconds_t>(us % 1'000'000)};
}

}  // namespace eddy::engine::capi

using namespace eddy::engine;
using namespace eddy::engine::capi;

extern "C" {

const timeval* event_base_init_common_timeout(event_base* base, const timeval* duration) {
  timeval plain = *duration;
  if (is_common(duration)) plain.tv_usec &= usec_mask;
  if (plain.tv_usec >= 1'000'000) {
    plain.tv_sec += plain.tv_usec / 1'000'000;
    plain.tv_usec %= 1'000'000;
  }
  loop_guard guard(*base);
  const int queue = base->make_common_timeout(to_nanoseconds(plain));
  if (queue < 0) {
    log_warnx(
        "event_base_init_common_timeout: too many different common timeouts (256 at most), or no "
        "memory");
    return nullptr;
  }
  auto& known = base->common_timevals;
  if (static_cast<std::size_t>(queue) < known.size()) return known[static_cast<std::size_t>(queue)];
  auto* encoded = static_cast<timeval*>(mm_malloc(sizeof(timeval)));
  if (encoded == nullptr || !known.push_back(encoded)) {
    mm_free(encoded);
    return nullptr;
  }
  encoded->tv_sec = plain.tv_sec;
  encoded->tv_usec = plain.tv_usec | common_mark | static_cast<long>(queue) << queue_shift;
  return encoded;
}

int event_base_gettimeofday_cached(event_base* base, timeval* tv) {
  if (base == nullptr) base = current_base;
  if (base == nullptr) return evutil_gettimeofday(tv, nullptr);
  loop_guard guard(*base);
  if (!base->in_turn()) return evutil_gettimeofday(tv, nullptr);
  // The turn's own moment on the monotonic clock, moved to the time of day.
  timeval today{};
  if (evutil_gettimeofday(&today, nullptr) != 0) return -1;
  const std::int64_t age = base->now_uncached() - base->now();
  *tv = to_timeval(to_nanoseconds(today) - age);
  return 0;
}

int event_base_update_cache_time(event_base* base) {
  if (base == nullptr) base = current_base;
  if (base == nullptr) return -1;
  loop_guard guard(*base);
  base->forget_time();
  return 0;
}

int event_gettime_monotonic(event_base* base, timeval* tp) {
  if (base == nullptr || tp == nullptr) return -1;
  *tp = to_timeval(base->now_uncached());
  return 0;
}

}  // extern "C"
