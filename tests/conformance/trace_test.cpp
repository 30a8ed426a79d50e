// Equal scripts give equal traces: a seeded script of adds, removals, writes, reads, closes,
// timers, activations and operations is played on every backend, and what was told must be the
// same.
//
// What is compared, and so promised: which callbacks run in a step, how often, with what, and with
// which results. What is not: the order of events that become ready in the same wait (kernels list
// them differently), and in which of a step's few turns an operation completes (the adapter needs
// one more than the kernel), nor how much a recv gets of what comes while it is submitted. A step
// therefore is four looks, its events are sorted, and a descriptor that is ready in every turn,
// because nobody reads, is listed once.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "support/backends.h"
#include "support/recorded.h"
#include "support/sockets.h"
#include "support/system.h"
#include "support/watching.h"

namespace eddy::engine::test {
namespace {

constexpr int watched_pairs = 8;
constexpr int operated_pairs = 4;
constexpr int timer_count = 6;
constexpr int steps = 120;
constexpr std::int64_t ms = 1'000'000;

class script {
 public:
  script(const std::string& backend, std::uint64_t seed)
      : random_(seed), on_(backend, with_clock()) {
    EXPECT_EQ(on_->set_priorities(3), 0);
    for (int i = 0; i < watched_pairs; ++i) watched_.push_back(std::make_unique<peer>(*this, i));
    for (int i = 0; i < operated_pairs; ++i)
      operated_.push_back(std::make_unique<operated>(*this, i));
    for (int i = 0; i < timer_count; ++i) {
      timers_.push_back(std::make_unique<watching>(*on_, -1, i % 2 == 0 ? 0 : watch_persist));
      watching* t = timers_.back().get();
      t->run = [this, t, i] { told("timer", i, t->last); };
      t->priority = static_cast<std::uint8_t>(i % 3);
    }
  }

  ~script() {
    for (auto& p : watched_) p->stop();
    for (auto& t : timers_) on_->remove(t.get(), removal::wait);
    cancel_all(*on_);
    while (on_->operations_in_flight() != 0 && on_->run(run_once) != run_result::failed) continue;
  }

  std::string play() {
    std::ostringstream trace;
    for (int step = 0; step < steps; ++step) {
      act();
      now_.clear();
      for (int turn = 0; turn < 4; ++turn)
        EXPECT_NE(on_->run(run_once | run_nonblocking), run_result::failed);
      std::sort(now_.begin(), now_.end());
      trace << step << ":";
      for (const std::string& one : now_) trace << " " << one;
      trace << " (" << on_->count(count_added) << " added)\n";
    }
    return trace.str();
  }

 private:
  struct peer {
    socket_pair pair;
    watching reader, writer;
    bool reads = true;

    peer(script& s, int i)
        : reader(*s.on_, pair.a.get(), watch_read | watch_persist),
          writer(*s.on_, pair.a.get(), watch_write) {
      // The least urgent: one that is always ready would starve what is less urgent than itself.
      reader.priority = writer.priority = 2;
      reader.run = [this, &s, i] {
        if (!reads) return s.told_once("unread", i, reader.last);
        char buffer[4096];
        const ssize_t got = ::recv(pair.a.get(), buffer, sizeof buffer, 0);
        s.told("reader", i, reader.last * 10'000 + static_cast<int>(got));
        if (got == 0) s.on_->remove(&reader, removal::wait);
      };
      writer.run = [this, &s, i] {
        s.told("writer", i, writer.last);
        (void)::send(pair.a.get(), "w", 1, MSG_NOSIGNAL);
      };
    }
    void stop() {
      reader.owner->remove(&reader, removal::wait);
      reader.owner->remove(&writer, removal::wait);
    }
  };

  struct operated {
    socket_pair pair;
    recorded in, out;
    char buffer[8] = {};

    operated(script& s, int i) {
      in.then = [&s, i](recorded& r) { s.told("recv", i, static_cast<int>(r.ended_with)); };
      out.then = [&s, i](recorded& r) { s.told("send", i, static_cast<int>(r.ended_with)); };
    }
  };

  loop_options with_clock() {
    loop_options options;
    options.clock = clock_.source();
    return options;
  }

  void told(const char* who, int number, int what) {
    now_.push_back(who + std::to_string(number) + "=" + std::to_string(what));
  }

  // What is told in every turn of a step.
  void told_once(const char* who, int number, int what) {
    told(who, number, what);
    if (std::count(now_.begin(), now_.end(), now_.back()) > 1) now_.pop_back();
  }

  std::size_t draw(std::size_t below) { return random_() % below; }

  void act() {
    for (std::size_t n = draw(4); n-- > 0;) {
      if (draw(3) == 0)
        act_on_timer(*timers_[draw(timers_.size())]);
      else
        act_on_peer(draw(watched_.size()));
    }
    // One each: when a recv is attempted, at submit or in the wait, decides how much it finds.
    act_on_operation(*operated_[draw(operated_.size())]);
  }

  void act_on_peer(std::size_t which) {
    peer& p = *watched_[which];
    switch (draw(10)) {
      case 0:
      case 1:
        (void)on_->add(&p.reader, forever);
        break;
      case 2:
        (void)on_->add(&p.writer, forever);
        break;
      case 3:
        on_->remove(&p.reader, removal::wait);
        break;
      case 4:
        on_->remove(&p.writer, removal::wait);
        break;
      case 5:
      case 6:
        (void)::send(p.pair.b.get(), "hello", 1 + draw(5), MSG_NOSIGNAL);
        break;
      case 7:
        p.reads = !p.reads;
        break;
      case 8:
        on_->activate(&p.writer, watch_write, 1);
        break;
      default:
        if (draw(4) != 0) break;
        // A new connection under, very likely, the same number.
        p.stop();
        watched_[which].reset();
        watched_[which] = std::make_unique<peer>(*this, static_cast<int>(which));
        (void)on_->add(&watched_[which]->reader, forever);
    }
  }

  void act_on_timer(watching& t) {
    switch (draw(4)) {
      case 0:
        on_->remove(&t, removal::wait);
        break;
      case 1:
        clock_.now += static_cast<std::int64_t>(draw(20)) * ms;
        break;
      default:
        (void)on_->add(&t, static_cast<std::int64_t>(draw(30)) * ms);
    }
  }

  void act_on_operation(operated& o) {
    switch (draw(5)) {
      case 0:
        if (!o.in.is_idle()) break;
        prepare_recv(o.in, o.pair.a.get(), o.buffer, sizeof o.buffer, 0);
        submit(*on_, o.in);
        break;
      case 1:
        if (!o.out.is_idle()) break;
        prepare_send(o.out, o.pair.a.get(), "operated", 1 + draw(8), 0);
        submit(*on_, o.out);
        break;
      case 2:
        cancel(*on_, o.in);
        break;
      case 3:
        (void)::send(o.pair.b.get(), "peer's", 1 + draw(6), MSG_NOSIGNAL);
        break;
      default:
        if (draw(6) == 0) (void)::shutdown(o.pair.b.get(), SHUT_WR);
    }
  }

  std::mt19937_64 random_;
  driven_clock clock_;
  opened_loop on_;
  std::vector<std::unique_ptr<peer>> watched_;
  std::vector<std::unique_ptr<operated>> operated_;
  std::vector<std::unique_ptr<watching>> timers_;
  std::vector<std::string> now_;
};

// The first line that differs, of both; empty when none does.
std::string first_difference(const std::string& a, const std::string& b) {
  std::istringstream in_a(a), in_b(b);
  std::string line_a, line_b;
  while (std::getline(in_a, line_a) && std::getline(in_b, line_b))
    if (line_a != line_b) return line_a + "\n" + line_b;
  return a == b ? "" : "one is longer";
}

TEST(traces, of_equal_scripts_are_equal_on_all_backends) {
  const std::vector<std::string> backends = available_backends();
  if (backends.size() < 2) GTEST_SKIP() << "not on this system: a second backend";
  // Under Wine each call is a message to another process.
  const std::uint64_t seeds = is_under_wine() ? 60 : 200;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const std::string expected = script(backends.back(), seed).play();
    ASSERT_NE(expected.find("reader"), std::string::npos) << "a script in which nothing happens";
    for (const std::string& backend : backends)
      ASSERT_EQ(first_difference(script(backend, seed).play(), expected), "")
          << "seed " << seed << ": " << backend << ", then " << backends.back();
  }
}

TEST(traces, of_one_script_are_the_same_each_time) {
  for (const std::string& backend : available_backends())
    EXPECT_EQ(first_difference(script(backend, 42).play(), script(backend, 42).play()), "");
}

}  // namespace
}  // namespace eddy::engine::test
