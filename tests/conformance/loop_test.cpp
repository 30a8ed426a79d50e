// The turn: priorities, stopping, deferring, posting, hooks, limits, statistics.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/backends.h"
#include "support/recorded.h"
#include "support/sockets.h"
#include "support/watching.h"

namespace eddy::engine::test {
namespace {

constexpr std::int64_t ms = 1'000'000;

struct deferred : posted_work {
  std::function<void()> run;
  int calls = 0;
  explicit deferred(std::function<void()> what = {}) : run(std::move(what)) {
    flags = is_initialised;
    on_self = [](callback* c, void*) {
      auto* self = static_cast<deferred*>(static_cast<posted_work*>(c));
      ++self->calls;
      if (self->run) self->run();
    };
  }
};

class loops : public on_every_backend {
 public:
  opened_loop on{GetParam()};
  std::string order;

  std::function<void()> note(char name) {
    return [this, name] { order += name; };
  }
  void turn() { ASSERT_NE(on->run(run_once | run_nonblocking), run_result::failed); }
};

TEST_P(loops, the_most_urgent_run_first_and_each_priority_in_the_order_of_activation) {
  ASSERT_EQ(on->set_priorities(3), 0);
  watching a(*on, -1, 0, note('a')), b(*on, -1, 0, note('b')), c(*on, -1, 0, note('c')),
      d(*on, -1, 0, note('d'));
  a.priority = 2;
  b.priority = c.priority = 1;
  d.priority = 0;
  for (watching* w : {&a, &b, &c, &d}) on->activate(w, watch_read, 1);
  EXPECT_EQ(on->run(0), run_result::nothing_to_do);
  EXPECT_EQ(order, "dbca");
}

TEST_P(loops, what_a_callback_makes_more_urgent_runs_before_the_rest_of_its_own_priority) {
  ASSERT_EQ(on->set_priorities(2), 0);
  watching urgent(*on, -1, 0, note('u'));
  watching a(*on, -1, 0, [&] {
    order += 'a';
    on->activate(&urgent, watch_read, 1);
  });
  watching b(*on, -1, 0, note('b'));
  a.priority = b.priority = 1;
  on->activate(&a, watch_read, 1);
  on->activate(&b, watch_read, 1);
  EXPECT_EQ(on->run(0), run_result::nothing_to_do);
  EXPECT_EQ(order, "aub");
}

TEST_P(loops, stop_after_turn_lets_the_active_ones_run_and_stop_now_does_not) {
  for (const bool now : {false, true}) {
    order.clear();
    watching a(*on, -1, 0, [&] {
      order += 'a';
      now ? on->stop_now() : on->stop_after_turn();
    });
    watching b(*on, -1, 0, note('b'));
    on->activate(&a, watch_read, 1);
    on->activate(&b, watch_read, 1);
    EXPECT_EQ(on->run(0), run_result::stopped);
    EXPECT_EQ(order, now ? "a" : "ab");
    EXPECT_EQ(on->stopped_now(), now);
    EXPECT_EQ(on->run(0), run_result::nothing_to_do);
    EXPECT_EQ(order, "ab");
  }
}

TEST_P(loops, restart_turn_looks_for_what_is_new_before_it_goes_on) {
  socket_pair pair;
  ASSERT_EQ(on->set_priorities(2), 0);
  watching urgent(*on, pair.a.get(), watch_read, note('u'));
  ASSERT_EQ(on->add(&urgent, forever), 0);
  watching a(*on, -1, 0, [&] {
    order += 'a';
    ASSERT_EQ(::write(pair.b.get(), "x", 1), 1);
    on->restart_turn();
  });
  watching b(*on, -1, 0, note('b'));
  a.priority = b.priority = 1;
  on->activate(&a, watch_read, 1);
  on->activate(&b, watch_read, 1);
  EXPECT_EQ(on->run(0), run_result::nothing_to_do);
  EXPECT_EQ(order, "aub");
}

TEST_P(loops, run_is_refused_while_it_runs) {
  run_result inner = run_result::stopped;
  watching w(*on, -1, 0, [&] { inner = on->run(0); });
  on->activate(&w, watch_read, 1);
  EXPECT_EQ(on->run(0), run_result::nothing_to_do);
  EXPECT_EQ(inner, run_result::failed);
}

TEST_P(loops, an_empty_loop_has_nothing_to_do_unless_it_is_told_to_stay) {
  EXPECT_EQ(on->run(0), run_result::nothing_to_do);
  on->add_virtual(1);
  EXPECT_EQ(on->run(run_nonblocking), run_result::stopped);
  on->add_virtual(-1);
  EXPECT_EQ(on->run(0), run_result::nothing_to_do);
  ASSERT_EQ(on->make_wakeable(), 0);
  deferred stop([&] { on->stop_now(); });
  std::thread other([&] { EXPECT_TRUE(on->post(&stop)); });
  EXPECT_EQ(on->run(run_without_events), run_result::stopped);
  other.join();
  EXPECT_EQ(stop.calls, 1);
}

TEST_P(loops, a_deferred_callback_runs_once_however_often_it_is_deferred) {
  deferred d(note('d')), cancelled(note('c'));
  EXPECT_TRUE(on->defer(&d));
  EXPECT_FALSE(on->defer(&d));
  EXPECT_TRUE(on->defer(&cancelled));
  on->cancel_deferred(&cancelled);
  EXPECT_EQ(on->run(0), run_result::nothing_to_do);
  EXPECT_EQ(order, "d");
}

TEST_P(loops, what_is_activated_later_waits_for_the_next_turn) {
  std::uint64_t first_turn = 0, later_turn = 0;
  watching later(*on, -1, 0, [&] { later_turn = on->statistics().turns; });
  watching a(*on, -1, 0, [&] {
    first_turn = on->statistics().turns;
    later.fired = watch_read;
    on->activate_later(&later);
  });
  on->activate(&a, watch_read, 1);
  EXPECT_EQ(on->run(run_once), run_result::stopped);
  EXPECT_EQ(later_turn, first_turn + 1) << "run_once ends when nothing is active any more";
}

TEST_P(loops, hooks_run_around_each_wait_and_may_remove_themselves_and_each_other) {
  struct named : wait_hook {
    loops* test = nullptr;
    char name = 0;
    named* removes = nullptr;
  };
  named hooks[4];
  for (int i = 0; i < 4; ++i) {
    named& h = hooks[i];
    h.test = this;
    h.name = static_cast<char>('0' + i);
    h.when = i < 3 ? hook_time::before_wait : hook_time::after_wait;
    h.call = [](wait_hook* hook, std::int64_t) {
      auto* self = static_cast<named*>(hook);
      self->test->order += self->name;
      if (self->removes != nullptr) self->test->on->remove_hook(self->removes);
      self->removes = nullptr;
    };
    on->add_hook(&h);
  }
  hooks[0].removes = &hooks[1];
  hooks[2].removes = &hooks[2];
  watching timer(*on, -1, watch_persist, note('t'));
  ASSERT_EQ(on->add(&timer, 1), 0);
  ASSERT_EQ(on->run(run_once), run_result::stopped);
  EXPECT_EQ(order.substr(0, 4), "023t");
  order.clear();
  ASSERT_EQ(on->run(run_once), run_result::stopped);
  EXPECT_EQ(order, "03t");
  on->remove(&timer, removal::wait);
  on->remove_hook(&hooks[0]);
  on->remove_hook(&hooks[3]);
}

TEST_P(loops, a_hook_is_told_how_long_the_wait_will_be) {
  static std::vector<std::int64_t> told;
  told.clear();
  driven_clock clock;
  loop_options options;
  options.clock = clock.source();
  opened_loop driven(GetParam(), options);
  wait_hook hook;
  hook.call = [](wait_hook*, std::int64_t timeout) { told.push_back(timeout); };
  driven->add_hook(&hook);
  watching timer(*driven, -1, 0);
  ASSERT_EQ(driven->add(&timer, 7 * ms), 0);
  EXPECT_EQ(driven->run(run_once | run_nonblocking), run_result::stopped);
  clock.now += 7 * ms;
  EXPECT_EQ(driven->run(0), run_result::nothing_to_do);
  EXPECT_EQ(told, (std::vector<std::int64_t>{0, 0}));
  driven->remove_hook(&hook);
}

TEST_P(loops, a_limit_on_callbacks_lets_the_loop_look_at_the_kernel_between_them) {
  loop_options options;
  options.dispatch_callbacks = 2;
  opened_loop limited(GetParam(), options);
  std::vector<std::unique_ptr<watching>> all;
  for (int i = 0; i < 6; ++i) {
    all.push_back(std::make_unique<watching>(*limited, -1, 0));
    limited->activate(all.back().get(), watch_read, 1);
  }
  EXPECT_EQ(limited->run(0), run_result::nothing_to_do);
  EXPECT_EQ(limited->statistics().waits, 3u);
  EXPECT_EQ(limited->statistics().callbacks, 6u);
}

TEST_P(loops, a_limit_on_time_does_so_too_but_not_for_what_is_urgent) {
  driven_clock clock;
  loop_options options;
  options.clock = clock.source();
  options.dispatch_interval = 5 * ms;
  options.limited_from = 1;
  for (const std::uint8_t priority : {std::uint8_t{0}, std::uint8_t{1}}) {
    opened_loop limited(GetParam(), options);
    ASSERT_EQ(limited->set_priorities(2), 0);
    std::vector<std::unique_ptr<watching>> all;
    for (int i = 0; i < 6; ++i) {
      all.push_back(std::make_unique<watching>(*limited, -1, 0, [&] { clock.now += 3 * ms; }));
      all.back()->priority = priority;
      limited->activate(all.back().get(), watch_read, 1);
    }
    EXPECT_EQ(limited->run(0), run_result::nothing_to_do);
    EXPECT_EQ(limited->statistics().waits, priority == 0 ? 1u : 3u);
  }
}

TEST_P(loops, statistics_count_turns_callbacks_and_the_slowest_of_them) {
  driven_clock clock;
  loop_options options;
  options.clock = clock.source();
  opened_loop timed(GetParam(), options);
  timed->set_timing(true);
  watching quick(*timed, -1, 0, [&] { clock.now += 1 * ms; });
  watching slow(*timed, -1, 0, [&] { clock.now += 9 * ms; });
  timed->activate(&quick, watch_read, 1);
  timed->activate(&slow, watch_read, 1);
  EXPECT_EQ(timed->run(0), run_result::nothing_to_do);
  const loop_statistics& seen = timed->statistics();
  EXPECT_EQ(seen.turns, 1u);
  EXPECT_EQ(seen.callbacks, 2u);
  EXPECT_EQ(seen.in_callbacks, 10 * ms);
  EXPECT_EQ(seen.slowest_callback, 9 * ms);
  EXPECT_EQ(seen.slowest_function, reinterpret_cast<const void*>(slow.on_event));
}

TEST_P(loops, posts_that_come_while_run_begins_and_ends_run_once_each) {
  ASSERT_EQ(on->make_wakeable(), 0);
  std::vector<deferred> work(2000);
  std::atomic<bool> ended{false};
  std::thread poster([&] {
    for (deferred& one : work) EXPECT_TRUE(on->post(&one));
    ended.store(true);
  });
  while (!ended.load()) ASSERT_NE(on->run(run_nonblocking), run_result::failed);
  poster.join();
  EXPECT_EQ(on->run(0), run_result::nothing_to_do);
  for (const deferred& one : work) ASSERT_EQ(one.calls, 1);
}

TEST_P(loops, counts_say_what_is_added_active_and_held) {
  socket_pair pair;
  watching w(*on, pair.a.get(), watch_read), t(*on, -1, 0);
  EXPECT_EQ(on->count(count_added), 0);
  ASSERT_EQ(on->add(&w, 1000 * ms), 0);
  ASSERT_EQ(on->add(&t, 1000 * ms), 0);
  EXPECT_EQ(on->count(count_added), 3);  // one of them twice: watched and timed
  on->activate(&t, watch_timeout, 1);
  EXPECT_EQ(on->count(count_active), 1);
  on->add_virtual(2);
  EXPECT_EQ(on->count(count_virtual), 2);
  EXPECT_EQ(on->count(count_added | count_active | count_virtual), 4 + 1 + 2);
  on->add_virtual(-2);
  on->remove(&w, removal::wait);
  on->remove(&t, removal::wait);
  EXPECT_EQ(on->count(count_added | count_active | count_virtual), 0);
  EXPECT_EQ(on->most(count_added, false), 4);
}

// Every kind of callback does everything to itself and to its neighbours.
enum class kind { descriptor, timer, signal, later, posted, hook, operation_end };
enum class act {
  remove_self,
  remove_others,
  free_others,
  close_descriptor,
  add_again,
  activate_others,
  stop
};

const char* const kind_names[] = {"descriptor", "timer", "signal",       "later",
                                  "posted",     "hook",  "operation_end"};
const char* const act_names[] = {
    "remove_self", "remove_others",   "free_others", "close_descriptor",
    "add_again",   "activate_others", "stop"};

using one_case = std::tuple<std::string, kind, act>;
class callbacks : public testing::TestWithParam<one_case> {};

TEST_P(callbacks, may_do_anything) {
  const auto& [backend, from, what] = GetParam();
  opened_loop on(backend);
  socket_pair pair, other_pair;
  ASSERT_EQ(::write(pair.b.get(), "x", 1), 1);
  ASSERT_EQ(::write(other_pair.b.get(), "x", 1), 1);
  auto other_fd = std::make_unique<watching>(*on, other_pair.a.get(), watch_read | watch_persist);
  auto other_timer = std::make_unique<watching>(*on, -1, watch_persist);
  auto other_signal = std::make_unique<watching>(*on, SIGUSR2, watch_signal | watch_persist);
  std::vector<std::unique_ptr<watching>*> others{&other_fd, &other_timer, &other_signal};
  for (auto* each : others) ASSERT_EQ(on->add(each->get(), each == &other_timer ? 1 : forever), 0);

  watching* self = nullptr;
  int calls = 0;
  const auto remove_others = [&] {
    for (auto* each : others)
      if (*each != nullptr) on->remove(each->get(), removal::wait);
  };
  const auto run = [&, chosen = what] {
    ++calls;
    switch (chosen) {
      case act::remove_self:
        if (self != nullptr) on->remove(self, removal::wait);
        break;
      case act::remove_others:
        remove_others();
        break;
      case act::free_others:
        remove_others();
        for (auto* each : others) each->reset();
        break;
      case act::close_descriptor:
        if (self != nullptr) on->remove(self, removal::wait);
        pair.a.close();
        break;
      case act::add_again:
        if (self != nullptr && calls < 3) {
          EXPECT_EQ(on->add(self, forever), 0);
        }
        break;
      case act::activate_others:
        if (calls > 3) break;
        for (auto* each : others) on->activate(each->get(), watch_read, 1);
        break;
      case act::stop:
        on->stop_now();
        break;
    }
    if (calls > 100) on->stop_now();
  };
  watching by_descriptor(*on, pair.a.get(), watch_read, run), by_timer(*on, -1, 0, run),
      by_signal(*on, SIGUSR1, watch_signal, run);
  deferred by_later(run);
  struct running_hook : wait_hook {
    std::function<void()> run;
  } by_hook;
  by_hook.run = run;
  by_hook.call = [](wait_hook* h, std::int64_t) { static_cast<running_hook*>(h)->run(); };
  recorded by_operation;
  by_operation.then = [&](recorded&) { run(); };
  char byte = 0;
  switch (from) {
    case kind::descriptor:
      self = &by_descriptor;
      break;
    case kind::timer:
      self = &by_timer;
      break;
    case kind::signal:
      self = &by_signal;
      break;
    case kind::later:
      on->defer(&by_later);
      break;
    case kind::posted:
      EXPECT_TRUE(on->post(&by_later));
      break;
    case kind::hook:
      on->add_hook(&by_hook);
      break;
    case kind::operation_end:
      prepare_recv(by_operation, pair.a.get(), &byte, 1, 0);
      submit(*on, by_operation);
      break;
  }
  if (self != nullptr) {
    ASSERT_EQ(on->add(self, from == kind::timer ? 0 : forever), 0);
  }
  if (from == kind::signal) {
    ASSERT_EQ(::raise(SIGUSR1), 0);
  }
  for (int i = 0; i < 20 && calls == 0; ++i)
    ASSERT_NE(on->run(run_once | run_nonblocking), run_result::failed);
  EXPECT_GE(calls, 1);
  for (int i = 0; i < 5; ++i) ASSERT_NE(on->run(run_once | run_nonblocking), run_result::failed);
  remove_others();
  if (self != nullptr) on->remove(self, removal::wait);
  if (from == kind::hook) on->remove_hook(&by_hook);
  EXPECT_EQ(on->run(0), run_result::nothing_to_do);
  EXPECT_EQ(on->count(count_added | count_active), 0);
}

TEST(choice_of_a_backend, by_the_environment_gives_way_to_what_the_program_excludes) {
  if (find_backend("poll") == nullptr) GTEST_SKIP() << "not on this system: the poll backend";
  ASSERT_EQ(::setenv("EDDY_BACKEND", "poll", 1), 0);
  loop_options options;
  options.avoids = [](const char* name, void*) { return std::string(name) == "poll"; };
  loop avoiding, plain;
  EXPECT_EQ(avoiding.open(options), 0);
  EXPECT_EQ(std::string(avoiding.backend_name()), "select");
  EXPECT_EQ(plain.open({}), 0);
  EXPECT_EQ(std::string(plain.backend_name()), "poll");
  ::unsetenv("EDDY_BACKEND");
}

EDDY_ON_EVERY_BACKEND(loops);

INSTANTIATE_TEST_SUITE_P(
    backend, callbacks,
    testing::Combine(testing::ValuesIn(available_backends()),
                     testing::Values(kind::descriptor, kind::timer, kind::signal, kind::later,
                                     kind::posted, kind::hook, kind::operation_end),
                     testing::Values(act::remove_self, act::remove_others, act::free_others,
                                     act::close_descriptor, act::add_again, act::activate_others,
                                     act::stop)),
    [](const auto& one) {
      return std::get<0>(one.param) + "_" + kind_names[static_cast<int>(std::get<1>(one.param))] +
             "_" + act_names[static_cast<int>(std::get<2>(one.param))];
    });

}  // namespace
}  // namespace eddy::engine::test
