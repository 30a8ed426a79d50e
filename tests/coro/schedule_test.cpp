// Programs made of everything that waits, by a seed, and cancelled at each step in turn: whatever
// is cut off where, each task ends once, and nothing is lost, doubled, left locked or leaked.
//
// EDDY_SEED=n runs the programs of that seed only, EDDY_SCHEDULES=n so many in place of the usual.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

#include "support/coroutines.h"

namespace eddy::test {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr long usual_schedules = 1'000;
#else
constexpr long usual_schedules = 25'000;  // for each of four backends
#endif

long number_of(const char* name, long otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr ? std::atol(value) : otherwise;
}

struct chance {
  std::uint64_t state;
  // splitmix64
  std::uint64_t next() {
    std::uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
  }
  int below(int n) { return static_cast<int>(next() % static_cast<std::uint64_t>(n)); }
};

struct world {
  mutex one;
  semaphore two{2};
  channel<int> values{1};
  event told;
  std::array<int, 2> sockets{-1, -1};
  int in_mutex = 0, in_semaphore = 0;
  int began = 0, ended = 0;
  int sent = 0, received = 0;
};

struct counted_life {
  explicit counted_life(world& of) : w(of) { ++w.began; }
  ~counted_life() { ++w.ended; }
  counted_life(const counted_life&) = delete;
  counted_life& operator=(const counted_life&) = delete;
  world& w;
};

task<> some_rounds(int n) {
  for (; n > 0; --n) co_await yield_once();
}
task<> sends(world& w) {
  co_await w.values.send(1);
  ++w.sent;
}
task<> receives(world& w) {
  if (auto x = co_await w.values.receive()) ++w.received;
}
task<> is_alone(world& w, int rounds) {
  auto lock = co_await w.one.lock();
  EXPECT_EQ(++w.in_mutex, 1);
  co_await some_rounds(rounds);
  --w.in_mutex;
}
task<> is_one_of_two(world& w, int rounds) {
  auto permit = co_await w.two.enter();
  EXPECT_LE(++w.in_semaphore, 2);
  co_await some_rounds(rounds);
  --w.in_semaphore;
}
async_generator<int> yields(world& w, int n) {
  const counted_life life(w);
  for (int i = 0; i < n; ++i) {
    co_await sleep_for(std::chrono::seconds(0));
    co_yield i;
  }
}
task<> uses_sockets(world& w, int which) {
  char byte = 'x';
  if (which % 2 == 0)
    (void)co_await send_fd(w.sockets[0], &byte, 1);
  else
    (void)co_await recv_fd(w.sockets[1], &byte, 1);
}

task<> acts(world& w, chance by, int depth);

task<> acts_once(world& w, chance& by, int depth) {
  const int rounds = by.below(3);
  switch (by.below(depth < 2 ? 12 : 9)) {
    case 0:
      return is_alone(w, rounds);
    case 1:
      return is_one_of_two(w, rounds);
    case 2:
      return [](world& in, int n) -> task<> {
        (void)co_await when_any(sends(in), some_rounds(n + 1));
      }(w, rounds);
    case 3:
      return [](world& in, int n) -> task<> {
        (void)co_await when_any(some_rounds(n + 1), receives(in));
      }(w, rounds);
    case 4:
      return [](world& in, int n) -> task<> {
        (void)co_await when_any(in.told.wait(), some_rounds(n));
        in.told.set();
        co_await yield_once();
        in.told.reset();
      }(w, rounds);
    case 5:
      return [](world& in, int n) -> task<> {
        auto g = yields(in, n);
        while (auto x = co_await g.next()) {
        }
      }(w, rounds);
    case 6:
      return [](world& in, int n) -> task<> {
        (void)co_await when_any(uses_sockets(in, n), some_rounds(n + 1));
      }(w, rounds);
    case 7:
      return [](world& in, int n) -> task<> {
        (void)co_await as_result(with_timeout(std::chrono::seconds(0), is_alone(in, n)));
      }(w, rounds);
    case 8:
      return some_rounds(rounds);
    case 9:
      return [](world& in, chance c, int d) -> task<> {
        const chance other{c.next()};
        (void)co_await when_all(acts(in, c, d), acts(in, other, d));
      }(w, chance{by.next()}, depth + 1);
    case 10:
      return [](world& in, chance c, int d) -> task<> {
        const chance other{c.next()};
        (void)co_await when_any(acts(in, c, d), acts(in, other, d));
      }(w, chance{by.next()}, depth + 1);
    default:
      return [](world& in, chance c, int d) -> task<> {
        co_await with_scope([&](scope& s) -> task<> {
          s.spawn(acts(in, c, d));
          s.spawn(acts(in, chance{c.next()}, d));
          if (c.below(3) == 0) s.cancel();
          co_return;
        });
      }(w, chance{by.next()}, depth + 1);
  }
}

task<> acts(world& w, chance by, int depth) {
  const counted_life life(w);
  for (int left = 1 + by.below(3); left > 0; --left) co_await acts_once(w, by, depth);
}

// True when the step came while the program still ran.
task<bool> run_and_cancel(world& w, std::uint64_t seed, int step) {
  bool cancelled = false;
  co_await with_scope([&](scope& s) -> task<> {
    chance by{seed};
    for (int i = 0; i < 3; ++i) s.spawn(acts(w, chance{by.next()}, 0));
    for (int i = 0; i < step && s.size() > 1; ++i) co_await yield_once();
    cancelled = s.size() > 1;
    s.cancel();
  });
  co_return cancelled;
}

class schedules : public coroutines_on_every_backend {
 protected:
  schedules() {
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()), 0);
  }
  ~schedules() override {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  // Whether there are further steps.
  bool run_one(std::uint64_t seed, int step) {
    const long before = blocks();
    bool cancelled = false;
    {
      world w;
      w.sockets = ends;
      try {
        cancelled = on.run(run_and_cancel(w, seed, step));
      } catch (const std::exception& e) {
        ADD_FAILURE() << e.what();
      }
      EXPECT_EQ(w.began, w.ended);
      EXPECT_FALSE(w.one.is_locked());
      EXPECT_EQ(w.two.available(), 2u);
      EXPECT_EQ(w.sent, w.received + static_cast<int>(w.values.size()));
      EXPECT_EQ(on.size(), 0u);
    }
    EXPECT_EQ(blocks(), before);
    return cancelled;
  }

  std::array<int, 2> ends{};
};

TEST_P(schedules, cancelled_at_each_step_in_turn_all_ends_once_and_nothing_is_lost) {
  const long given = number_of("EDDY_SEED", 0);
  std::uint64_t seed = given != 0 ? static_cast<std::uint64_t>(given) : std::random_device()();
  long left = number_of("EDDY_SCHEDULES", usual_schedules);
  const auto end = loop::clock::now() + 3s;  // on a machine that is too slow
  for (; left > 0 && loop::clock::now() < end; ++seed) {
    int step = 0;
    bool more = true;
    for (; more && !HasFailure(); ++step, --left) more = run_one(seed, step);
    if (HasFailure()) {
      ADD_FAILURE() << "EDDY_SEED=" << seed << " repeats it, at step " << step - 1;
      return;
    }
    if (given != 0) return;
  }
}

EDDY_COROUTINES_ON_EVERY_BACKEND(schedules);

}  // namespace
}  // namespace eddy::test
