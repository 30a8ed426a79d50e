// Transfers with a kernel that does its worst: all short scripts, and many long ones.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backend/accepted_row.h"
#include "base/memory.h"
#include "buffer/buffer.h"
#include "support/scripted_kernel.h"

namespace eddy::engine::test {
namespace {

std::size_t pieces_in(const chain* last) {
  std::size_t count = 0;
  const chain* at = last;
  if (at != nullptr) do {
      ++count;
      at = at->next;
    } while (at != last);
  return count;
}

// What streams and listeners do with one watcher.
class side {
 public:
  side(scripted_kernel& kernel, int direction, bool accepts)
      : kernel_(kernel), direction_(direction), accepts_(accepts) {}
  virtual ~side() = default;
  side(const side&) = delete;
  side& operator=(const side&) = delete;

  void fresh() {
    w_ = std::make_unique<watcher>();
    w_->flags =
        static_cast<std::int16_t>(is_initialised | is_transfer | (accepts_ ? is_acceptor : 0));
    w_->events = static_cast<std::int16_t>(direction_ | watch_persist);
    w_->here.moved = transfer{{nullptr}, 0, 0};
    stopped_ = false;
    prepare(*w_);
  }

  // What it may do next.
  void add_to(std::vector<std::function<void()>>& may) {
    const bool asked = w_->here.moved.number != 0;
    if (!asked && !w_->is(has_moved)) may.push_back([this] { begin(); });
    if (asked && !stopped_) {
      may.push_back([this] { stop(false); });
      may.push_back([this] { stop(true); });
    }
    if (stopped_) may.push_back([this] { replace(); });
    if (asked && direction_ == watch_write)
      may.push_back([this] { kernel_.transfers.hurry_send(kernel_, w_.get()); });
  }

  bool is(const watcher* w) const { return w == w_.get(); }

  void told() {
    EXPECT_FALSE(w_->is(has_moved));
    told_of(*w_);
    if (w_->here.moved.number == 0) stopped_ = false;
  }

  // To the end: nothing is wanted any more.
  void stop_for_good() {
    if (w_->here.moved.number != 0 && !stopped_) stop(false);
  }
  void let_go() {
    kernel_.transfers.abandon(w_.get());
    take_rest(*w_);
    w_.reset();
  }

 protected:
  virtual int ask(watcher& w) = 0;
  virtual void told_of(watcher& w) = 0;
  virtual void prepare(watcher& w) { (void)w; }
  virtual void take_rest(watcher& w) { (void)w; }
  scripted_kernel& kernel() { return kernel_; }

 private:
  void begin() {
    ASSERT_EQ(ask(*w_), 0);
    EXPECT_NE(w_->here.moved.number, 0u);
    stopped_ = false;
  }

  void stop(bool later) {
    if (accepts_)
      (void)kernel_.transfers.stop_accepting(kernel_, w_.get(), later);
    else
      kernel_.transfers.stop(kernel_, w_.get(), later);
    stopped_ = w_->here.moved.number != 0;
  }

  // Its owner frees it: what comes late must not touch it.
  void replace() {
    let_go();
    fresh();
  }

  scripted_kernel& kernel_;
  int direction_;
  bool accepts_;
  std::unique_ptr<watcher> w_;
  bool stopped_ = false;
};

class receiver final : public side {
 public:
  explicit receiver(scripted_kernel& kernel) : side(kernel, watch_read, false) {}
  std::size_t pieces = 0;

 protected:
  int ask(watcher& w) override { return kernel().transfers.receive(&w); }
  void told_of(watcher& w) override {
    const std::int32_t outcome = w.here.moved.outcome;
    EXPECT_TRUE(outcome == goes_on || outcome == ended_early || outcome == end_of_stream ||
                outcome == -ECONNRESET)
        << outcome;
    EXPECT_EQ(outcome == goes_on, w.here.moved.number != 0);
    take_rest(w);
  }
  void take_rest(watcher& w) override {
    pieces += pieces_in(w.here.moved.last);
    release_circle(std::exchange(w.here.moved.last, nullptr));
  }
};

class sender final : public side {
 public:
  explicit sender(scripted_kernel& kernel) : side(kernel, watch_write, false) {
    static const std::string text(send_job::worth_no_copy, 'b');
    EXPECT_EQ(from_.add(text.data(), text.size()), 0);
  }
  std::size_t bytes = 0;

 protected:
  int ask(watcher& w) override { return kernel().transfers.send(&w, from_, 40 << 10, true); }
  void told_of(watcher& w) override {
    const std::int32_t outcome = w.here.moved.outcome;
    EXPECT_EQ(w.here.moved.number, 0u);
    EXPECT_TRUE(outcome > 0 || outcome == -ECANCELED || outcome == -EPIPE || outcome == -EAGAIN)
        << outcome;
    if (outcome > 0) bytes += static_cast<std::size_t>(outcome);
  }

 private:
  buffer from_;
};

class acceptor final : public side {
 public:
  explicit acceptor(scripted_kernel& kernel) : side(kernel, watch_read, true) {}
  ~acceptor() override { close_all(); }
  std::size_t connections = 0;

 protected:
  void prepare(watcher& w) override { w.here.moved.row = &row_; }
  int ask(watcher& w) override { return kernel().transfers.accept(&w); }
  void told_of(watcher& w) override {
    const std::int32_t outcome = w.here.moved.outcome;
    EXPECT_TRUE(outcome == goes_on || outcome == ended_early || outcome == -EMFILE) << outcome;
    close_all();
  }

 private:
  void close_all() {
    for (int fd = row_.take(); fd >= 0; fd = row_.take()) {
      ++connections;
      EXPECT_EQ(::close(fd), 0);
    }
  }
  accepted_row row_;
};

enum class role { receives, sends, accepts };

class script {
 public:
  script(choices& by, kernel_kind is, std::vector<role> roles) : by_(by), kernel_(by, is) {
    kernel_.connect = [this] {
      const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
      made_.push_back(fd);
      return fd;
    };
    if (is == kernel_kind::ring)
      kernel_.room = by.toss() ? 100 : 1;
    else
      kernel_.ends_in_call = true;
    for (const role r : roles) {
      sides_.push_back(make(r));
      sides_.back()->fresh();
    }
  }

  void step() {
    std::vector<std::function<void()>> may;
    for (auto& s : sides_) s->add_to(may);
    for (const scripted_kernel::move& m : kernel_.moves())
      may.push_back([this, m] { kernel_.make(m); });
    may.push_back([this] { turn(); });
    if (kernel_.room < 2) may.push_back([this] { ++kernel_.room; });
    may[static_cast<std::size_t>(by_.pick(static_cast<int>(may.size())))]();
    EXPECT_TRUE(kernel_.reads_only('b'));
  }

  void finish() {
    kernel_.room = 100;
    for (auto& s : sides_) s->stop_for_good();
    for (int turns = 0; kernel_.transfers.count() != 0 && turns < 20; ++turns) {
      turn();
      while (!kernel_.has.empty()) kernel_.make(kernel_.moves().front());
    }
    turn();
    EXPECT_EQ(kernel_.transfers.count(), 0u);
    EXPECT_EQ(kernel_.transfers.under_way(), 0u);
    EXPECT_EQ(kernel_.transfers.notices_due(), 0u);
    EXPECT_FALSE(kernel_.transfers.has_news());
    for (auto& s : sides_) s->let_go();
    if (receiver_ != nullptr) {
      EXPECT_EQ(receiver_->pieces, kernel_.pieces_wanted);
    }
    if (sender_ != nullptr) {
      EXPECT_LE(sender_->bytes, kernel_.bytes_sent);
    }
    sides_.clear();
    for (const int fd : made_) EXPECT_TRUE(::fcntl(fd, F_GETFD) == -1 && errno == EBADF);
  }

 private:
  std::unique_ptr<side> make(role r) {
    if (r == role::accepts) return std::make_unique<acceptor>(kernel_);
    if (r == role::sends) {
      auto made = std::make_unique<sender>(kernel_);
      sender_ = made.get();
      return made;
    }
    auto made = std::make_unique<receiver>(kernel_);
    receiver_ = made.get();
    return made;
  }

  void turn() {
    kernel_.transfers.give_cancels(kernel_);
    kernel_.transfers.give_receives(kernel_);
    kernel_.transfers.give_sends(kernel_);
    kernel_.transfers.give_accepts(kernel_);
    while (watcher* w = kernel_.transfers.next_moved()) {
      std::size_t whose = 0;
      for (auto& s : sides_)
        if (s->is(w)) {
          s->told();
          ++whose;
        }
      ASSERT_EQ(whose, 1u) << "news for a watcher that is gone";
    }
  }

  choices& by_;
  scripted_kernel kernel_;
  std::vector<std::unique_ptr<side>> sides_;
  receiver* receiver_ = nullptr;
  sender* sender_ = nullptr;
  std::vector<int> made_;
};

class transfer_states_on : public testing::TestWithParam<kernel_kind> {
 protected:
  void every_script(const std::vector<role>& roles, int steps) {
    choices by;
    do {
      script s(by, GetParam(), roles);
      for (int i = 0; i < steps; ++i) s.step();
      s.finish();
      ASSERT_FALSE(HasFailure()) << by.told();
    } while (by.next());
  }
};
INSTANTIATE_TEST_SUITE_P(kernel, transfer_states_on,
                         testing::Values(kernel_kind::ring, kernel_kind::port), [](const auto& k) {
                           return k.param == kernel_kind::ring ? "ring" : "port";
                         });

TEST_P(transfer_states_on, no_piece_is_lost_or_told_to_who_is_gone_in_every_script_of_a_receive) {
  every_script({role::receives}, 7);
}

TEST_P(transfer_states_on,
       what_is_sent_stays_until_the_kernel_has_let_go_in_every_script_of_a_send) {
  every_script({role::sends}, 7);
}

TEST_P(transfer_states_on, each_connection_is_handed_over_or_closed_in_every_script_of_an_accept) {
  every_script({role::accepts}, 7);
}

TEST_P(transfer_states_on, a_receive_and_a_send_keep_apart_in_every_script) {
  every_script({role::receives, role::sends}, 5);
}

TEST_P(transfer_states_on, all_of_them_keep_apart_in_long_scripts) {
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    choices by;
    by.seed(seed);
    script s(by, GetParam(), {role::receives, role::sends, role::accepts});
    for (int i = 0; i < 60; ++i) s.step();
    s.finish();
    ASSERT_FALSE(HasFailure()) << "seed " << seed;
  }
}

// While it lives, allocations fail from the n-th on; what was taken before may be given back.
class no_memory_after {
 public:
  explicit no_memory_after(int allocations) : before_(memory::get_functions()) {
    left = allocations;
    memory::set_functions(
        {[](std::size_t n) { return left-- > 0 ? std::malloc(n) : nullptr; },
         [](void* p, std::size_t n) { return left-- > 0 ? std::realloc(p, n) : nullptr; },
         std::free});
  }
  ~no_memory_after() { memory::set_functions(before_); }
  no_memory_after(const no_memory_after&) = delete;
  no_memory_after& operator=(const no_memory_after&) = delete;
  static bool was_enough() { return left >= 0; }

 private:
  static inline int left = 0;
  memory::functions before_;
};

watcher watcher_for(int direction, int flags) {
  watcher w;
  w.flags = static_cast<std::int16_t>(is_initialised | is_transfer | flags);
  w.events = static_cast<std::int16_t>(direction);
  w.here.moved = transfer{{nullptr}, 0, 0};
  return w;
}

TEST(transfer_states_test, what_finds_no_memory_is_refused_and_leaves_nothing_behind) {
  buffer from;
  ASSERT_EQ(from.add("some", 4), 0);
  for (const int what : {0, 1, 2}) {
    bool done = false;
    for (int allocations = 0; !done; ++allocations) {
      choices by;
      scripted_kernel kernel(by, kernel_kind::ring);
      watcher w = watcher_for(what == 1 ? watch_write : watch_read, what == 2 ? is_acceptor : 0);
      int error = 0;
      {
        const no_memory_after limit(allocations);
        error = what == 0   ? kernel.transfers.receive(&w)
                : what == 1 ? kernel.transfers.send(&w, from, 4, true)
                            : kernel.transfers.accept(&w);
        done = no_memory_after::was_enough();
      }
      EXPECT_EQ(error, done ? 0 : ENOMEM) << what << ' ' << allocations;
      EXPECT_EQ(kernel.transfers.count(), done ? 1u : 0u);
      EXPECT_EQ(w.here.moved.number != 0, done);
      EXPECT_EQ(from.size(), 4u);
      if (what == 2)
        (void)kernel.transfers.stop_accepting(kernel, &w, false);
      else
        kernel.transfers.stop(kernel, &w, false);
      EXPECT_EQ(kernel.transfers.count(), 0u);
    }
  }
}

TEST(transfer_states_test, cancels_that_find_no_memory_are_asked_for_all_the_same) {
  choices by;
  scripted_kernel kernel(by, kernel_kind::ring);
  std::vector<watcher> all(20, watcher_for(watch_read, 0));
  for (watcher& w : all) ASSERT_EQ(kernel.transfers.receive(&w), 0);
  kernel.transfers.give_receives(kernel);
  {
    const no_memory_after limit(0);
    for (watcher& w : all) kernel.transfers.stop(kernel, &w, true);
  }
  for (const auto& r : kernel.has) EXPECT_FALSE(r.told_to_end);
  kernel.transfers.give_cancels(kernel);
  EXPECT_EQ(kernel.has.size(), all.size());
  for (const auto& r : kernel.has) EXPECT_TRUE(r.told_to_end);
  while (!kernel.has.empty()) kernel.make({0, scripted_kernel::outcome::cancelled});
  std::size_t told = 0;
  while (kernel.transfers.next_moved() != nullptr) ++told;
  EXPECT_EQ(told, all.size());
}

TEST(transfer_states_test, what_was_stopped_is_not_sent_again_though_the_kernel_would_not_lend_it) {
  for (const bool room : {true, false}) {
    choices by;
    scripted_kernel kernel(by, kernel_kind::ring);
    const std::string text(send_job::worth_no_copy, 'b');
    buffer from;
    ASSERT_EQ(from.add(text.data(), text.size()), 0);
    watcher w = watcher_for(watch_write, 0);
    ASSERT_EQ(kernel.transfers.send(&w, from, text.size(), true), 0);
    kernel.transfers.give_sends(kernel);
    if (!room) kernel.room = 0;
    kernel.transfers.stop(kernel, &w, false);
    kernel.room = 100;
    kernel.make({0, scripted_kernel::outcome::refusal});
    kernel.transfers.give_cancels(kernel);
    kernel.transfers.give_sends(kernel);
    EXPECT_TRUE(kernel.has.empty());
    EXPECT_EQ(kernel.transfers.count(), 0u);
    EXPECT_EQ(kernel.transfers.next_moved(), &w);
    EXPECT_EQ(w.here.moved.outcome, -EAGAIN);
  }
}

TEST(transfer_states_test, watchers_of_a_kernel_that_is_gone_are_told_to_ask_again) {
  choices by;
  scripted_kernel kernel(by, kernel_kind::ring);
  buffer from;
  ASSERT_EQ(from.add("some", 4), 0);
  watcher given = watcher_for(watch_read, 0), fresh = given;
  watcher sends = watcher_for(watch_write, 0), accepts = watcher_for(watch_read, is_acceptor);
  ASSERT_EQ(kernel.transfers.receive(&given), 0);
  ASSERT_EQ(kernel.transfers.send(&sends, from, 4, false), 0);
  ASSERT_EQ(kernel.transfers.accept(&accepts), 0);
  kernel.transfers.give_receives(kernel);
  kernel.transfers.give_sends(kernel);
  kernel.transfers.give_accepts(kernel);
  ASSERT_EQ(kernel.transfers.receive(&fresh), 0);
  kernel.transfers.give_up(true);
  kernel.has.clear();
  EXPECT_EQ(kernel.transfers.count(), 0u);
  std::size_t told = 0;
  while (const watcher* w = kernel.transfers.next_moved()) {
    ++told;
    EXPECT_EQ(w->here.moved.number, 0u);
    EXPECT_EQ(w->here.moved.outcome, w == &accepts ? -EOWNERDEAD : ended_early);
  }
  EXPECT_EQ(told, 4u);
  kernel.transfers.give_receives(kernel);
  EXPECT_TRUE(kernel.has.empty());
}

TEST(transfer_states_test, watchers_that_are_forgotten_may_go_while_the_kernel_goes_on) {
  choices by;
  scripted_kernel kernel(by, kernel_kind::ring);
  buffer from;
  ASSERT_EQ(from.add("some", 4), 0);
  {
    watcher reads = watcher_for(watch_read, 0), sends = watcher_for(watch_write, 0);
    ASSERT_EQ(kernel.transfers.receive(&reads), 0);
    ASSERT_EQ(kernel.transfers.send(&sends, from, 4, false), 0);
    kernel.transfers.give_receives(kernel);
    kernel.transfers.give_sends(kernel);
    kernel.transfers.forget(kernel, true);
    EXPECT_EQ(reads.here.moved.number, 0u);
    EXPECT_EQ(sends.here.moved.number, 0u);
  }
  ASSERT_EQ(kernel.has.size(), 2u);
  while (!kernel.has.empty()) kernel.make({0, scripted_kernel::outcome::all});
  EXPECT_EQ(kernel.transfers.next_moved(), nullptr);
  EXPECT_EQ(kernel.transfers.count(), 0u);
}

}  // namespace
}  // namespace eddy::engine::test
