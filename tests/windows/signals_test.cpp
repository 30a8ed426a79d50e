// Signals on Windows: Ctrl-C and what else a console tells of, by the door through which the
// system comes (Wine without a screen has no console to press keys at), and what is raised.
#include <event2/event.h>
#include <event2/thread.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <eddy/eddy.hpp>
#include <thread>
#include <vector>

#include "base/sys_windows/signals.h"
#include "support/backends.h"
#include "support/coroutines.h"
#include "support/watching.h"

namespace eddy::engine::test {
namespace {

// As the system does: on a thread that knows nothing of us.
bool console_tells(unsigned long event) {
  bool handled = false;
  std::thread([&] { handled = sys::console_event(event); }).join();
  return handled;
}

bool is_default(int number) {
  struct sigaction now {};
  return ::sigaction(number, nullptr, &now) == 0 && now.sa_handler == SIG_DFL;
}

std::atomic<int> old_handler_calls{0};
void old_handler(int) { ++old_handler_calls; }

class console : public on_every_backend {
 protected:
  opened_loop on{GetParam()};
  void turn() { ASSERT_NE(on->run(run_once | run_nonblocking), run_result::failed); }
};

TEST_P(console, ends_a_wait_by_ctrl_c_as_often_as_that_comes) {
  watching w(*on, SIGINT, watch_signal);
  for (int i = 1; i <= 5; ++i) {
    ASSERT_EQ(on->add(&w, forever), 0);
    std::thread other([] { EXPECT_TRUE(sys::console_event(CTRL_C_EVENT)); });
    EXPECT_EQ(on->run(0), run_result::nothing_to_do);
    other.join();
    EXPECT_EQ(w.calls, i);
  }
}

TEST_P(console, tells_each_ctrl_c_that_came_while_nobody_looked) {
  watching w(*on, SIGINT, watch_signal | watch_persist);
  ASSERT_EQ(on->add(&w, forever), 0);
  std::vector<std::thread> many;
  for (int i = 0; i < 8; ++i)
    many.emplace_back([] {
      for (int k = 0; k < 100; ++k) EXPECT_TRUE(sys::console_event(CTRL_C_EVENT));
    });
  for (std::thread& one : many) one.join();
  turn();
  EXPECT_EQ(w.calls, 800);
  on->remove(&w, removal::wait);
}

TEST_P(console, has_its_default_back_when_nobody_watches_any_more) {
  watching w(*on, SIGINT, watch_signal | watch_persist);
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(console_tells(CTRL_C_EVENT)) << "the system would end the program";
    ASSERT_EQ(on->add(&w, forever), 0);
    EXPECT_TRUE(console_tells(CTRL_C_EVENT));
    EXPECT_FALSE(console_tells(CTRL_BREAK_EVENT)) << "another signal";
    turn();
    EXPECT_EQ(w.calls, i + 1);
    on->remove(&w, removal::wait);
    EXPECT_TRUE(is_default(SIGINT));
  }
  EXPECT_FALSE(console_tells(CTRL_C_EVENT));
}

TEST_P(console, asks_to_end_by_sigterm_when_it_is_closed) {
  watching interrupt(*on, SIGBREAK, watch_signal | watch_persist),
      end(*on, SIGTERM, watch_signal | watch_persist);
  ASSERT_EQ(on->add(&interrupt, forever), 0);
  ASSERT_EQ(on->add(&end, forever), 0);
  EXPECT_TRUE(console_tells(CTRL_BREAK_EVENT));
  for (const unsigned long event : {CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT, CTRL_SHUTDOWN_EVENT})
    EXPECT_TRUE(console_tells(event));
  turn();
  EXPECT_EQ(interrupt.calls, 1);
  EXPECT_EQ(end.calls, 3);
  on->remove(&interrupt, removal::wait);
  on->remove(&end, removal::wait);
}

TEST_P(console, and_raise_lose_no_signal_while_loops_come_and_go) {
  watching w(*on, SIGINT, watch_signal | watch_persist);
  ASSERT_EQ(on->add(&w, forever), 0);
  std::atomic<bool> ended{false};
  std::atomic<int> sent{0};
  std::thread sender([&] {
    while (!ended.load()) {
      EXPECT_TRUE(sys::console_event(CTRL_C_EVENT));
      ++sent;
    }
  });
  for (int i = 0; i < 50; ++i) {
    opened_loop other(GetParam());
    watching short_lived(*other, SIGINT, watch_signal | watch_persist);
    ASSERT_EQ(other->add(&short_lived, forever), 0);
    ASSERT_NE(other->run(run_once), run_result::failed);
    EXPECT_GE(short_lived.calls, 1);
    other->remove(&short_lived, removal::wait);
    turn();
  }
  ended.store(true);
  sender.join();
  EXPECT_EQ(::raise(SIGINT), 0);
  turn();
  EXPECT_EQ(w.calls, sent.load() + 1);
  on->remove(&w, removal::wait);
}

TEST_P(console, leaves_the_program_the_handler_that_it_had_in_the_c_library) {
  ASSERT_NE(std::signal(SIGINT, old_handler), SIG_ERR);
  watching w(*on, SIGINT, watch_signal | watch_persist);
  ASSERT_EQ(on->add(&w, forever), 0);
  ASSERT_EQ(::raise(SIGINT), 0);
  EXPECT_EQ(old_handler_calls.exchange(0), 0);
  on->remove(&w, removal::wait);
  EXPECT_FALSE(console_tells(CTRL_C_EVENT)) << "the C library's own handler would tell";
  ASSERT_EQ(::raise(SIGINT), 0);
  EXPECT_EQ(old_handler_calls.exchange(0), 1);
  EXPECT_TRUE(is_default(SIGINT)) << "as the C library does it: once";
}

TEST_P(console, cannot_make_signals_that_windows_has_not) {
  for (const int number : {1, 9, 14, 17}) {
    watching w(*on, number, watch_signal);
    EXPECT_EQ(on->add(&w, forever), EINVAL) << number;
  }
}

EDDY_ON_EVERY_BACKEND(console);

// The introduction's first program, whose user is not patient.
TEST(console_of_the_c_face, ends_the_loop_of_hello_world) {
  ASSERT_EQ(evthread_use_windows_threads(), 0);
  event_base* base = event_base_new();
  ASSERT_NE(base, nullptr);
  const auto told = [](evutil_socket_t, short, void* argument) {
    const timeval soon{0, 1000};
    event_base_loopexit(static_cast<event_base*>(argument), &soon);
  };
  ::event* interrupt = evsignal_new(base, SIGINT, told, base);
  ASSERT_EQ(event_add(interrupt, nullptr), 0);
  std::thread user([] { EXPECT_TRUE(sys::console_event(CTRL_C_EVENT)); });
  EXPECT_EQ(event_base_dispatch(base), 0);
  user.join();
  event_free(interrupt);
  event_base_free(base);
  EXPECT_FALSE(console_tells(CTRL_C_EVENT));
}

class console_awaited : public eddy::test::coroutines_on_every_backend {};

TEST_P(console_awaited, interrupts_a_program_of_coroutines) {
  for (const unsigned long event : {CTRL_C_EVENT, CTRL_CLOSE_EVENT}) {
    on.run([](eddy::loop& mine, unsigned long told) -> task<> {
      co_await with_scope([&](scope& s) -> task<> {
        mine.post([told] { EXPECT_TRUE(console_tells(told)); });
        s.spawn(eddy::test::wait_for_ever());
        EXPECT_EQ(co_await interrupted(), told == CTRL_C_EVENT ? SIGINT : SIGTERM);
        s.cancel();
      });
    }(on, event));
    EXPECT_FALSE(console_tells(event));
  }
}

EDDY_COROUTINES_ON_EVERY_BACKEND(console_awaited);

}  // namespace
}  // namespace eddy::engine::test
