// What the system may refuse or do to a loop, and what the loop does then.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "base/memory.h"
#include "base/sys.h"
#include "support/backends.h"
#include "support/sockets.h"
#include "support/system.h"

namespace eddy::engine::test {
namespace {

struct counted : watcher {
  int calls = 0;
  counted(loop& l, int descriptor, int wanted) {
    flags = is_initialised;
    kind = (wanted & watch_persist) != 0 ? closure::persistent_event : closure::event;
    events = static_cast<std::int16_t>(wanted);
    fd = descriptor;
    owner = &l;
    argument = this;
    on_event = [](int, short, void* self) { ++static_cast<counted*>(self)->calls; };
  }
};

class loop_faults : public on_every_backend {
 protected:
  opened_loop on{GetParam()};
};

TEST_P(loop_faults, a_regular_file_is_refused_where_it_cannot_be_watched) {
  std::FILE* file = std::tmpfile();
  counted w(*on, ::fileno(file), watch_read);
  const int error = on->add(&w, forever);
  EXPECT_EQ(error, (on->features() & feature_any_fd) != 0 ? 0 : EPERM);
  EXPECT_EQ(w.is(in_watch_list), error == 0);
  on->remove(&w, removal::do_not_wait);
  std::fclose(file);
}

TEST_P(loop_faults, a_descriptor_beyond_the_methods_limit_is_refused_and_else_watched) {
  EDDY_NEEDS(a_limit_of_descriptors_is_there);
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit before = limit;
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 4096);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  socket_pair pair;
  descriptor high(::fcntl(pair.a.get(), F_DUPFD_CLOEXEC, FD_SETSIZE + 10));
  if (high.get() < 0) GTEST_SKIP() << "a process may not have that many descriptors here";
  counted w(*on, high.get(), watch_write);
  const bool beyond = GetParam() == "select";
  EXPECT_EQ(on->add(&w, forever), beyond ? EINVAL : 0);
  EXPECT_EQ(on->run(0), run_result::nothing_to_do);
  EXPECT_EQ(w.calls, beyond ? 0 : 1);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

TEST_P(loop_faults, a_closed_descriptor_is_refused) {
  socket_pair pair;
  const int closed = pair.a.get();
  pair.a.close();
  counted w(*on, closed, watch_read);
  const int error = on->add(&w, forever);
  const bool may_be_late = (on->features() & feature_cheap_update) != 0;
  EXPECT_TRUE(error == EBADF || (error == 0 && may_be_late)) << error;
  on->remove(&w, removal::do_not_wait);
}

TEST_P(loop_faults, a_duplicate_that_keeps_a_closed_descriptor_does_not_make_the_loop_spin) {
  socket_pair pair, other;
  descriptor duplicate(::dup(pair.a.get()));
  ASSERT_EQ(::send(pair.b.get(), "x", 1, 0), 1);
  counted w(*on, pair.a.get(), watch_read | watch_persist);
  ASSERT_EQ(on->add(&w, forever), 0);
  pair.a.close();  // the mistake: before it was removed
  on->remove(&w, removal::do_not_wait);
  counted wanted(*on, other.a.get(), watch_read);
  ASSERT_EQ(on->add(&wanted, forever), 0);
  ASSERT_EQ(on->add(&wanted, 20'000'000), 0);
  EXPECT_EQ(on->run(0), run_result::nothing_to_do);
  EXPECT_EQ(wanted.calls, 1);
  EXPECT_EQ(w.calls, 0);
  EXPECT_LT(on->statistics().turns, 1000u);
}

// EINTR and worse, for every call in turn.
struct failing_call : sys::interceptor {
  std::atomic<int> until_failure{0};
  int error = EINTR;
  int before(sys::call which, int, std::size_t&) override {
    if (which == sys::call::close) return 0;
    return --until_failure == 0 ? error : 0;
  }
};

TEST_P(loop_faults, one_failing_system_call_fails_one_thing_at_most) {
  for (const int error : {EINTR, ENOMEM, EMFILE}) {
    for (int k = 1; k < 40; ++k) {
      failing_call fault;
      fault.error = error;
      fault.until_failure = k;
      sys::set_interceptor(&fault);
      loop l;
      loop_options options;
      const std::string name = GetParam();
      options.backend = name.c_str();
      if (l.open(options) == 0) {
        socket_pair pair;
        ASSERT_EQ(::send(pair.b.get(), "x", 1, 0), 1);
        counted w(l, pair.a.get(), watch_read);
        if (l.add(&w, forever) == 0) {
          EXPECT_NE(l.run(0), run_result::failed);
          EXPECT_EQ(w.calls, 1);
        }
      }
      sys::set_interceptor(nullptr);
    }
  }
}

int allocations_left = -1;

void* failing_allocate(std::size_t size) {
  return allocations_left == 0 || --allocations_left == 0 ? nullptr : std::malloc(size);
}
void* failing_reallocate(void* old, std::size_t size) {
  return allocations_left == 0 || --allocations_left == 0 ? nullptr : std::realloc(old, size);
}

TEST_P(loop_faults, every_allocation_may_fail_and_nothing_crashes) {
  for (int k = 1; k < 30; ++k) {
    allocations_left = k;
    memory::set_functions({failing_allocate, failing_reallocate, std::free});
    {
      loop l;
      loop_options options;
      const std::string name = GetParam();
      options.backend = name.c_str();
      if (l.open(options) == 0) {
        socket_pair pair;
        counted w(l, pair.a.get(), watch_write), timer(l, -1, 0);
        const bool added = l.add(&w, forever) == 0;
        const bool timed = l.add(&timer, 0) == 0;
        allocations_left = 1'000'000;  // what was accepted must happen
        EXPECT_EQ(l.run(0), run_result::nothing_to_do);
        EXPECT_EQ(w.calls, added ? 1 : 0);
        EXPECT_EQ(timer.calls, timed ? 1 : 0);
      }
    }
    memory::set_functions({nullptr, nullptr, nullptr});
  }
}

TEST_P(loop_faults, a_million_posts_from_four_threads_all_run_in_each_threads_order) {
  ASSERT_EQ(on->make_wakeable(), 0);
  static constexpr int threads = 4, each = 250'000;
  struct numbered : posted_work {
    int from = 0, number = 0;
  };
  std::vector<std::vector<numbered>> work(threads, std::vector<numbered>(each));
  struct {
    int next[threads] = {};
    int done = 0;
    bool in_order = true;
    loop* l = nullptr;
  } seen;
  seen.l = &*on;
  std::vector<std::thread> posters;
  on->add_virtual(1);
  for (int t = 0; t < threads; ++t) {
    posters.emplace_back([&, t] {
      for (int i = 0; i < each; ++i) {
        numbered& n = work[static_cast<std::size_t>(t)][static_cast<std::size_t>(i)];
        n.from = t;
        n.number = i;
        n.argument = &seen;
        n.on_self = [](callback* c, void* argument) {
          auto* n_now = static_cast<numbered*>(static_cast<posted_work*>(c));
          auto* s = static_cast<decltype(seen)*>(argument);
          s->in_order = s->in_order && s->next[n_now->from]++ == n_now->number;
          if (++s->done == threads * each) s->l->stop_now();
        };
        EXPECT_TRUE(on->post(&n));
      }
    });
  }
  EXPECT_EQ(on->run(run_without_events), run_result::stopped);
  for (std::thread& t : posters) t.join();
  EXPECT_EQ(seen.done, threads * each);
  EXPECT_TRUE(seen.in_order);
}

// Each waits for its own before it posts again, so that the loop sleeps in between.
TEST_P(loop_faults, a_wake_up_is_seen_whichever_thread_it_comes_from) {
  ASSERT_EQ(on->make_wakeable(), 0);
  static constexpr int threads = 4, each = 500;
  struct answered : posted_work {
    std::atomic<int> seen{0};
  };
  struct {
    loop* l = nullptr;
    int answers = 0;
  } all;
  all.l = &*on;
  std::vector<answered> work(threads);
  std::vector<std::thread> posters;
  on->add_virtual(1);
  for (answered& one : work) {
    one.argument = &all;
    one.on_self = [](callback* c, void* argument) {
      auto* a = static_cast<decltype(all)*>(argument);
      ++static_cast<answered*>(static_cast<posted_work*>(c))->seen;
      if (++a->answers == threads * each) a->l->stop_now();
    };
    posters.emplace_back([&] {
      for (int i = 1; i <= each; ++i) {
        EXPECT_TRUE(on->post(&one));
        while (one.seen != i) std::this_thread::yield();
      }
    });
  }
  EXPECT_EQ(on->run(run_without_events), run_result::stopped);
  for (std::thread& t : posters) t.join();
  EXPECT_EQ(all.answers, threads * each);
}

// Where there is no eventfd, wake-ups go through a pipe, which takes 8,192 of them. (What a write
// to a full one tells those who wait by edge is not promised anywhere: Linux wakes them
// since 5.14.)
struct no_eventfd : sys::interceptor {
  std::atomic<int> writes{0}, reads{0};
  no_eventfd() { sys::set_interceptor(this); }
  ~no_eventfd() override { sys::set_interceptor(nullptr); }
  int before(sys::call which, int, std::size_t&) override {
    if (which == sys::call::write) ++writes;
    if (which == sys::call::read) ++reads;
    return which == sys::call::eventfd ? ENOSYS : 0;
  }
};

TEST_P(loop_faults, more_wake_ups_than_a_pipe_holds_wake_without_an_eventfd) {
  EDDY_NEEDS(pipes_are_no_sockets);
  no_eventfd pipes;
  ASSERT_EQ(on->make_wakeable(), 0);
  struct counted_work : posted_work {
    std::atomic<bool> done{true};
  } work;
  work.on_self = [](callback* c, void*) {
    static_cast<counted_work*>(static_cast<posted_work*>(c))->done = true;
  };
  socket_pair over;
  counted stop(*on, over.a.get(), watch_read);
  ASSERT_EQ(on->add(&stop, forever), 0);
  bool lost = false;
  std::thread poster([&] {
    while (pipes.writes < 9'000 && !lost) {
      work.done = false;
      EXPECT_TRUE(on->post(&work));
      for (int i = 0; !work.done && !lost; ++i) {
        std::this_thread::yield();
        lost = i == 20'000'000;
      }
    }
    over.b.close();
  });
  EXPECT_EQ(on->run(0), run_result::nothing_to_do);
  poster.join();
  EXPECT_EQ(stop.calls, 1);
  EXPECT_FALSE(lost);
  EXPECT_GT(pipes.reads, 0) << "it is full";
}

EDDY_ON_EVERY_BACKEND(loop_faults);

}  // namespace
}  // namespace eddy::engine::test
