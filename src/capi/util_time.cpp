// Dates for HTTP, and timers that never go backwards.
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <ctime>

#include <event2/util.h>

#include "base/memory.h"

// Named by <event2/util.h>, therefore outside of any namespace.
struct evutil_monotonic_timer {
  clockid_t clock = CLOCK_MONOTONIC_COARSE;
  bool can_go_back = false;
  // For a clock that can: what to add to make up for its steps back, and the last time given out.
  std::int64_t offset = 0;  // ns
  std::int64_t last = INT64_MIN;
};

namespace {

constexpr std::int64_t second = 1'000'000'000;

bool valid(const tm& t) {
  return t.tm_wday >= 0 && t.tm_wday < 7 && t.tm_mon >= 0 && t.tm_mon < 12;
}

void never_back(evutil_monotonic_timer& timer, std::int64_t& now) {
  now += timer.offset;
  if (now < timer.last) {
    timer.offset += timer.last - now;
    now = timer.last;
  }
  timer.last = now;
}

}  // namespace

extern "C" {

int evutil_date_rfc1123(char* date, const size_t datelen, const struct tm* tm) {
  static const char* const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static const char* const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  struct tm now;
  if (tm == nullptr) {
    const time_t seconds = time(nullptr);
    tm = gmtime_r(&seconds, &now);
  }
  if (tm == nullptr || !valid(*tm)) {
    errno = EINVAL;
    return -1;
  }
  return evutil_snprintf(date, datelen, "%s, %02d %s %4d %02d:%02d:%02d GMT", days[tm->tm_wday],
                         tm->tm_mday, months[tm->tm_mon], 1900 + tm->tm_year, tm->tm_hour,
                         tm->tm_min, tm->tm_sec);
}

struct evutil_monotonic_timer* evutil_monotonic_timer_new(void) {
  return eddy::engine::memory::create<evutil_monotonic_timer>();
}

void evutil_monotonic_timer_free(struct evutil_monotonic_timer* timer) {
  eddy::engine::memory::destroy(timer);
}

int evutil_configure_monotonic_time(struct evutil_monotonic_timer* timer, int flags) {
  if (timer == nullptr) {
    errno = EINVAL;
    return -1;
  }
  *timer = evutil_monotonic_timer{};
  if ((flags & EV_MONOT_FALLBACK) != 0) {
    timer->clock = CLOCK_REALTIME;
    timer->can_go_back = true;
  } else if ((flags & EV_MONOT_PRECISE) != 0) {
    timer->clock = CLOCK_MONOTONIC;
  }
  return 0;
}

int evutil_gettime_monotonic(struct evutil_monotonic_timer* timer, struct timeval* tp) {
  if (timer == nullptr || tp == nullptr) {
    errno = EINVAL;
    return -1;
  }
  timespec read;
  if (clock_gettime(timer->clock, &read) != 0) return -1;
  std::int64_t now = static_cast<std::int64_t>(read.tv_sec) * second + read.tv_nsec;
  if (timer->can_go_back) never_back(*timer, now);
  tp->tv_sec = static_cast<decltype(tp->tv_sec)>(now / second);
  tp->tv_usec = static_cast<decltype(tp->tv_usec)>(now % second / 1000);
  return 0;
}

}  // extern "C"
