// Every place where a coroutine can be suspended, but those of streams (stream_ends_test.cpp), x
// every way in which that can end from outside: cancelled, out of time, its loop stopped, or
// destroyed. Each ends once, with the error that says so, and leaves nothing behind.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <functional>

#include "support/coroutine_streams.h"
#include "support/system.h"

namespace eddy::test {
namespace {

using engine::test::open_descriptors;

// What is waited for, and does not come.
struct world {
  stream_ends ends, more;
  tcp_listener listener{address::loopback(0)};
  udp_socket datagrams{address::loopback(0)};
  datagram_batch batch{4, 100};
  signal_set signals{SIGUSR1};
  mutex lock;
  mutex::guard held;
  semaphore permits{0};
  event told;
  channel<int> full{1}, empty{1};
  interval rare{24h};
  char space[100] = {};
};

struct wait {
  const char* name;
  std::function<task<>(world&)> begin;
  bool is_there = true;  // on this system
};

async_generator<int> never_yields() {
  co_await sleep_long();
  co_yield 1;
}

const std::vector<wait>& all_waits() {
  static const std::vector<wait> all{
      {"sleep_for", [](world&) -> task<> { co_await sleep_for(24h); }},
      {"sleep_until", [](world&) -> task<> { co_await sleep_until(loop::clock::now() + 24h); }},
      {"interval", [](world& w) -> task<> { (void)co_await w.rare.next(); }},
      {"recv", [](world& w) -> task<> { (void)co_await recv_fd(w.ends.a, w.space, 10); }},
      {"read", [](world& w) -> task<> { (void)co_await read_fd(w.ends.a, w.space, 10); }},
      {"readable", [](world& w) -> task<> { co_await readable(w.ends.a); }},
      {"accept of a descriptor",
       [](world& w) -> task<> { (void)co_await accept_fd(w.listener.native_handle()); }},
      {"accept", [](world& w) -> task<> { (void)co_await w.listener.accept(); }},
      {"receive", [](world& w) -> task<> { (void)co_await w.datagrams.receive(w.space); }},
      {"receive_batch",
       [](world& w) -> task<> { (void)co_await w.datagrams.receive_batch(w.batch); }},
      {"signal", [](world& w) -> task<> { (void)co_await w.signals.next(); }},
      {"interrupted", [](world&) -> task<> { (void)co_await interrupted(); }},
      {"lock", [](world& w) -> task<> { auto mine = co_await w.lock.lock(); }},
      {"acquire", [](world& w) -> task<> { co_await w.permits.acquire(); }},
      {"event", [](world& w) -> task<> { co_await w.told.wait(); }},
      {"send into a channel", [](world& w) -> task<> { co_await w.full.send(2); }},
      {"receive from a channel", [](world& w) -> task<> { (void)co_await w.empty.receive(); }},
      {"task", [](world&) -> task<> { co_await sleep_long(); }},
      {"generator",
       [](world&) -> task<> {
         auto g = never_yields();
         (void)co_await g.next();
       }},
      {"when_all", [](world&) -> task<> { co_await when_all(sleep_long(), sleep_long()); }},
      {"when_any",
       [](world& w) -> task<> { (void)co_await when_any(sleep_long(), w.told.wait()); }},
      {"scope",
       [](world&) -> task<> {
         co_await with_scope([](scope& s) -> task<> {
           s.spawn(sleep_long());
           co_return;
         });
       }},
      {"timeout", [](world&) -> task<> { co_await with_timeout(24h, sleep_long()); }},
      {"blocking work",
       [](world&) -> task<> {
         // (It is not waited for any more: so it owns what it looks at.)
         auto stop = std::make_shared<std::atomic<bool>>(false);
         struct at_end {
           std::shared_ptr<std::atomic<bool>> told;
           ~at_end() { *told = true; }
         } ending{stop};
         // (GCC 12 destroys a capture twice when the lambda is made within the co_await.)
         auto work = [stop] {
           while (!*stop) std::this_thread::yield();
         };
         co_await blocking(std::move(work));
       }},
      {"receive_fds",
       [](world& w) -> task<> {
         unix_stream s(::dup(w.ends.a));
         (void)co_await s.receive_fds(w.space);
       },
       engine::test::descriptors_can_be_sent},
      {"directory watch",
       [](world&) -> task<> {
         directory_watch watch;
         (void)co_await watch.next();
       }},
      {"process",
       [](world&) -> task<> {
         process child(command("sleep", "1000"));
         (void)co_await child.wait();
       },
       engine::test::programs_of_posix_are_there},
      {"run", [](world&) -> task<> { (void)co_await run(command("sleep", "1000")); },
       engine::test::programs_of_posix_are_there},
  };
  return all;
}

// Cancelled, it ends once, and tells why.
task<> watched(const wait& w, world& in, int& ended, std::error_code& code) {
  try {
    co_await w.begin(in);
  } catch (const std::system_error& e) {
    code = e.code();
  }
  ++ended;
}

class suspensions : public coroutines_on_every_backend {
 protected:
  // Prepares what must not be had, and compares what is there before and after.
  template <class F>
  void for_each_wait(F f) {
    on.run(fill());  // what the loop itself keeps is there from now on
    for (const wait& w : all_waits()) {
      if (!w.is_there) continue;
      SCOPED_TRACE(w.name);
      const long fds = open_descriptors();
      {
        world in;
        on.run(hold_back(in));
        int ended = 0;
        std::error_code code;
        f(w, in, ended, code);
        EXPECT_EQ(ended, 1);
        EXPECT_EQ(on.size(), 0u);
      }
      on.run(sleep_short());
      EXPECT_EQ(open_descriptors(), fds);
    }
  }
  static task<> hold_back(world& in) {
    in.held = co_await in.lock.lock();
    co_await in.full.send(1);
  }
  static task<> fill() {
    (void)co_await as_result(with_timeout(1ms, interrupted()));
    co_await blocking([] {});
    if (engine::test::programs_of_posix_are_there) (void)co_await run(command("true"));
  }
};

TEST_P(suspensions, end_when_they_are_cancelled) {
  for_each_wait([&](const wait& w, world& in, int& ended, std::error_code& code) {
    on.run([](const wait& what, world& at, int& count, std::error_code& why) -> task<> {
      co_await with_scope([&](scope& s) -> task<> {
        s.spawn(watched(what, at, count, why));
        co_await sleep_short();
        EXPECT_EQ(count, 0) << "it waits";
        s.cancel();
      });
    }(w, in, ended, code));
    EXPECT_EQ(code, std::errc::operation_canceled);
  });
}

TEST_P(suspensions, end_when_they_were_cancelled_before) {
  for_each_wait([&](const wait& w, world& in, int& ended, std::error_code& code) {
    on.run([](const wait& what, world& at, int& count, std::error_code& why) -> task<> {
      co_await with_scope([&](scope& s) -> task<> {
        s.cancel();
        s.spawn(watched(what, at, count, why));
        co_return;
      });
    }(w, in, ended, code));
    EXPECT_EQ(code, std::errc::operation_canceled);
  });
}

TEST_P(suspensions, end_when_their_time_is_over) {
  for_each_wait([&](const wait& w, world& in, int& ended, std::error_code& code) {
    on.run([](const wait& what, world& at, int& count, std::error_code& why) -> task<> {
      const auto late = co_await as_result(with_timeout(1ms, what.begin(at)));
      if (!late) why = late.error().code();
      ++count;
    }(w, in, ended, code));
    EXPECT_EQ(code, std::errc::timed_out);
  });
}

TEST_P(suspensions, end_when_their_loop_is_stopped) {
  for_each_wait([&](const wait& w, world& in, int& ended, std::error_code& code) {
    on.spawn(watched(w, in, ended, code));
    on.spawn([](loop& l) -> task<> {
      co_await sleep_short();
      l.stop(10s);
    }(on));
    on.run();
    EXPECT_EQ(code, std::errc::operation_canceled);
  });
}

TEST_P(suspensions, end_when_their_loop_is_destroyed) {
  for (const wait& w : all_waits()) {
    if (!w.is_there) continue;
    SCOPED_TRACE(w.name);
    int ended = 0;
    std::error_code code;
    // (What belongs to a loop must go before it; here the task has it.)
    loop mine(loop_options{.backend = GetParam().c_str(), .report_suspended = false});
    mine.spawn([](const wait& what, int& count, std::error_code& why) -> task<> {
      world in;
      co_await hold_back(in);
      co_await watched(what, in, count, why);
    }(w, ended, code));
    { const loop gone = std::move(mine); }
    EXPECT_EQ(ended, 1);
    EXPECT_EQ(code, std::errc::operation_canceled);
  }
}

// --- ten thousand at a time ---

task<> one_of_many(int which, world& in, int& ended) {
  struct at_end {
    int& count;
    ~at_end() { ++count; }
  } counted{ended};
  char byte;
  switch (which % 6) {
    case 0:
      co_await sleep_for(24h);
      break;
    case 1:
      co_await readable(in.ends.a);
      break;
    case 2:
      (void)co_await recv_fd(in.more.a, &byte, 1);
      break;
    case 3:
      (void)co_await in.empty.receive();
      break;
    case 4:
      (void)co_await in.listener.accept();
      break;
    default:
      co_await with_timeout(24h, in.told.wait());
  }
}

TEST_P(suspensions, ten_thousand_at_a_time_end_with_their_loop_before_its_deadline) {
  constexpr int count = 10'000;
  const long before = blocks();
  const long fds = open_descriptors();
  {
    world in;
    loop mine(loop_options{.backend = GetParam().c_str()});
    int ended = 0;
    for (int i = 0; i < count; ++i) mine.spawn(one_of_many(i, in, ended));
    mine.spawn([](loop& l) -> task<> {
      co_await sleep_short();
      EXPECT_EQ(l.size(), static_cast<std::size_t>(count + 1));
      l.stop(30s);
    }(mine));
    mine.run();  // throws when the deadline is over
    EXPECT_EQ(ended, count);
    in.listener.close();
  }
  EXPECT_EQ(open_descriptors(), fds);
  EXPECT_LE(blocks(), before);  // (fewer, when a thread of an earlier test went just now)
}

// --- what is told of those that are left ---

task<> waits_for_nobody() { co_await wait_for_ever(); }
task<> waits_for_the_other() { co_await waits_for_nobody(); }

TEST_P(suspensions, that_a_loop_leaves_are_told_with_where_they_wait) {
  testing::internal::CaptureStderr();
  {
    loop mine(loop_options{.backend = GetParam().c_str(), .report_suspended = true});
    EXPECT_EQ(code_of([&] { mine.run(waits_for_the_other()); }),
              std::errc::resource_deadlock_would_occur);
  }
  const std::string told = testing::internal::GetCapturedStderr();
  EXPECT_NE(told.find("eddy: a loop ends, but tasks are suspended:\n"), std::string::npos) << told;
  EXPECT_NE(told.find("waits_for_nobody"), std::string::npos) << told;
  EXPECT_NE(told.find("waits_for_the_other"), std::string::npos) << told;
  EXPECT_NE(told.find("suspension_matrix_test.cpp:"), std::string::npos) << told;
}

EDDY_COROUTINES_ON_EVERY_BACKEND(suspensions);

}  // namespace
}  // namespace eddy::test
