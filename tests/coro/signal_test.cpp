// Signals, awaited, on every backend.
#include <gtest/gtest.h>
#include <unistd.h>

#include "support/coroutines.h"

namespace eddy::test {
namespace {

class signals_awaited : public coroutines_on_every_backend {};

void send(int number) { EXPECT_EQ(::kill(::getpid(), number), 0); }

bool is_default(int number) {
  struct sigaction now {};
  EXPECT_EQ(::sigaction(number, nullptr, &now), 0);
  return now.sa_handler == SIG_DFL;
}

TEST_P(signals_awaited, come_to_who_waits) {
  on.run([]() -> task<> {
    signal_set set(SIGUSR1, SIGUSR2);
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn([&]() -> task<> {
        EXPECT_EQ(co_await set.next(), SIGUSR2);
        send(SIGUSR1);
        EXPECT_EQ(co_await set.next(), SIGUSR1);
      });
      co_await sleep_short();
      send(SIGUSR2);
    });
  }());
  EXPECT_TRUE(is_default(SIGUSR1) && is_default(SIGUSR2));
}

TEST_P(signals_awaited, that_come_while_nobody_waits_are_told_later) {
  on.run([]() -> task<> {
    signal_set set(SIGUSR1, SIGUSR2);
    EXPECT_EQ((co_await as_result(with_timeout(1ms, set.next()))).error(), std::errc::timed_out);
    for (int i = 0; i < 3; ++i) send(SIGUSR1);
    send(SIGUSR2);
    co_await sleep_short();
    for (int i = 0; i < 3; ++i) EXPECT_EQ(co_await set.next(), SIGUSR1);
    EXPECT_EQ(co_await set.next(), SIGUSR2);
    EXPECT_EQ((co_await as_result(with_timeout(1ms, set.next()))).error(), std::errc::timed_out);
  }());
}

TEST_P(signals_awaited, are_told_to_every_set_and_to_one_waiter_of_each) {
  on.run([]() -> task<> {
    signal_set first(SIGUSR1), second(SIGUSR1);
    int told = 0;
    co_await with_scope([&](scope& s) -> task<> {
      for (signal_set* set : {&first, &first, &second})
        s.spawn([&, set]() -> task<> {
          (void)co_await set->next();
          ++told;
          if (told == 2) send(SIGUSR1);
        });
      co_await sleep_short();
      send(SIGUSR1);
    });
    EXPECT_EQ(told, 3);
    EXPECT_EQ(co_await second.next(), SIGUSR1) << "the second one, which nobody awaited";
  }());
}

TEST_P(signals_awaited, that_do_not_exist_fail) {
  on.run([]() -> task<> {
    for (const int number : {0, -1, 1000, SIGKILL}) {
      signal_set set(SIGUSR1, number);
      EXPECT_EQ((co_await as_result(set.next())).error(), std::errc::invalid_argument) << number;
      EXPECT_TRUE(is_default(SIGUSR1)) << number;
    }
  }());
}

TEST_P(signals_awaited, end_with_their_set) {
  on.run([]() -> task<> {
    auto set = std::make_unique<signal_set>(SIGUSR1);
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn([&]() -> task<> {
        EXPECT_EQ((co_await as_result(set->next())).error(), std::errc::operation_canceled);
      });
      co_await sleep_short();
      set.reset();
    });
    EXPECT_TRUE(is_default(SIGUSR1));
  }());
}

TEST_P(signals_awaited, stop_a_server) {
  on.run([](loop& mine) -> task<> {
    co_await with_scope([&](scope& s) -> task<> {
      mine.post([] { send(SIGTERM); });
      s.spawn(wait_for_ever());
      EXPECT_EQ(co_await interrupted(), SIGTERM);
      s.cancel();
    });
  }(on));
}

EDDY_COROUTINES_ON_EVERY_BACKEND(signals_awaited);

}  // namespace
}  // namespace eddy::test
