// What is peculiar to each of the backends of other systems: how many calls it makes, and the traps
// of its kernel. What all backends have in common is in ../conformance and ../faults.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "capi/settings.h"
#include "event2/thread.h"
#include "support/backends.h"
#include "support/recorded.h"
#include "support/sockets.h"
#include "support/watching.h"

namespace eddy::engine::test {
namespace {

constexpr int rd = watch_read;
constexpr int wr = watch_write;
constexpr int persist = watch_persist;

void put(const descriptor& to) { ASSERT_EQ(::send(to.get(), "x", 1, 0), 1); }

void take(const descriptor& from) {
  char byte;
  ASSERT_EQ(::recv(from.get(), &byte, 1, 0), 1);
}

void fill(const descriptor& fd) {
  const std::string much(1 << 16, '.');
  while (::send(fd.get(), much.data(), much.size(), MSG_DONTWAIT) > 0) continue;
}

void turn(opened_loop& on) { ASSERT_NE(on->run(run_once | run_nonblocking), run_result::failed); }

loop_options with_locks() {
  evthread_use_pthreads();
  loop_options options;
  options.threads = capi::process_threading();
  return options;
}

// How often each call was made while it lives.
class counted_calls : public sys::interceptor {
 public:
  counted_calls() { sys::set_interceptor(this); }
  ~counted_calls() override { sys::set_interceptor(nullptr); }
  int before(sys::call which, int, std::size_t&) override {
    ++seen_[static_cast<std::size_t>(which)];
    return 0;
  }
  int operator[](sys::call which) const { return seen_[static_cast<std::size_t>(which)]; }

 private:
  std::atomic<int> seen_[256] = {};
};

// Runs a function once, just before a call is made.
class before_call : public sys::interceptor {
 public:
  before_call(sys::call which, std::function<void()> run) : which_(which), run_(std::move(run)) {
    sys::set_interceptor(this);
  }
  ~before_call() override { sys::set_interceptor(nullptr); }
  int before(sys::call which, int, std::size_t&) override {
    if (which == which_ && !done_.exchange(true)) run_();
    return 0;
  }

 private:
  sys::call which_;
  std::function<void()> run_;
  std::atomic<bool> done_{false};
};

struct watched_pairs {
  std::vector<socket_pair> pairs;
  std::vector<std::unique_ptr<watching>> readers;

  watched_pairs(loop& l, std::size_t count) : pairs(count) {
    for (const socket_pair& p : pairs) {
      readers.push_back(std::make_unique<watching>(l, p.a.get(), rd | persist));
      EXPECT_EQ(l.add(readers.back().get(), forever), 0);
    }
  }
};

TEST(kqueue, takes_the_changes_and_the_ends_of_a_turn_with_the_call_that_waits) {
  opened_loop on("kqueue");
  watched_pairs all(*on, 20);
  watching quiet(*on, all.pairs[0].a.get(), wr | persist);
  fill(all.pairs[0].a);
  turn(on);
  ASSERT_EQ(on->add(&quiet, forever), 0);
  turn(on);
  const counted_calls calls;
  on->remove(&quiet, removal::wait);
  for (std::size_t i = 10; i < 20; ++i) on->remove(all.readers[i].get(), removal::wait);
  put(all.pairs[1].b);
  turn(on);
  EXPECT_EQ(all.readers[1]->calls, 1);
  EXPECT_EQ(calls[sys::call::kevent_change], 0);
  EXPECT_EQ(calls[sys::call::kevent_wait], 1);
  for (std::size_t i = 0; i < 10; ++i) on->remove(all.readers[i].get(), removal::wait);
}

TEST(kqueue, looks_for_events_although_closed_descriptors_could_not_be_removed) {
  opened_loop on("kqueue");
  watched_pairs all(*on, 5);
  for (std::size_t i = 1; i < 5; ++i) {
    on->remove(all.readers[i].get(), removal::wait);
    all.pairs[i].a.close();
  }
  put(all.pairs[0].b);
  turn(on);
  EXPECT_EQ(all.readers[0]->calls, 1);
  on->remove(all.readers[0].get(), removal::wait);
}

TEST(kqueue, watches_who_got_a_number_in_the_turn_in_which_it_was_closed) {
  opened_loop on("kqueue");
  watched_pairs all(*on, 2);
  socket_pair heir;
  const int number = all.readers[0]->fd;
  on->remove(all.readers[0].get(), removal::wait);
  ASSERT_EQ(::dup2(heir.a.get(), number), number);  // closes what was there
  watching w(*on, number, rd | persist);
  ASSERT_EQ(on->add(&w, forever), 0);
  put(heir.b);
  turn(on);
  EXPECT_EQ(w.calls, 1);
  turn(on);
  EXPECT_EQ(w.calls, 2);
  on->remove(&w, removal::wait);
  on->remove(all.readers[1].get(), removal::wait);
}

TEST(kqueue, does_not_take_the_number_from_who_got_it_before_the_removal_was_handed_over) {
  opened_loop on("kqueue", with_locks());
  ASSERT_EQ(on->make_wakeable(), 0);
  watched_pairs all(*on, 2);
  turn(on);
  socket_pair heir;
  put(heir.b);
  const int number = all.readers[0]->fd;
  watching w(*on, number, rd | persist, [&] { on->stop_now(); });
  on->remove(all.readers[0].get(), removal::wait);
  const before_call other(sys::call::kevent_wait, [&] {
    std::thread([&] {
      EXPECT_EQ(::dup2(heir.a.get(), number), number);
      EXPECT_EQ(on->add(&w, forever), 0);
    }).join();
  });
  EXPECT_EQ(on->run(0), run_result::stopped);
  EXPECT_EQ(w.calls, 1);
  on->remove(&w, removal::wait);
  on->remove(all.readers[1].get(), removal::wait);
}

TEST(kqueue, changes_from_once_to_always_and_from_level_to_edge) {
  opened_loop on("kqueue");
  socket_pair pair;
  put(pair.b);
  watching once(*on, pair.a.get(), rd), always(*on, pair.a.get(), rd | persist),
      edge(*on, pair.a.get(), rd | watch_edge | persist);
  ASSERT_EQ(on->add(&once, forever), 0);
  turn(on);
  ASSERT_EQ(on->add(&always, forever), 0);
  for (int i = 0; i < 3; ++i) turn(on);
  EXPECT_EQ(once.calls, 1);
  EXPECT_EQ(always.calls, 3);
  ASSERT_EQ(on->add(&edge, forever), 0);
  for (int i = 0; i < 3; ++i) turn(on);
  EXPECT_EQ(edge.calls, 1);
  on->remove(&edge, removal::wait);
  turn(on);
  const int before = always.calls;
  turn(on);
  EXPECT_EQ(always.calls, before + 1);
  on->remove(&always, removal::wait);
}

TEST(kqueue, watches_for_a_close_alone_without_being_woken_by_data) {
  opened_loop on("kqueue");
  socket_pair pair;
  put(pair.b);
  watching closed(*on, pair.a.get(), watch_closed | persist);
  ASSERT_EQ(on->add(&closed, forever), 0);
  turn(on);
  EXPECT_EQ(on->statistics().ready, 0u);
  pair.b.close();
  for (int i = 1; i <= 2; ++i) {
    ASSERT_EQ(on->run(run_once), run_result::stopped);
    EXPECT_EQ(closed.calls, i);
  }
  on->remove(&closed, removal::wait);
}

TEST(kqueue, tells_that_a_pipe_is_writable_which_nobody_reads_any_more) {
  opened_loop on("kqueue");
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
  descriptor out(ends[0]), in(ends[1]);
  out.close();
  watching w(*on, in.get(), wr);
  ASSERT_EQ(on->add(&w, forever), 0);
  EXPECT_EQ(on->run(0), run_result::nothing_to_do);
  EXPECT_EQ(w.last, wr);
}

// Wherever what is watched is the process's, a child starts afresh, and leaves its parent's alone.
class inherited : public testing::TestWithParam<const char*> {};

TEST_P(inherited, loops_go_on_in_both_processes) {
  opened_loop on(GetParam());
  socket_pair pair;
  watching w(*on, pair.a.get(), rd | persist);
  ASSERT_EQ(on->add(&w, forever), 0);
  turn(on);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const bool afresh = on->after_fork() == 0;
    put(pair.b);
    turn(on);
    ::_exit(afresh && w.calls == 1 ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  turn(on);
  EXPECT_EQ(w.calls, 1);
  take(pair.a);
  turn(on);
  EXPECT_EQ(w.calls, 1);
  on->remove(&w, removal::wait);
}

INSTANTIATE_TEST_SUITE_P(backend, inherited, testing::Values("kqueue", "evport", "devpoll"),
                         [](const auto& one) { return std::string(one.param); });

TEST(event_ports, associate_once_for_a_watcher_that_is_told_once) {
  opened_loop on("evport");
  socket_pair pair;
  put(pair.b);
  watching w(*on, pair.a.get(), rd);
  const counted_calls calls;
  for (int i = 1; i <= 3; ++i) {
    ASSERT_EQ(on->add(&w, forever), 0);
    turn(on);
    EXPECT_EQ(w.calls, i);
    EXPECT_EQ(calls[sys::call::port_associate], i);
  }
}

TEST(event_ports, associate_again_only_what_was_told) {
  opened_loop on("evport");
  watched_pairs all(*on, 10);
  turn(on);
  put(all.pairs[3].b);
  put(all.pairs[4].b);
  turn(on);
  take(all.pairs[3].a);
  const counted_calls calls;
  turn(on);
  EXPECT_EQ(calls[sys::call::port_associate], 2);
  EXPECT_EQ(all.readers[3]->calls, 1);
  EXPECT_EQ(all.readers[4]->calls, 2);
  for (const auto& w : all.readers) on->remove(w.get(), removal::wait);
}

TEST(event_ports, tell_once_that_a_descriptor_was_closed_while_it_was_watched) {
  opened_loop on("evport");
  watched_pairs all(*on, 1);
  put(all.pairs[0].b);
  turn(on);
  EXPECT_EQ(all.readers[0]->calls, 1);
  all.pairs[0].a.close();
  for (int i = 0; i < 3; ++i) turn(on);
  EXPECT_EQ(all.readers[0]->calls, 2);
  on->remove(all.readers[0].get(), removal::wait);
}

TEST(event_ports, try_again_what_could_not_be_associated) {
  opened_loop on("evport");
  watched_pairs all(*on, 1);
  put(all.pairs[0].b);
  turn(on);
  take(all.pairs[0].a);
  {
    const failing_calls none(sys::call::port_associate, [](int) { return ENOMEM; });
    turn(on);
  }
  const int before = all.readers[0]->calls;
  put(all.pairs[0].b);
  turn(on);
  EXPECT_EQ(all.readers[0]->calls, before + 1);
  on->remove(all.readers[0].get(), removal::wait);
}

TEST(dev_poll, writes_what_changed_in_a_turn_at_once) {
  opened_loop on("devpoll");
  const counted_calls calls;
  watched_pairs all(*on, 20);
  watching writer(*on, all.pairs[0].a.get(), wr | persist);
  turn(on);
  EXPECT_EQ(calls[sys::call::dev_poll_write], 1);
  ASSERT_EQ(on->add(&writer, forever), 0);
  for (std::size_t i = 10; i < 20; ++i) on->remove(all.readers[i].get(), removal::wait);
  turn(on);
  EXPECT_EQ(calls[sys::call::dev_poll_write], 2);
  EXPECT_EQ(writer.calls, 1);
  on->remove(&writer, removal::wait);
  const auto told = on->statistics().ready;
  turn(on);
  EXPECT_EQ(on->statistics().ready, told) << "what is wanted no longer must not stay";
  for (std::size_t i = 0; i < 10; ++i) on->remove(all.readers[i].get(), removal::wait);
}

}  // namespace
}  // namespace eddy::engine::test
