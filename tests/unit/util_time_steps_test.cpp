// A monotonic timer on a clock that is set back. The test brings its own clock_gettime(), which the
// library then calls.
#include <event2/util.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>

static long long step_seconds = 0;

extern "C" int clock_gettime(clockid_t clock, struct timespec* now) noexcept {
  const long failed = syscall(SYS_clock_gettime, clock, now);
  if (failed == 0 && clock == CLOCK_REALTIME) now->tv_sec += static_cast<time_t>(step_seconds);
  return static_cast<int>(failed);
}

namespace {

long long read_seconds(evutil_monotonic_timer* timer) {
  timeval now{};
  EXPECT_EQ(evutil_gettime_monotonic(timer, &now), 0);
  return now.tv_sec;
}

class fallback_timer : public ::testing::Test {
 protected:
  void SetUp() override {
    step_seconds = 0;
    timer_ = evutil_monotonic_timer_new();
    ASSERT_EQ(evutil_configure_monotonic_time(timer_, EV_MONOT_FALLBACK), 0);
  }
  void TearDown() override { evutil_monotonic_timer_free(timer_); }
  evutil_monotonic_timer* timer_ = nullptr;
};

TEST_F(fallback_timer, does_not_go_back_with_the_clock_and_goes_on_from_there) {
  const long long start = read_seconds(timer_);
  step_seconds = -100000;
  const long long after_step = read_seconds(timer_);
  EXPECT_GE(after_step, start);
  EXPECT_LT(after_step, start + 1000);
  step_seconds += 5000;
  const long long later = read_seconds(timer_);
  EXPECT_GE(later, after_step + 4999) << "only the step back is made up for, not what follows";
  EXPECT_LT(later, after_step + 6000);
}

TEST_F(fallback_timer, starts_anew_when_configured_again) {
  const long long start = read_seconds(timer_);
  step_seconds = -100000;
  ASSERT_EQ(evutil_configure_monotonic_time(timer_, EV_MONOT_FALLBACK), 0);
  EXPECT_LT(read_seconds(timer_), start - 90000);
}

}  // namespace
