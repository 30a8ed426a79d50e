// Streams under random calls, from the program and from their own callbacks: over sockets and
// pairs, with filters above or without, whatever is enabled, disabled, limited, marked, timed,
// flushed, triggered or freed meanwhile, every byte comes, once and in order.
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/thread.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "support/streams.h"

namespace {

using eddy::engine::test::byte_at;
using eddy::engine::test::bytes;
using eddy::engine::test::socket_pair;

struct layer {
  unsigned turned = 0;  // what each byte is XORed with
  std::size_t most = 0;
  int freed = 0;
};

bufferevent_filter_result pass(evbuffer* from, evbuffer* to, ev_ssize_t limit,
                               bufferevent_flush_mode, void* argument) {
  const auto* l = static_cast<layer*>(argument);
  std::size_t size = std::min(evbuffer_get_length(from), l->most);
  if (limit >= 0) size = std::min(size, static_cast<std::size_t>(limit));
  if (size == 0) return BEV_NEED_MORE;
  std::string text(size, '\0');
  EXPECT_EQ(evbuffer_remove(from, text.data(), size), static_cast<int>(size));
  for (char& c : text) c = static_cast<char>(static_cast<unsigned char>(c) ^ l->turned);
  EXPECT_EQ(evbuffer_add(to, text.data(), size), 0);
  return BEV_OK;
}

class play;

struct side {
  play* of = nullptr;
  side* other = nullptr;
  std::vector<bufferevent*> all;  // the lowest first
  std::vector<std::unique_ptr<layer>> layers;
  bool closes = false;
  bool locked = false;  // in its callbacks: then those call nothing of others
  bool gone = false;
  std::size_t written = 0, seen = 0;
  int depth = 0;

  bufferevent* top() const { return all.back(); }
  bufferevent* lowest() const { return all.front(); }
};

// One world of some connections, made and treated as its seed says.
class play {
 public:
  play(event_base* base, unsigned seed) : base_(base), random_(seed) {
    const timeval tick{0, 2000};
    wide_ = ev_token_bucket_cfg_new(100'000, 200'000, 100'000, 200'000, &tick);
    narrow_ = ev_token_bucket_cfg_new(500, 2000, 700, 1500, &tick);
    group_ = bufferevent_rate_limit_group_new(base, wide_);
    for (unsigned i = 1 + below(5); i != 0; --i) connect();
    // Who is full and takes nothing is told so in each turn: the loop alone would never return.
    leave_ = event_new(
        base, -1, EV_PERSIST,
        [](evutil_socket_t, short, void* b) { event_base_loopbreak(static_cast<event_base*>(b)); },
        base);
    event_add(leave_, &tick);
  }
  ~play() {
    event_free(leave_);
    for (auto& s : sides_) end(*s);
    for (int i = 0; i < 5; ++i) event_base_loop(base_, EVLOOP_NONBLOCK);
    for (auto& s : sides_)
      for (auto& l : s->layers) EXPECT_EQ(l->freed, 1);
    bufferevent_rate_limit_group_free(group_);
    ev_token_bucket_cfg_free(wide_);
    ev_token_bucket_cfg_free(narrow_);
  }
  play(const play&) = delete;
  play& operator=(const play&) = delete;

  void disturb() {
    for (unsigned step = 20 + below(100); step != 0; --step) {
      budget_ = 30;
      for (unsigned i = below(4); i != 0; --i) act(any_side());
      if (one_in(2)) event_base_loop(base_, EVLOOP_NONBLOCK);
    }
  }
  void calm_down() {
    calm_ = true;
    for (auto& s : sides_)
      if (!s->gone) calm(*s);
  }
  bool all_came() {
    return std::all_of(sides_.begin(), sides_.end(), [](auto& s) {
      return s->gone || s->other->gone || s->seen == s->other->written;
    });
  }
  std::string report() const {
    std::string text;
    for (auto& s : sides_) {
      text += std::to_string(s->seen) + " of " + std::to_string(s->other->written);
      if (s->gone) text += " (gone)";
      for (bufferevent* b : s->gone ? std::vector<bufferevent*>{} : s->all)
        text += ", " + std::to_string(evbuffer_get_length(bufferevent_get_input(b))) + " in, " +
                std::to_string(evbuffer_get_length(bufferevent_get_output(b))) + " out, enabled " +
                std::to_string(bufferevent_get_enabled(b));
      text += "\n";
    }
    return text;
  }

 private:
  unsigned below(unsigned n) { return static_cast<unsigned>(random_() % n); }
  bool one_in(unsigned n) { return below(n) == 0; }
  side& any_side() { return *sides_[below(static_cast<unsigned>(sides_.size()))]; }
  bufferevent* any_of(side& s) { return s.all[below(static_cast<unsigned>(s.all.size()))]; }

  // --- making ---

  void connect() {
    static constexpr int kinds[] = {
        0, BEV_OPT_DEFER_CALLBACKS, BEV_OPT_THREADSAFE,
        BEV_OPT_THREADSAFE | BEV_OPT_DEFER_CALLBACKS,
        BEV_OPT_THREADSAFE | BEV_OPT_DEFER_CALLBACKS | BEV_OPT_UNLOCK_CALLBACKS};
    const int options = kinds[below(5)] | (one_in(2) ? BEV_OPT_CLOSE_ON_FREE : 0);
    bufferevent* lowest[2];
    if (one_in(3)) {
      ASSERT_EQ(bufferevent_pair_new(base_, options, lowest), 0);
    } else {
      sockets_.emplace_back();
      eddy::engine::test::descriptor* fds[2] = {&sockets_.back().a, &sockets_.back().b};
      for (int i = 0; i < 2; ++i) {
        const int fd = options & BEV_OPT_CLOSE_ON_FREE ? fds[i]->release() : fds[i]->get();
        lowest[i] = bufferevent_socket_new(base_, fd, options);
      }
    }
    const unsigned filters = one_in(2) ? 0 : 1 + below(2);
    const unsigned turned[2] = {below(256), below(256)};
    side* made[2];
    for (int i = 0; i < 2; ++i) {
      sides_.push_back(std::make_unique<side>());
      made[i] = sides_.back().get();
      made[i]->of = this;
      made[i]->closes = (options & BEV_OPT_CLOSE_ON_FREE) != 0;
      made[i]->locked =
          (options & (BEV_OPT_THREADSAFE | BEV_OPT_UNLOCK_CALLBACKS)) == BEV_OPT_THREADSAFE;
      made[i]->all.push_back(lowest[i]);
      for (unsigned f = 0; f < filters; ++f) put_filter_on(*made[i], turned[f], options);
      bufferevent_setcb(made[i]->top(), came, went, happened, made[i]);
      for (bufferevent* b : made[i]->all) bufferevent_enable(b, EV_READ | EV_WRITE);
    }
    made[0]->other = made[1];
    made[1]->other = made[0];
  }

  void put_filter_on(side& s, unsigned turned, int options) {
    s.layers.push_back(std::make_unique<layer>());
    layer& l = *s.layers.back();
    l.turned = turned;
    l.most = one_in(2) ? SIZE_MAX : 1 + below(3000);
    s.all.push_back(bufferevent_filter_new(
        s.top(), pass, pass, options, [](void* x) { ++static_cast<layer*>(x)->freed; }, &l));
  }

  void end(side& s) {
    if (std::exchange(s.gone, true)) return;
    bufferevent_remove_from_rate_limit_group(s.lowest());
    for (std::size_t i = s.all.size(); i-- != 0;)
      if (!s.closes || i + 1 == s.all.size()) bufferevent_free(s.all[i]);
  }

  // --- what is told ---

  static void came(bufferevent*, void* argument) {
    auto& s = *static_cast<side*>(argument);
    ASSERT_FALSE(s.gone);
    if (s.of->calm_ || !s.of->one_in(3)) s.of->take(s, s.of->calm_ ? SIZE_MAX : 20'000);
    s.of->maybe_act(s);
  }
  static void went(bufferevent*, void* argument) {
    auto& s = *static_cast<side*>(argument);
    ASSERT_FALSE(s.gone);
    s.of->maybe_act(s);
  }
  static void happened(bufferevent*, short what, void* argument) {
    auto& s = *static_cast<side*>(argument);
    ASSERT_FALSE(s.gone);
    if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) {
      EXPECT_TRUE(s.other->gone) << what;
    }
    if (s.of->calm_ && (what & BEV_EVENT_TIMEOUT))  // one that was about to be told
      for (bufferevent* b : s.all) bufferevent_enable(b, EV_READ | EV_WRITE);
    s.of->maybe_act(s);
  }
  void maybe_act(side& s) {
    if (!calm_ && budget_-- > 0 && one_in(3)) act(s.locked || one_in(2) ? s : any_side());
  }

  // Taking may bring more, and its callback, before this one has looked at what it took.
  void take(side& s, std::size_t most) {
    evbuffer* in = bufferevent_get_input(s.top());
    const std::size_t size = std::min(evbuffer_get_length(in), most);
    const std::size_t first = s.seen;
    s.seen += size;
    std::string text(size, '\0');
    ASSERT_EQ(evbuffer_remove(in, text.data(), size), static_cast<int>(size));
    for (std::size_t i = 0; i < size; ++i)
      ASSERT_EQ(static_cast<unsigned char>(text[i]), byte_at(first + i)) << "at " << first + i;
    ASSERT_LE(s.seen, s.other->written);
  }

  // --- what is done ---

  void write(side& s, std::size_t size) {
    const std::string text = bytes(s.written, size);
    s.written += size;
    if (one_in(2)) {
      ASSERT_EQ(bufferevent_write(s.top(), text.data(), size), 0);
      return;
    }
    evbuffer* parts = evbuffer_new();
    for (std::size_t at = 0; at < size;) {
      const std::size_t part = std::min<std::size_t>(size - at, 1 + below(600));
      auto* copy = new std::string(text, at, part);
      evbuffer_add_reference(
          parts, copy->data(), part,
          [](const void*, std::size_t, void* owner) { delete static_cast<std::string*>(owner); },
          copy);
      at += part;
    }
    ASSERT_EQ(bufferevent_write_buffer(s.top(), parts), 0);
    evbuffer_free(parts);
  }

  void act(side& s) {
    if (s.gone || s.depth > 3) return;
    ++s.depth;
    switch (below(4)) {
      case 0:
        write(s, one_in(8) ? below(300'000) : below(3000));
        break;
      case 1:
        one_in(2) ? take(s, below(5000)) : enable_or_disable(s);
        break;
      case 2:
        limit(s);
        break;
      default:
        disturb(s);
    }
    --s.depth;
  }

  void enable_or_disable(side& s) {
    if (one_in(2))
      bufferevent_enable(any_of(s), EV_READ | EV_WRITE);
    else
      bufferevent_disable(any_of(s), one_in(2) ? EV_READ : EV_WRITE);
  }

  void limit(side& s) {
    const std::size_t high = one_in(2) ? 0 : 1 + below(3000);
    bufferevent* lowest = s.lowest();
    switch (below(7)) {
      case 0:
        bufferevent_setwatermark(s.top(), EV_READ,
                                 one_in(2) ? 0 : below(static_cast<unsigned>(high) + 1), high);
        break;
      case 1:
        bufferevent_setwatermark(any_of(s), one_in(2) ? EV_READ : EV_WRITE, 0, high);
        break;
      case 2:
        bufferevent_set_rate_limit(lowest, one_in(3) ? narrow_ : one_in(2) ? wide_ : nullptr);
        break;
      case 3:
        if (one_in(2))
          bufferevent_add_to_rate_limit_group(lowest, group_);
        else
          bufferevent_remove_from_rate_limit_group(lowest);
        break;
      case 4:
        bufferevent_set_max_single_read(lowest, one_in(2) ? 0 : 1 + below(5000));
        bufferevent_set_max_single_write(lowest, one_in(2) ? 0 : 1 + below(5000));
        break;
      case 5:
        (void)bufferevent_rate_limit_group_set_cfg(group_, one_in(2) ? wide_ : narrow_);
        (void)bufferevent_rate_limit_group_set_min_share(group_, below(200));
        break;
      default:
        (void)bufferevent_rate_limit_group_decrement_read(group_, below(1000));
        (void)bufferevent_rate_limit_group_decrement_write(group_, below(1000));
    }
  }

  void disturb(side& s) {
    const timeval soon{0, static_cast<suseconds_t>(200 + below(3000))};
    const int later = one_in(2) ? BEV_TRIG_DEFER_CALLBACKS : 0;
    switch (below(5)) {
      case 0:
        bufferevent_set_timeouts(any_of(s), one_in(2) ? &soon : nullptr,
                                 one_in(2) ? &soon : nullptr);
        break;
      case 1:
        bufferevent_trigger(s.top(), one_in(2) ? EV_READ : EV_WRITE,
                            one_in(2) ? later : later | BEV_TRIG_IGNORE_WATERMARKS);
        break;
      case 2:
        bufferevent_trigger_event(s.top(), BEV_EVENT_CONNECTED, later);
        break;
      case 3:
        bufferevent_flush(s.top(), one_in(2) ? EV_READ : EV_WRITE,
                          one_in(2) ? BEV_NORMAL : BEV_FLUSH);
        break;
      default:
        if (one_in(12)) end(s);
    }
  }

  void calm(side& s) {
    bufferevent_set_rate_limit(s.lowest(), nullptr);
    bufferevent_remove_from_rate_limit_group(s.lowest());
    bufferevent_set_max_single_read(s.lowest(), 0);
    bufferevent_set_max_single_write(s.lowest(), 0);
    for (bufferevent* b : s.all) {
      bufferevent_set_timeouts(b, nullptr, nullptr);
      bufferevent_setwatermark(b, EV_READ | EV_WRITE, 0, 0);
    }
    for (bufferevent* b : s.all) {
      bufferevent_enable(b, EV_READ | EV_WRITE);
      bufferevent_flush(b, EV_READ | EV_WRITE, BEV_FLUSH);
    }
    bufferevent_trigger(s.top(), EV_READ, BEV_TRIG_IGNORE_WATERMARKS);
  }

  event_base* base_;
  std::mt19937 random_;
  std::vector<std::unique_ptr<side>> sides_;
  std::vector<socket_pair> sockets_;
  bufferevent_rate_limit_group* group_ = nullptr;
  ev_token_bucket_cfg* wide_ = nullptr;
  ev_token_bucket_cfg* narrow_ = nullptr;
  event* leave_ = nullptr;
  int budget_ = 0;
  bool calm_ = false;
};

class stream_stress : public eddy::engine::test::stream_test {};

// EDDY_SEED=first EDDY_SEEDS=count plays others, and more, than those of each day.
unsigned number_of(const char* name, unsigned otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? static_cast<unsigned>(std::strtoul(text, nullptr, 10)) : otherwise;
}

TEST_P(stream_stress, loses_no_byte_whatever_is_called_from_wherever) {
  const unsigned first = number_of("EDDY_SEED", 1), count = number_of("EDDY_SEEDS", 25);
  for (unsigned seed = first; seed != first + count; ++seed) {
    SCOPED_TRACE("EDDY_SEED=" + std::to_string(seed));
    play p(base.get(), seed);
    p.disturb();
    p.calm_down();
    for (int turns = 0; !p.all_came(); ++turns) {
      ASSERT_LT(turns, 200'000) << p.report();
      ASSERT_NE(event_base_loop(base.get(), EVLOOP_NONBLOCK), -1);
    }
    if (HasFailure()) return;
  }
}

EDDY_ON_EVERY_BACKEND(stream_stress);

}  // namespace

int main(int count, char** arguments) {
  testing::InitGoogleTest(&count, arguments);
  evthread_use_pthreads();
  return RUN_ALL_TESTS();
}
