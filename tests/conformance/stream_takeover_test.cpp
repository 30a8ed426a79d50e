// A descriptor goes to somebody else in the very turn in which bytes came, from another stream's
// callback: on every backend none is lost, doubled, or comes from the old descriptor.
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/thread.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/streams.h"

namespace {

using eddy::engine::test::bytes;
using eddy::engine::test::descriptor;
using eddy::engine::test::feed;
using eddy::engine::test::on_event;
using eddy::engine::test::open_on;
using eddy::engine::test::reader;
using eddy::engine::test::socket_pair;

// Two streams; the callback of the one that is told first acts on the other.
class stream_takeover : public eddy::engine::test::stream_test {
 public:
  struct side {
    stream_takeover* test = nullptr;
    socket_pair pair;
    reader r;
    int told = 0;
    std::size_t fed = 0;
  };

  void open(std::size_t each, std::size_t high = 0) {
    for (side& s : sides) {
      s.test = this;
      open_on(base.get(), s.pair.a.get(), s.r);
      bufferevent_setcb(s.r.bev, came, nullptr, on_event, &s);
      if (high != 0) bufferevent_setwatermark(s.r.bev, EV_READ, 0, high);
    }
    look();
    for (side& s : sides) s.fed = feed(s.pair.b.get(), 0, each);
  }
  void close() {
    for (side& s : sides) bufferevent_free(s.r.bev);
  }

  static void came(bufferevent*, void* argument) {
    side& s = *static_cast<side*>(argument);
    ++s.told;
    s.r.take();
    stream_takeover& t = *s.test;
    if (t.other == nullptr) {
      t.other = &s == &t.sides[0] ? &t.sides[1] : &t.sides[0];
      if (t.act) t.act(*t.other);
    }
  }

  // What a program does that goes on with the descriptor by itself: first the input, then reading.
  static void take_over(side& s) {
    s.r.check(bufferevent_get_input(s.r.bev));
    char text[70'000];
    for (;;) {
      const ssize_t got = ::recv(s.pair.a.get(), text, sizeof text, MSG_DONTWAIT);
      if (got <= 0) return;
      s.r.check(std::string(text, static_cast<std::size_t>(got)));
    }
  }

  side sides[2];
  side* other = nullptr;
  std::function<void(side&)> act;
};

TEST_P(stream_takeover, finds_each_byte_when_another_callback_disables_and_reads) {
  act = [](side& s) {
    bufferevent_disable(s.r.bev, EV_READ);
    take_over(s);
  };
  open(3000);
  run_until([&] { return other != nullptr; });
  EXPECT_EQ(other->r.seen, other->fed);
  look();
  EXPECT_EQ(other->told, 0);
  EXPECT_EQ(other->r.wrong, 0u);
  close();
}

TEST_P(stream_takeover, is_told_when_it_is_enabled_again_though_nothing_new_comes) {
  act = [](side& s) { bufferevent_disable(s.r.bev, EV_READ); };
  open(3000);
  run_until([&] { return other != nullptr; });
  look();
  EXPECT_EQ(other->told, 0);
  EXPECT_EQ(other->r.seen, 0u);
  bufferevent_enable(other->r.bev, EV_READ);
  bufferevent_disable(other->r.bev, EV_READ);
  look();
  EXPECT_EQ(other->told, 0);
  bufferevent_enable(other->r.bev, EV_READ);
  run_until([&] { return other->r.seen >= other->fed; });
  EXPECT_EQ(other->r.wrong, 0u);
  close();
}

TEST_P(stream_takeover, keeps_to_the_high_watermark) {
  act = [](side& s) {
    bufferevent_disable(s.r.bev, EV_READ);
    EXPECT_LE(evbuffer_get_length(bufferevent_get_input(s.r.bev)), 1000u);
  };
  open(3000, 1000);
  run_until([&] { return other != nullptr; });
  bufferevent_enable(other->r.bev, EV_READ);
  run_until([&] { return other->r.seen >= other->fed; });
  EXPECT_LE(other->r.longest, 1000u);
  EXPECT_EQ(other->r.wrong, 0u);
  close();
}

TEST_P(stream_takeover, goes_on_with_a_duplicate_of_its_descriptor) {
  descriptor copy;
  act = [&](side& s) {
    copy = descriptor(::dup(s.pair.a.get()));
    ASSERT_EQ(bufferevent_setfd(s.r.bev, copy.get()), 0);
  };
  open(3000);
  run_until([&] { return other != nullptr && other->r.seen >= other->fed; });
  other->fed = feed(other->pair.b.get(), other->fed, other->fed + 3000);
  run_until([&] { return other->r.seen >= other->fed; });
  EXPECT_EQ(other->r.wrong, 0u);
  close();
}

TEST_P(stream_takeover, brings_nothing_of_the_old_descriptor_to_a_new_one) {
  socket_pair fresh;
  act = [&](side& s) { ASSERT_EQ(bufferevent_setfd(s.r.bev, fresh.a.get()), 0); };
  open(3000);
  run_until([&] { return other != nullptr; });
  (void)feed(fresh.b.get(), 0, 5000);
  run_until([&] { return other->r.seen >= 5000; });
  EXPECT_EQ(other->r.seen, 5000u);
  EXPECT_EQ(other->r.wrong, 0u);
  close();
}

// A first part goes to the old descriptor, all the rest to the new one; or the call is refused.
TEST_P(stream_takeover, by_another_thread_sends_each_byte_once) {
  socket_pair old_pair, fresh;
  reader r;
  open_on(base.get(), old_pair.a.get(), r, BEV_OPT_THREADSAFE);
  const std::string text = bytes(0, 3'000'000);
  bufferevent_write(r.bev, text.data(), text.size());
  look();
  look();
  int answer = 1;
  std::thread taker([&] {
    answer = bufferevent_setfd(r.bev, fresh.a.get());
    event_base_loopexit(base.get(), nullptr);
  });
  const timeval never{1000, 0};
  event_base_loopexit(base.get(), &never);
  ASSERT_NE(event_base_dispatch(base.get()), -1);
  taker.join();
  ASSERT_TRUE(answer == 0 || answer == -1);
  reader first, second;
  first.bev = open_on(base.get(), old_pair.b.get(), first);
  if (answer == -1) {
    run_until([&] { return first.seen >= text.size(); });
  } else {
    look();
    look();
    second.seen = first.seen;
    open_on(base.get(), fresh.b.get(), second);
    run_until([&] { return second.seen >= text.size(); });
    EXPECT_EQ(second.wrong, 0u);
    EXPECT_EQ(second.seen, text.size());
    bufferevent_free(second.bev);
  }
  EXPECT_EQ(first.wrong, 0u);
  bufferevent_free(first.bev);
  bufferevent_free(r.bev);
}

struct freed_in_its_turn {
  bufferevent* bev = nullptr;
  event* after = nullptr;
  socket_pair fresh;
};

// The write callback of a stream with output left makes an event of the same turn active, which
// frees it and opens other sockets: they may get its number.
TEST_P(stream_takeover, sends_nothing_of_a_freed_stream_to_who_gets_its_number) {
  socket_pair pair;
  freed_in_its_turn f;
  const int number = pair.a.get();
  f.bev = bufferevent_socket_new(base.get(), pair.a.release(), BEV_OPT_CLOSE_ON_FREE);
  f.after = event_new(
      base.get(), -1, 0,
      [](evutil_socket_t, short, void* argument) {
        auto* s = static_cast<freed_in_its_turn*>(argument);
        if (s->bev == nullptr) return;
        EXPECT_GT(evbuffer_get_length(bufferevent_get_output(s->bev)), 0u);
        bufferevent_free(std::exchange(s->bev, nullptr));
        s->fresh = socket_pair();
      },
      &f);
  bufferevent_setcb(
      f.bev, nullptr,
      [](bufferevent* bev, void* argument) {
        if (evbuffer_get_length(bufferevent_get_output(bev)) != 0)
          event_active(static_cast<freed_in_its_turn*>(argument)->after, EV_READ, 1);
      },
      nullptr, &f);
  bufferevent_setwatermark(f.bev, EV_WRITE, 100'000'000, 0);
  const std::string text = bytes(0, 3'000'000);
  bufferevent_write(f.bev, text.data(), text.size());
  char got[70'000];
  for (int turns = 0; f.bev != nullptr && turns < 1000; ++turns) {
    event_base_loop(base.get(), EVLOOP_NONBLOCK | EVLOOP_NO_EXIT_ON_EMPTY);
    (void)::recv(pair.b.get(), got, sizeof got, MSG_DONTWAIT);
  }
  ASSERT_EQ(f.bev, nullptr);
  EXPECT_TRUE(f.fresh.a.get() == number || f.fresh.b.get() == number);
  for (int turns = 0; turns < 10; ++turns) look();
  EXPECT_EQ(::recv(f.fresh.a.get(), got, sizeof got, MSG_DONTWAIT), -1);
  EXPECT_EQ(::recv(f.fresh.b.get(), got, sizeof got, MSG_DONTWAIT), -1);
  event_free(f.after);
}

// Streams whose base is gone cannot be freed. Known until the end, and so no leak.
std::vector<bufferevent*>& left_behind = *new std::vector<bufferevent*>;

TEST_P(stream_takeover, lets_its_base_be_freed_with_a_send_that_was_only_just_asked_for) {
  socket_pair pair;
  freed_in_its_turn f;
  bufferevent* bev = bufferevent_socket_new(base.get(), pair.a.get(), 0);
  left_behind.push_back(bev);
  f.after = event_new(
      base.get(), -1, 0,
      [](evutil_socket_t, short, void* argument) {
        event_base_loopbreak(static_cast<event_base*>(argument));
      },
      base.get());
  bufferevent_setcb(
      bev, nullptr,
      [](bufferevent*, void* argument) {
        event_active(static_cast<freed_in_its_turn*>(argument)->after, EV_READ, 1);
      },
      nullptr, &f);
  bufferevent_setwatermark(bev, EV_WRITE, 100'000'000, 0);
  const std::string text = bytes(0, 3'000'000);
  bufferevent_write(bev, text.data(), text.size());
  char got[70'000];
  for (int turns = 0; turns < 1000 && !event_base_got_break(base.get()); ++turns) {
    look();
    (void)::recv(pair.b.get(), got, sizeof got, MSG_DONTWAIT);
  }
  EXPECT_TRUE(event_base_got_break(base.get()));
  event_free(f.after);
  base.reset();
}

TEST_P(stream_takeover, sends_all_of_an_output_that_is_unfrozen_and_frozen_again) {
  socket_pair pair;
  bufferevent* bev = bufferevent_socket_new(base.get(), pair.a.get(), 0);
  evbuffer* out = bufferevent_get_output(bev);
  ASSERT_EQ(evbuffer_unfreeze(out, 1), 0);
  reader to;
  std::size_t written = 0;
  for (int round = 0; round < 3; ++round) {
    const std::string text = bytes(written, 1'000'000);
    bufferevent_write(bev, text.data(), text.size());
    written += text.size();
    look();
    if (round == 0) open_on(base.get(), pair.b.get(), to);
    run_until([&] { return to.seen >= written; });
    if (round == 0) evbuffer_freeze(out, 1);
  }
  EXPECT_EQ(to.wrong, 0u);
  bufferevent_free(bev);
  bufferevent_free(to.bev);
}

// What the stopped send brought is taken at once; that there is news of it is told later.
TEST_P(stream_takeover, sends_on_after_it_was_disabled_while_its_output_was_unfrozen) {
  socket_pair pair;
  bufferevent* bev = bufferevent_socket_new(base.get(), pair.a.get(), 0);
  evbuffer* out = bufferevent_get_output(bev);
  const timeval long_after{1000, 0};
  bufferevent_set_timeouts(bev, nullptr, &long_after);
  const std::string text = bytes(0, 3'000'000);
  bufferevent_write(bev, text.data(), text.size());
  for (int turns = 0; turns < 5; ++turns) look();
  ASSERT_EQ(evbuffer_unfreeze(out, 1), 0);
  ASSERT_EQ(evbuffer_freeze(out, 1), 0);
  bufferevent_disable(bev, EV_WRITE);
  for (int turns = 0; turns < 5; ++turns) look();
  bufferevent_set_timeouts(bev, nullptr, nullptr);
  bufferevent_enable(bev, EV_WRITE);
  reader to;
  open_on(base.get(), pair.b.get(), to);
  for (int turns = 0; turns < 10'000 && to.seen < text.size(); ++turns) look();
  EXPECT_EQ(to.seen, text.size());
  EXPECT_EQ(to.wrong, 0u);
  bufferevent_free(bev);
  bufferevent_free(to.bev);
}

TEST_P(stream_takeover, lets_a_filter_be_freed_in_its_write_callback_while_its_output_is_watched) {
  socket_pair pair;
  bufferevent* below = bufferevent_socket_new(base.get(), pair.a.get(), 0);
  bufferevent* filter =
      bufferevent_filter_new(below, nullptr, nullptr, BEV_OPT_CLOSE_ON_FREE, nullptr, nullptr);
  int freed = 0, changes = 0;
  struct counts {
    int *freed, *changes;
  } seen{&freed, &changes};
  bufferevent_setcb(
      filter, nullptr,
      [](bufferevent* bev, void* argument) {
        ++*static_cast<counts*>(argument)->freed;
        bufferevent_free(bev);
      },
      nullptr, &seen);
  evbuffer_add_cb(
      bufferevent_get_output(filter),
      [](evbuffer*, const evbuffer_cb_info*, void* argument) {
        ++*static_cast<counts*>(argument)->changes;
      },
      &seen);
  bufferevent_enable(filter, EV_READ | EV_WRITE);
  bufferevent_write(filter, "hi", 2);
  look();
  EXPECT_EQ(freed, 1);
}

EDDY_ON_EVERY_BACKEND(stream_takeover);

}  // namespace

int main(int count, char** arguments) {
  testing::InitGoogleTest(&count, arguments);
  evthread_use_pthreads();
  return RUN_ALL_TESTS();
}
