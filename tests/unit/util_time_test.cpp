#include <event2/util.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <memory>
#include <string>

#include "base/memory.h"

namespace {

std::string date_of(time_t seconds) {
  tm parts;
  gmtime_r(&seconds, &parts);
  char text[64];
  EXPECT_EQ(evutil_date_rfc1123(text, sizeof text, &parts), 29);
  return text;
}

TEST(date_rfc1123, is_written_as_http_wants_it) {
  EXPECT_EQ(date_of(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date_of(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(date_of(951782400), "Tue, 29 Feb 2000 00:00:00 GMT");
  EXPECT_EQ(date_of(4102444800), "Fri, 01 Jan 2100 00:00:00 GMT");
}

TEST(date_rfc1123, is_that_of_now_without_a_time) {
  const time_t before = time(nullptr);
  char text[64];
  ASSERT_EQ(evutil_date_rfc1123(text, sizeof text, nullptr), 29);
  const time_t after = time(nullptr);
  bool found = false;
  for (time_t t = before; t <= after; ++t) found = found || date_of(t) == text;
  EXPECT_TRUE(found) << text;
}

TEST(date_rfc1123, is_cut_off_where_the_room_ends) {
  tm parts{};
  parts.tm_mday = 1;
  parts.tm_year = 70;
  parts.tm_wday = 4;
  char text[16];
  EXPECT_EQ(evutil_date_rfc1123(text, sizeof text, &parts), 29);
  EXPECT_STREQ(text, "Thu, 01 Jan 197");
  EXPECT_EQ(evutil_date_rfc1123(text, 0, &parts), 0);
}

TEST(date_rfc1123, refuses_days_and_months_that_do_not_exist) {
  for (int wrong : {-1, 12, 1 << 30}) {
    tm parts{};
    parts.tm_mon = wrong;
    char text[64];
    EXPECT_EQ(evutil_date_rfc1123(text, sizeof text, &parts), -1);
    EXPECT_EQ(errno, EINVAL);
    parts.tm_mon = 0;
    parts.tm_wday = wrong;
    EXPECT_EQ(evutil_date_rfc1123(text, sizeof text, &parts), -1);
  }
}

using timer = std::unique_ptr<evutil_monotonic_timer, decltype(&evutil_monotonic_timer_free)>;

timer new_timer() { return timer(evutil_monotonic_timer_new(), evutil_monotonic_timer_free); }

TEST(monotonic_timer, never_goes_backwards_whatever_its_flags) {
  for (int flags : {0, EV_MONOT_PRECISE, EV_MONOT_FALLBACK, EV_MONOT_PRECISE | EV_MONOT_FALLBACK}) {
    const timer t = new_timer();
    ASSERT_EQ(evutil_configure_monotonic_time(t.get(), flags), 0);
    timeval last{};
    ASSERT_EQ(evutil_gettime_monotonic(t.get(), &last), 0);
    for (int i = 0; i < 1000; ++i) {
      timeval now{};
      ASSERT_EQ(evutil_gettime_monotonic(t.get(), &now), 0);
      ASSERT_FALSE(evutil_timercmp(&now, &last, <));
      ASSERT_TRUE(now.tv_usec >= 0 && now.tv_usec < 1000000);
      last = now;
    }
  }
}

TEST(monotonic_timer, advances_with_the_clock_it_was_configured_for) {
  const timer t = new_timer();
  const struct {
    int flags;
    clockid_t clock;
  } clocks[] = {{0, CLOCK_MONOTONIC_COARSE},
                {EV_MONOT_PRECISE, CLOCK_MONOTONIC},
                {EV_MONOT_FALLBACK, CLOCK_REALTIME}};
  for (const auto& c : clocks) {
    ASSERT_EQ(evutil_configure_monotonic_time(t.get(), c.flags), 0);
    timespec before;
    timespec after;
    timeval read{};
    clock_gettime(c.clock, &before);
    ASSERT_EQ(evutil_gettime_monotonic(t.get(), &read), 0);
    clock_gettime(c.clock, &after);
    const auto microseconds = [](long long s, long long us) { return s * 1000000 + us; };
    const long long now = microseconds(read.tv_sec, read.tv_usec);
    EXPECT_GE(now, microseconds(before.tv_sec, before.tv_nsec / 1000));
    EXPECT_LE(now, microseconds(after.tv_sec, after.tv_nsec / 1000));
  }
}

TEST(monotonic_timer, works_unconfigured) {
  const timer t = new_timer();
  timeval now{};
  EXPECT_EQ(evutil_gettime_monotonic(t.get(), &now), 0);
  EXPECT_TRUE(evutil_timerisset(&now));
}

TEST(monotonic_timer, refuses_null) {
  const timer t = new_timer();
  timeval now{};
  EXPECT_EQ(evutil_configure_monotonic_time(nullptr, 0), -1);
  EXPECT_EQ(evutil_gettime_monotonic(nullptr, &now), -1);
  EXPECT_EQ(evutil_gettime_monotonic(t.get(), nullptr), -1);
  evutil_monotonic_timer_free(nullptr);
}

TEST(monotonic_timer, is_null_when_memory_is_exhausted) {
  eddy::engine::memory::set_functions(
      {[](std::size_t) -> void* { return nullptr; }, nullptr, nullptr});
  EXPECT_EQ(evutil_monotonic_timer_new(), nullptr);
  eddy::engine::memory::set_functions({nullptr, nullptr, nullptr});
}

TEST(timeval_macros, add_subtract_and_compare) {
  const timeval a{3, 900000};
  const timeval b{1, 200000};
  timeval result{};
  evutil_timeradd(&a, &b, &result);
  EXPECT_TRUE(result.tv_sec == 5 && result.tv_usec == 100000);
  evutil_timersub(&b, &a, &result);
  EXPECT_TRUE(result.tv_sec == -3 && result.tv_usec == 300000);
  EXPECT_TRUE(evutil_timercmp(&a, &b, >));
  EXPECT_TRUE(evutil_timercmp(&a, &a, <=));
  EXPECT_TRUE(evutil_timercmp(&a, &a, ==));
  evutil_timerclear(&result);
  EXPECT_FALSE(evutil_timerisset(&result));
}

}  // namespace
