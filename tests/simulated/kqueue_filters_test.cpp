// The simulated kqueue against kqueue(2) of FreeBSD 14: signals, timers and user events.
#include "kqueue_support.h"

namespace eddy::simulated::test {
namespace {

using simulated_kqueue_filters = with_kqueue;

TEST_F(simulated_kqueue_filters, a_signal_is_told_beside_its_handler) {
  const counted_signal usr1(SIGUSR1);
  change(SIGUSR1, EVFILT_SIGNAL, EV_ADD, 0, 0, this);
  EXPECT_TRUE(poll().empty());
  ::raise(SIGUSR1);
  EXPECT_EQ(counted_signal::count, 1);
  const auto told = poll();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].ident, static_cast<uintptr_t>(SIGUSR1));
  EXPECT_EQ(told[0].filter, EVFILT_SIGNAL);
  EXPECT_EQ(told[0].data, 1);
  EXPECT_EQ(told[0].udata, this);
}

TEST_F(simulated_kqueue_filters, signals_are_counted_since_the_last_call) {
  const counted_signal usr1(SIGUSR1);
  change(SIGUSR1, EVFILT_SIGNAL, EV_ADD);
  for (int i = 0; i < 3; ++i) ::raise(SIGUSR1);
  EXPECT_EQ(poll().at(0).data, 3);
  EXPECT_TRUE(poll().empty());
  ::raise(SIGUSR1);
  EXPECT_EQ(poll().at(0).data, 1);
}

TEST_F(simulated_kqueue_filters, a_signal_that_is_ignored_is_told) {
  ::signal(SIGUSR1, SIG_IGN);
  change(SIGUSR1, EVFILT_SIGNAL, EV_ADD);
  ::raise(SIGUSR1);
  EXPECT_EQ(poll().size(), 1u);
  ::signal(SIGUSR1, SIG_DFL);
}

TEST_F(simulated_kqueue_filters, a_signal_may_be_ignored_and_handled_after_it_is_watched) {
  change(SIGUSR1, EVFILT_SIGNAL, EV_ADD);
  ::signal(SIGUSR1, SIG_IGN);
  ::raise(SIGUSR1);
  EXPECT_EQ(poll().size(), 1u);
  {
    const counted_signal usr1(SIGUSR1);
    ::raise(SIGUSR1);
    EXPECT_EQ(counted_signal::count, 1);
    EXPECT_EQ(poll().size(), 1u);
  }
  EXPECT_EQ(::signal(SIGUSR1, SIG_DFL), SIG_IGN);
}

TEST_F(simulated_kqueue_filters, an_ignored_sigchld_is_not_told_and_a_default_one_is) {
  change(SIGCHLD, EVFILT_SIGNAL, EV_ADD);
  ::raise(SIGCHLD);
  EXPECT_EQ(poll().size(), 1u);
  ::signal(SIGCHLD, SIG_IGN);
  ::raise(SIGCHLD);
  EXPECT_TRUE(poll().empty());
  ::signal(SIGCHLD, SIG_DFL);
}

TEST_F(simulated_kqueue_filters, a_signal_ends_a_wait_of_the_thread_that_handles_it) {
  ::signal(SIGUSR1, SIG_IGN);
  change(SIGUSR1, EVFILT_SIGNAL, EV_ADD);
  interrupted(SIGUSR1, [&] {
    const auto told = wait();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_GE(told[0].data, 1);
  });
  ::signal(SIGUSR1, SIG_DFL);
}

TEST_F(simulated_kqueue_filters, a_signal_ends_a_wait_of_another_thread) {
  const counted_signal usr1(SIGUSR1);
  change(SIGUSR1, EVFILT_SIGNAL, EV_ADD);
  std::thread waiter([&] {
    sigset_t usr1_only;
    ::sigemptyset(&usr1_only);
    ::sigaddset(&usr1_only, SIGUSR1);
    ::pthread_sigmask(SIG_BLOCK, &usr1_only, nullptr);
    EXPECT_EQ(wait().size(), 1u);
  });
  ::raise(SIGUSR1);
  waiter.join();
}

TEST_F(simulated_kqueue_filters, two_kqueues_are_told_of_a_signal) {
  const counted_signal usr1(SIGUSR1);
  const descriptor other(::kqueue());
  change(SIGUSR1, EVFILT_SIGNAL, EV_ADD);
  apply(other.get(), made(SIGUSR1, EVFILT_SIGNAL, EV_ADD));
  ::raise(SIGUSR1);
  struct kevent event = {};
  EXPECT_EQ(::kevent(other.get(), nullptr, 0, &event, 1, &at_once), 1);
  EXPECT_EQ(poll().size(), 1u);
}

TEST_F(simulated_kqueue_filters, a_signal_that_is_watched_no_more_is_the_programs_again) {
  ::signal(SIGUSR1, SIG_IGN);
  change(SIGUSR1, EVFILT_SIGNAL, EV_ADD);
  struct sigaction seen = {};
  ::sigaction(SIGUSR1, nullptr, &seen);
  EXPECT_EQ(seen.sa_handler, SIG_IGN);
  change(SIGUSR1, EVFILT_SIGNAL, EV_DELETE);
  ::sigaction(SIGUSR1, nullptr, &seen);
  EXPECT_EQ(seen.sa_handler, SIG_IGN);
  ::raise(SIGUSR1);
  EXPECT_TRUE(poll().empty());
  ::signal(SIGUSR1, SIG_DFL);
}

TEST_F(simulated_kqueue_filters, a_number_that_is_no_signal_is_invalid) {
  EXPECT_EQ(error_of(0, EVFILT_SIGNAL, EV_ADD), EINVAL);
  EXPECT_EQ(error_of(NSIG, EVFILT_SIGNAL, EV_ADD), EINVAL);
  EXPECT_EQ(error_of(-1, EVFILT_SIGNAL, EV_ADD), EINVAL);
}

TEST_F(simulated_kqueue_filters, a_timer_is_periodic_and_counts) {
  change(7, EVFILT_TIMER, EV_ADD, 0, 1, this);
  for (int i = 0; i < 3; ++i) {
    const auto told = wait();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].ident, 7u);
    EXPECT_GE(told[0].data, 1);
    EXPECT_EQ(told[0].udata, this);
  }
}

TEST_F(simulated_kqueue_filters, a_timer_fires_after_its_time_in_each_unit) {
  const std::pair<unsigned, std::int64_t> units[] = {
      {0, 3}, {NOTE_MSECONDS, 3}, {NOTE_USECONDS, 3000}, {NOTE_NSECONDS, 3'000'000}};
  for (const auto& [unit, count] : units) {
    const std::int64_t before = now();
    change(1, EVFILT_TIMER, EV_ADD | EV_ONESHOT, unit, count);
    EXPECT_EQ(wait().size(), 1u);
    EXPECT_GE(now() - before, 3'000'000);
  }
  change(1, EVFILT_TIMER, EV_ADD, NOTE_SECONDS, 3600);
  EXPECT_TRUE(poll().empty());
}

TEST_F(simulated_kqueue_filters, a_timer_with_oneshot_fires_once_and_is_gone) {
  change(1, EVFILT_TIMER, EV_ADD | EV_ONESHOT, NOTE_USECONDS, 1);
  EXPECT_EQ(wait().size(), 1u);
  EXPECT_EQ(error_of(1, EVFILT_TIMER, EV_DELETE), ENOENT);
}

TEST_F(simulated_kqueue_filters, a_timer_with_an_absolute_time_fires_then_and_once) {
  timespec today;
  ::clock_gettime(CLOCK_REALTIME, &today);
  const std::int64_t at = today.tv_sec * 1'000'000 + today.tv_nsec / 1000;
  change(1, EVFILT_TIMER, EV_ADD, NOTE_ABSTIME | NOTE_USECONDS, at + 2000);
  const auto told = wait();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].data, 1);
  ::clock_gettime(CLOCK_REALTIME, &today);
  EXPECT_GE(today.tv_sec * 1'000'000 + today.tv_nsec / 1000, at + 2000);
  EXPECT_TRUE(poll().empty());
  change(1, EVFILT_TIMER, EV_DELETE);
}

TEST_F(simulated_kqueue_filters,
       adding_a_timer_again_starts_it_anew_and_forgets_what_was_not_told) {
  change(1, EVFILT_TIMER, EV_ADD, NOTE_NSECONDS, 1);
  change(1, EVFILT_TIMER, EV_ADD, NOTE_SECONDS, 3600);
  EXPECT_TRUE(poll().empty());
}

TEST_F(simulated_kqueue_filters, a_timer_with_a_negative_time_or_two_units_is_invalid) {
  EXPECT_EQ(error_of(1, EVFILT_TIMER, EV_ADD, 0, -1), EINVAL);
  EXPECT_EQ(error_of(1, EVFILT_TIMER, EV_ADD, NOTE_SECONDS | NOTE_USECONDS, 1), EINVAL);
}

TEST_F(simulated_kqueue_filters, a_disabled_timer_goes_on_and_is_told_when_enabled) {
  change(1, EVFILT_TIMER, EV_ADD | EV_DISABLE, NOTE_NSECONDS, 1);
  EXPECT_TRUE(poll().empty());
  change(1, EVFILT_TIMER, EV_ENABLE);
  EXPECT_GE(wait().at(0).data, 1);
}

TEST_F(simulated_kqueue_filters, a_user_event_is_told_from_its_trigger_on) {
  change(1, EVFILT_USER, EV_ADD, 0, 0, this);
  EXPECT_TRUE(poll().empty());
  change(1, EVFILT_USER, 0, NOTE_TRIGGER, 0, this);
  for (int i = 0; i < 2; ++i) {
    const auto told = poll();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].udata, this);
  }
}

TEST_F(simulated_kqueue_filters, a_user_event_with_clear_is_told_once_for_each_trigger) {
  change(1, EVFILT_USER, EV_ADD | EV_CLEAR);
  for (int i = 0; i < 2; ++i) {
    change(1, EVFILT_USER, 0, NOTE_TRIGGER);
    change(1, EVFILT_USER, 0, NOTE_TRIGGER);
    EXPECT_EQ(poll().size(), 1u);
    EXPECT_TRUE(poll().empty());
  }
}

TEST_F(simulated_kqueue_filters, a_change_sets_the_user_data_also_where_it_only_triggers) {
  change(1, EVFILT_USER, EV_ADD, 0, 0, this);
  change(1, EVFILT_USER, 0, NOTE_TRIGGER);
  EXPECT_EQ(poll().at(0).udata, nullptr);
}

TEST_F(simulated_kqueue_filters, flags_of_a_user_event_are_combined) {
  change(1, EVFILT_USER, EV_ADD, NOTE_TRIGGER | 0x0f);
  EXPECT_EQ(poll().at(0).fflags, 0x0fu);
  change(1, EVFILT_USER, 0, NOTE_FFOR | 0xf0);
  EXPECT_EQ(poll().at(0).fflags, 0xffu);
  change(1, EVFILT_USER, 0, NOTE_FFAND | 0x3c);
  EXPECT_EQ(poll().at(0).fflags, 0x3cu);
  change(1, EVFILT_USER, 0, NOTE_FFNOP | 0x01);
  EXPECT_EQ(poll().at(0).fflags, 0x3cu);
  change(1, EVFILT_USER, 0, NOTE_FFCOPY | 0x01);
  EXPECT_EQ(poll().at(0).fflags, 0x01u);
}

TEST_F(simulated_kqueue_filters, a_trigger_of_another_thread_ends_a_wait) {
  change(1, EVFILT_USER, EV_ADD | EV_CLEAR);
  for (int i = 0; i < 50; ++i) {
    std::thread other([&] { change(1, EVFILT_USER, 0, NOTE_TRIGGER); });
    EXPECT_EQ(wait().size(), 1u);
    other.join();
  }
}

TEST_F(simulated_kqueue_filters, a_trigger_of_a_signal_handler_ends_a_wait) {
  static int waits = -1;
  waits = kq.get();
  change(1, EVFILT_USER, EV_ADD | EV_CLEAR);
  ::signal(SIGUSR1, [](int) {
    const struct kevent trigger = made(1, EVFILT_USER, 0, NOTE_TRIGGER);
    ::kevent(waits, &trigger, 1, nullptr, 0, nullptr);
  });
  interrupted(SIGUSR1, [&] {
    struct kevent event = {};
    int told = -1;
    while (told < 0) told = ::kevent(kq.get(), nullptr, 0, &event, 1, &long_enough);
    EXPECT_EQ(told, 1);
  });
  ::signal(SIGUSR1, SIG_DFL);
}

TEST_F(simulated_kqueue_filters, several_threads_share_a_kqueue) {
  constexpr int rounds = 200;
  std::atomic<int> told{0};
  change(1, EVFILT_USER, EV_ADD | EV_CLEAR);
  change(2, EVFILT_USER, EV_ADD);
  const auto waiter = [&] {
    for (;;) {
      struct kevent event = {};
      if (::kevent(kq.get(), nullptr, 0, &event, 1, &long_enough) != 1 || event.ident == 2) return;
      ++told;
    }
  };
  std::thread one(waiter), two(waiter);
  for (int i = 1; i <= rounds; ++i) {
    change(1, EVFILT_USER, 0, NOTE_TRIGGER);
    while (told < i) std::this_thread::yield();
  }
  change(2, EVFILT_USER, 0, NOTE_TRIGGER);
  one.join();
  two.join();
  EXPECT_EQ(told, rounds);
}

}  // namespace
}  // namespace eddy::simulated::test
