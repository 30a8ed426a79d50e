// Readiness from a kernel that answers each poll once, and not before it likes: all short scripts,
// and many long ones.
#include <gtest/gtest.h>

#include <cerrno>
#include <functional>
#include <memory>
#include <vector>

#include "backend/poll_states.h"
#include "base/memory.h"
#include "support/choices.h"

namespace eddy::engine::test {
namespace {

// Descriptors 0 and 1, each of which is in some state; a number may be closed and used again.
class polled_kernel final : public poll_kernel {
 public:
  struct socket {
    bool open = true;
    interest ready = 0;
    int life = 0;  // how often the number was used again
  };
  struct polling : poll_request {
    int polls = -1;  // the descriptor, as long as it is with the kernel
    int of_life = 0;
    bool told = false;
  };
  struct answer {
    polling* of;
    interest ready;
  };

  socket sockets[2];
  std::vector<polling*> has;
  int alive = 0;

  int check(int fd) override { return sockets[fd].open ? 0 : EBADF; }
  poll_request* make_request() override {
    ++alive;
    return memory::create<polling>();
  }
  void drop_request(poll_request* r) override {
    EXPECT_EQ(static_cast<polling*>(r)->polls, -1) << "dropped while the kernel has it";
    --alive;
    memory::destroy(static_cast<polling*>(r));
  }
  int give_poll(poll_request* r) override {
    auto* p = static_cast<polling*>(r);
    EXPECT_EQ(p->polls, -1) << "asked twice";
    if (!sockets[r->fd].open) return EBADF;
    for (const polling* other : has) EXPECT_NE(other->polls, r->fd) << "two polls of it";
    p->polls = r->fd;
    p->of_life = sockets[r->fd].life;
    p->told = false;
    has.push_back(p);
    return 0;
  }
  void cancel_poll(poll_request* r) override { static_cast<polling*>(r)->told = true; }

  bool is_of_this_life(const polling* p) const { return p->of_life == sockets[p->polls].life; }

  // What it may answer now: an event, that it was told to end, or that the descriptor was closed.
  std::vector<answer> answers() const {
    std::vector<answer> all;
    for (polling* p : has) {
      const bool lives = is_of_this_life(p) && sockets[p->polls].open;
      const auto ready = static_cast<interest>(lives ? sockets[p->polls].ready & p->asked : 0);
      if (ready != 0) all.push_back({p, ready});
      if (p->told || !lives) all.push_back({p, 0});
    }
    return all;
  }

  void let_go(polling* p) {
    for (std::size_t i = 0; i < has.size(); ++i)
      if (has[i] == p) has.erase(has.begin() + static_cast<std::ptrdiff_t>(i));
    p->polls = -1;
  }
};

class script {
 public:
  explicit script(choices& by) : by_(by) {}

  void step() {
    std::vector<std::function<void()>> may;
    for (int fd = 0; fd < 2; ++fd) add_wishes(may, fd);
    for (const polled_kernel::answer& a : kernel_.answers())
      may.push_back([this, a] { answer(a); });
    if (waiting_)
      may.push_back([this] { after_wait(); });
    else
      may.push_back([this] { before_wait(); });
    may[static_cast<std::size_t>(by_.pick(static_cast<int>(may.size())))]();
  }

  // What is ready and wanted is told within three turns, and in each turn after that.
  void finish() {
    if (waiting_) after_wait();
    for (int turns = 0; turns < 3; ++turns) whole_turn();
    for (int fd = 0; fd < 2; ++fd) {
      one& o = all_[fd];
      const bool open = kernel_.sockets[fd].open;
      const auto due = static_cast<interest>(o.wanted & kernel_.sockets[fd].ready);
      if (open && due != 0 && o.expects()) {
        EXPECT_EQ(o.seen & due, due) << "of " << fd;
      }
      if (!open && o.wanted != 0) {
        EXPECT_TRUE(o.once && o.fired != 0) << "nobody told of " << fd;
      }
    }
    states_.forget_all(kernel_);
    while (!kernel_.has.empty()) answer({kernel_.has.back(), 0});
    EXPECT_EQ(states_.with_kernel(), 0u);
    EXPECT_EQ(kernel_.alive, 0);
  }

 private:
  struct one {
    interest wanted = 0;
    std::uint32_t tag = 0;
    bool once = false;
    int fired = 0;      // since it was wanted so
    interest seen = 0;  // in whole turns
    bool expects() const { return !once || fired == 0 || seen != 0; }
  };

  void add_wishes(std::vector<std::function<void()>>& may, int fd) {
    one& o = all_[fd];
    polled_kernel::socket& s = kernel_.sockets[fd];
    if (s.open)
      for (const interest what : {interest{watch_read}, interest{watch_read | watch_write}})
        if (o.wanted != what) may.push_back([this, fd, what] { want(fd, what, false); });
    if (s.open && o.wanted == 0) may.push_back([this, fd] { want(fd, watch_read, true); });
    if (o.wanted != 0) may.push_back([this, fd] { want(fd, 0, false); });
    may.push_back([&s] { s.ready = s.ready == 0 ? interest{watch_read} : interest{0}; });
    if (s.open)
      may.push_back([&s] { s.open = false; });
    else
      may.push_back([&s] {
        s.open = true;
        ++s.life;
      });
  }

  void want(int fd, interest wanted, bool once) {
    one& o = all_[fd];
    if (o.wanted == 0) o.tag = ++tags_;
    o.fired = 0;
    o.seen = 0;
    o.wanted = wanted;
    o.once = once;
    ASSERT_EQ(states_.update(kernel_, fd, wanted, o.tag, once), 0);
  }

  void answer(const polled_kernel::answer& a) {
    kernel_.let_go(a.of);
    came_.push_back(a);
    if (!waiting_) collect();
  }

  void before_wait() {
    states_.before_wait(kernel_);
    waiting_ = true;
  }

  void after_wait() {
    states_.after_wait();
    waiting_ = false;
    collect();
  }

  // As a backend does: answers are taken in when the wait is over.
  void collect() {
    fired_list fired;
    for (const polled_kernel::answer& a : came_) states_.came(kernel_, a.of, a.ready, fired);
    came_.clear();
    const std::size_t events = fired.ready.size();
    states_.tell_failed(kernel_, fired);
    for (std::size_t i = 0; i < fired.ready.size(); ++i) told(fired.ready[i], i >= events);
  }

  void told(const fired& f, bool failed) {
    one& o = all_[f.fd];
    EXPECT_EQ(f.tag, o.tag);
    EXPECT_NE(o.wanted, 0);
    o.seen = static_cast<interest>(o.seen | f.what);
    if (failed) {  // its descriptor is gone
      o.wanted = 0;
      return;
    }
    EXPECT_EQ(f.what & ~o.wanted, 0u);
    ++o.fired;
    EXPECT_TRUE(!o.once || o.fired == 1);
  }

  void whole_turn() {
    for (one& o : all_)
      if (!o.once) o.seen = 0;
    before_wait();
    for (bool some = true; some;) {
      const auto answers = kernel_.answers();
      some = !answers.empty();
      if (some) answer(answers.front());
    }
    after_wait();
  }

  choices& by_;
  polled_kernel kernel_;
  poll_states states_;
  one all_[2];
  std::vector<polled_kernel::answer> came_;
  std::uint32_t tags_ = 0;
  bool waiting_ = false;
};

TEST(poll_states_test, what_is_wanted_and_ready_is_told_in_every_short_script) {
  choices by;
  do {
    script s(by);
    for (int i = 0; i < 5; ++i) s.step();
    s.finish();
    ASSERT_FALSE(testing::Test::HasFailure()) << by.told();
  } while (by.next());
}

TEST(poll_states_test, what_is_wanted_and_ready_is_told_in_long_scripts) {
  for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
    choices by;
    by.seed(seed);
    script s(by);
    for (int i = 0; i < 30; ++i) s.step();
    s.finish();
    ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace eddy::engine::test
