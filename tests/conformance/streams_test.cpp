// What streams promise, on every backend: no byte lost, doubled or out of order, whatever is done
// to them; exact watermarks; one end; no callback after a free.
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/thread.h>
#include <fcntl.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/streams.h"

namespace {

using eddy::engine::test::descriptor;
using eddy::engine::test::socket_pair;
using eddy::engine::test::tcp_listener;

using eddy::engine::test::bytes;
using eddy::engine::test::feed;
using eddy::engine::test::on_event;
using eddy::engine::test::on_read;
using eddy::engine::test::open_on;
using eddy::engine::test::reader;

class streams : public eddy::engine::test::stream_test {};

TEST_P(streams, bring_every_byte_in_order_between_two_of_them) {
  socket_pair pair;
  reader from, to;
  open_on(base.get(), pair.a.get(), from);
  open_on(base.get(), pair.b.get(), to);
  std::mt19937 random(1);
  const std::size_t all = 5'000'000;
  std::size_t written = 0;
  while (written < all) {
    // Many chains of many sizes, from one byte to more than is sent at once.
    const std::size_t size =
        std::min<std::size_t>(all - written, 1u << (random() % 18)) + random() % 3;
    const std::string text = bytes(written, size);
    ASSERT_EQ(bufferevent_write(from.bev, text.data(), size), 0);
    written += size;
    if (random() % 4 == 0) look();
  }
  run_until([&] { return to.seen >= written; });
  EXPECT_EQ(to.seen, written);
  EXPECT_EQ(to.wrong, 0u);
  EXPECT_EQ(evbuffer_get_length(bufferevent_get_output(from.bev)), 0u);
  bufferevent_free(from.bev);
  bufferevent_free(to.bev);
}

TEST_P(streams, never_let_the_input_grow_past_its_high_watermark) {
  socket_pair pair;
  reader r;
  open_on(base.get(), pair.a.get(), r);
  look();  // reads without a limit when the limit comes
  // (Its callback would be called again and again while the input is full.)
  bufferevent_setcb(r.bev, nullptr, nullptr, on_event, &r);
  bufferevent_setwatermark(r.bev, EV_READ, 0, 1000);
  std::size_t fed = 0;
  const std::size_t all = 300'000;
  for (int turns = 0; r.seen < all; ++turns) {
    ASSERT_LT(turns, 100'000);
    fed = feed(pair.b.get(), fed, all);
    look();
    ASSERT_LE(evbuffer_get_length(bufferevent_get_input(r.bev)), 1000u);
    r.check(bufferevent_get_input(r.bev));
  }
  EXPECT_EQ(r.wrong, 0u);
  bufferevent_free(r.bev);
}

TEST_P(streams, that_are_disabled_leave_the_bytes_in_the_socket) {
  if (std::getenv("EDDY_TEST_READS_AHEAD") != nullptr)
    GTEST_SKIP() << "what may read ahead does not";
  socket_pair pair;
  reader r;
  open_on(base.get(), pair.a.get(), r);
  std::mt19937 random(2);
  std::size_t fed = 0;
  for (int round = 0; round < 3000; ++round) {
    fed = feed(pair.b.get(), fed, fed + 1 + random() % 3000);
    switch (random() % 4) {
      case 0:
        look();
        break;
      case 1: {
        bufferevent_disable(r.bev, EV_READ);
        if (random() % 2 == 0) look();
        char text[500];
        const ssize_t got = ::recv(pair.a.get(), text, 1 + random() % sizeof text, MSG_DONTWAIT);
        if (got > 0) r.check(std::string(text, static_cast<std::size_t>(got)));
        break;
      }
      default:
        bufferevent_enable(r.bev, EV_READ);
        if (random() % 2 == 0) look();
    }
    ASSERT_EQ(r.wrong, 0u) << "round " << round;
  }
  bufferevent_enable(r.bev, EV_READ);
  run_until([&] { return r.seen >= fed; });
  EXPECT_EQ(r.seen, fed);
  EXPECT_EQ(r.wrong, 0u);
  bufferevent_free(r.bev);
}

TEST_P(streams, read_from_a_new_descriptor_nothing_of_the_old_one) {
  reader r;
  std::vector<socket_pair> pairs(20);
  open_on(base.get(), -1, r);
  for (socket_pair& pair : pairs) {
    ASSERT_EQ(bufferevent_setfd(r.bev, pair.a.get()), 0);
    const std::size_t until = r.seen + 5000;
    (void)feed(pair.b.get(), r.seen, until);
    run_until([&] { return r.seen >= until; });
    ASSERT_EQ(::send(pair.b.get(), "of the old", 10, 0), 10);
  }
  EXPECT_EQ(r.wrong, 0u);
  bufferevent_free(r.bev);
}

TEST_P(streams, tell_of_the_connection_before_anything_else) {
  tcp_listener listener;
  reader r;
  open_on(base.get(), -1, r, BEV_OPT_CLOSE_ON_FREE);
  bufferevent_enable(r.bev, EV_READ | EV_WRITE);
  look();
  const std::string early = bytes(0, 100'000);
  bufferevent_write(r.bev, early.data(), early.size());
  ASSERT_EQ(bufferevent_socket_connect(r.bev, listener.as_sockaddr(), sizeof listener.address), 0);
  run_until([&] { return r.connects + r.errors + r.ends > 0; });
  EXPECT_EQ(r.connects, 1);
  EXPECT_EQ(r.errors + r.ends, 0);
  descriptor peer(::accept(listener.socket.get(), nullptr, nullptr));
  reader other;
  open_on(base.get(), peer.get(), other);
  run_until([&] { return other.seen >= early.size(); });
  EXPECT_EQ(other.wrong, 0u);
  bufferevent_free(other.bev);
  bufferevent_free(r.bev);
}

TEST_P(streams, tell_a_read_timeout_while_the_kernel_receives) {
  socket_pair pair;
  reader r;
  const timeval limit{0, 20'000};
  open_on(base.get(), pair.a.get(), r);
  bufferevent_set_timeouts(r.bev, &limit, nullptr);
  run_until([&] { return r.timeouts > 0; });
  EXPECT_EQ(r.timeouts, 1);
  EXPECT_EQ(bufferevent_get_enabled(r.bev) & EV_READ, 0);
  (void)feed(pair.b.get(), 0, 3000);
  bufferevent_enable(r.bev, EV_READ);
  run_until([&] { return r.seen >= 3000; });
  EXPECT_EQ(r.wrong, 0u);
  bufferevent_free(r.bev);
}

TEST_P(streams, tell_a_write_timeout_while_the_kernel_sends) {
  socket_pair pair;
  reader r;
  const timeval limit{0, 20'000};
  open_on(base.get(), pair.a.get(), r);
  bufferevent_set_timeouts(r.bev, nullptr, &limit);
  const std::string text = bytes(0, 3'000'000);
  bufferevent_write(r.bev, text.data(), text.size());
  run_until([&] { return r.timeouts > 0; });
  EXPECT_EQ(bufferevent_get_enabled(r.bev) & EV_WRITE, 0);
  // What was not sent then is sent later, all of it, once.
  reader other;
  bufferevent_set_timeouts(r.bev, nullptr, nullptr);
  bufferevent_enable(r.bev, EV_WRITE);
  open_on(base.get(), pair.b.get(), other);
  run_until([&] { return other.seen >= text.size(); });
  EXPECT_EQ(other.seen, text.size());
  EXPECT_EQ(other.wrong, 0u);
  bufferevent_free(r.bev);
  bufferevent_free(other.bev);
}

// What the other end has by now, and whether it is the first bytes of all.
std::string received_by(int fd) {
  std::string all(1 << 20, '\0');
  const ssize_t got = ::recv(fd, all.data(), all.size(), MSG_DONTWAIT);
  all.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return all;
}

// A callback that runs before the sender hears that its bytes went stops it and lets it go on.
TEST_P(streams, send_once_what_went_in_the_turn_in_which_writing_was_disabled) {
  for (const bool by_limit : {false, true}) {
    socket_pair pair, other;
    reader r;
    open_on(base.get(), pair.a.get(), r);
    look();
    event* before = event_new(
        base.get(), other.a.get(), EV_READ,
        [](evutil_socket_t, short, void* a) {
          bufferevent_disable(static_cast<bufferevent*>(a), EV_WRITE);
          bufferevent_enable(static_cast<bufferevent*>(a), EV_WRITE);
        },
        r.bev);
    bufferevent_rate_limit_group* group = nullptr;
    ev_token_bucket_cfg* limit = ev_token_bucket_cfg_new(1000, 1000, 1000, 1000, nullptr);
    if (by_limit) {
      group = bufferevent_rate_limit_group_new(base.get(), limit);
      bufferevent_add_to_rate_limit_group(r.bev, group);
      event_assign(
          before, base.get(), other.a.get(), EV_READ,
          [](evutil_socket_t, short, void* a) {
            auto* g = static_cast<bufferevent_rate_limit_group*>(a);
            bufferevent_rate_limit_group_decrement_write(g, 1000);
            bufferevent_rate_limit_group_decrement_write(g, -2000);
          },
          group);
    }
    event_add(before, nullptr);
    const std::string text = bytes(0, 500);
    bufferevent_write(r.bev, text.data(), text.size());
    (void)feed(other.b.get(), 0, 1);
    for (int i = 0; i < 10; ++i) look();
    EXPECT_TRUE(received_by(pair.b.get()) == text);
    EXPECT_EQ(evbuffer_get_length(bufferevent_get_output(r.bev)), 0u);
    event_free(before);
    if (by_limit) bufferevent_remove_from_rate_limit_group(r.bev);
    bufferevent_free(r.bev);
    if (by_limit) bufferevent_rate_limit_group_free(group);
    ev_token_bucket_cfg_free(limit);
  }
}

// Of a little that went at once, and of so much that the kernel still sends.
TEST_P(streams, send_once_what_went_when_the_write_timeout_came) {
  for (const std::size_t size : {500u, 3'000'000u}) {
    socket_pair pair;
    reader to;
    bufferevent* from = bufferevent_socket_new(base.get(), pair.a.get(), 0);
    const auto again = [](bufferevent* b, short what, void*) {
      EXPECT_EQ(what, BEV_EVENT_TIMEOUT | BEV_EVENT_WRITING);
      bufferevent_set_timeouts(b, nullptr, nullptr);
      bufferevent_enable(b, EV_WRITE);
    };
    bufferevent_setcb(from, nullptr, nullptr, again, nullptr);
    const timeval at_once{0, 1};
    bufferevent_set_timeouts(from, nullptr, &at_once);
    const std::string text = bytes(0, size);
    bufferevent_write(from, text.data(), size);
    for (int i = 0; i < 3; ++i) look();
    open_on(base.get(), pair.b.get(), to);
    run_until([&] { return to.seen >= size; });
    for (int i = 0; i < 10; ++i) look();
    EXPECT_EQ(to.seen, size);
    EXPECT_EQ(to.wrong, 0u);
    EXPECT_EQ(evbuffer_get_length(bufferevent_get_output(from)), 0u);
    bufferevent_free(from);
    bufferevent_free(to.bev);
  }
}

TEST_P(streams, of_a_group_are_all_read_when_a_tick_brings_less_than_a_byte_for_each) {
  const timeval tick{0, 1000};
  ev_token_bucket_cfg* limit = ev_token_bucket_cfg_new(2, 2, 2, 2, &tick);
  bufferevent_rate_limit_group* group = bufferevent_rate_limit_group_new(base.get(), limit);
  bufferevent_rate_limit_group_set_min_share(group, 0);
  std::vector<socket_pair> pairs(5);
  std::vector<reader> readers(5);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    open_on(base.get(), pairs[i].a.get(), readers[i]);
    bufferevent_add_to_rate_limit_group(readers[i].bev, group);
    (void)feed(pairs[i].b.get(), 0, 10);
  }
  for (reader& r : readers) run_until([&] { return r.seen >= 10; });
  for (reader& r : readers) {
    EXPECT_EQ(r.wrong, 0u);
    bufferevent_remove_from_rate_limit_group(r.bev);
    bufferevent_free(r.bev);
  }
  bufferevent_rate_limit_group_free(group);
  ev_token_bucket_cfg_free(limit);
}

TEST_P(streams, go_on_when_many_hold_what_they_received) {
  constexpr int count = 40;
  constexpr std::size_t all = 400'000;
  std::vector<socket_pair> pairs(count);
  std::vector<reader> readers(count);
  std::vector<std::size_t> fed(count);
  for (int i = 0; i < count; ++i) {
    open_on(base.get(), pairs[static_cast<std::size_t>(i)].a.get(),
            readers[static_cast<std::size_t>(i)]);
    readers[static_cast<std::size_t>(i)].drains = false;
  }
  const auto held = [&](std::size_t i) {
    return evbuffer_get_length(bufferevent_get_input(readers[i].bev));
  };
  for (int turns = 0;; ++turns) {
    ASSERT_LT(turns, 100'000);
    bool complete = true;
    for (std::size_t i = 0; i < count; ++i) {
      fed[i] = feed(pairs[i].b.get(), fed[i], all);
      complete = complete && held(i) == all;
    }
    if (complete) break;
    look();
  }
  for (reader& r : readers) {
    r.check(bufferevent_get_input(r.bev));
    EXPECT_EQ(r.wrong, 0u);
    bufferevent_free(r.bev);
  }
}

TEST_P(streams, tell_the_end_once_after_the_last_byte_and_can_still_write) {
  socket_pair pair;
  reader r;
  open_on(base.get(), pair.a.get(), r);
  (void)feed(pair.b.get(), 0, 20'000);
  ASSERT_EQ(::shutdown(pair.b.get(), SHUT_WR), 0);
  run_until([&] { return r.ends > 0; });
  EXPECT_EQ(r.seen, 20'000u);
  for (int i = 0; i < 10; ++i) look();
  EXPECT_EQ(r.ends, 1);
  ASSERT_EQ(bufferevent_write(r.bev, "answer", 6), 0);
  char text[10];
  for (int turns = 0; ::recv(pair.b.get(), text, sizeof text, MSG_DONTWAIT) != 6; ++turns) {
    ASSERT_LT(turns, 10'000);
    look();
  }
  bufferevent_free(r.bev);
}

TEST_P(streams, give_their_memory_back_with_data_outside_of_the_loop) {
  socket_pair pair;
  reader r;
  r.drains = false;
  open_on(base.get(), pair.a.get(), r);
  (void)feed(pair.b.get(), 0, 50'000);
  run_until([&] { return evbuffer_get_length(bufferevent_get_input(r.bev)) >= 50'000; });
  evbuffer* kept = evbuffer_new();
  ASSERT_EQ(bufferevent_read_buffer(r.bev, kept), 0);
  bufferevent_free(r.bev);
  base.reset();
  r.check(kept);
  EXPECT_EQ(r.seen, 50'000u);
  EXPECT_EQ(r.wrong, 0u);
  evbuffer_free(kept);
}

TEST_P(streams, survive_the_end_of_their_loop_before_their_own) {
  socket_pair pair;
  reader r;
  open_on(base.get(), pair.a.get(), r);
  const std::string text = bytes(0, 2'000'000);
  bufferevent_write(r.bev, text.data(), text.size());
  look();
  bufferevent_free(r.bev);
  base.reset();
}

// What watches a stream's buffers goes with it; also what was to be told of them later.
TEST_P(streams, are_freed_with_the_callbacks_of_their_buffers) {
  for (const bool later : {false, true}) {
    socket_pair pair;
    reader r;
    int told = 0;
    open_on(base.get(), pair.a.get(), r);
    const auto count = [](evbuffer*, const evbuffer_cb_info*, void* n) { ++*static_cast<int*>(n); };
    for (evbuffer* b : {bufferevent_get_input(r.bev), bufferevent_get_output(r.bev)}) {
      ASSERT_NE(evbuffer_add_cb(b, count, &told), nullptr);
      if (later) {
        ASSERT_EQ(evbuffer_defer_callbacks(b, base.get()), 0);
      }
    }
    bufferevent_write(r.bev, "text", 4);
    EXPECT_EQ(told, later ? 0 : 1);
    bufferevent_free(r.bev);
    for (int i = 0; i < 3; ++i) look();
    EXPECT_EQ(told, later ? 0 : 1);
  }
}

// (Nothing of it is left, which the address sanitizer sees.)
TEST_P(streams, end_with_their_loop_while_the_answer_to_a_name_waits_in_it) {
  reader r;
  open_on(base.get(), -1, r);
  ASSERT_EQ(bufferevent_socket_connect_hostname(r.bev, nullptr, AF_INET, "127.0.0.1", 9), 0);
  bufferevent_free(r.bev);
  base.reset();
}

TEST_P(streams, work_over_pipes_and_terminals_too) {
  int fds[2];
  ASSERT_EQ(::pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
  descriptor out(fds[0]), in(fds[1]);
  reader r, w;
  open_on(base.get(), out.get(), r);
  w.bev = bufferevent_socket_new(base.get(), in.get(), 0);
  const std::string text = bytes(0, 300'000);
  bufferevent_write(w.bev, text.data(), text.size());
  run_until([&] { return r.seen >= text.size(); });
  EXPECT_EQ(r.wrong, 0u);
  bufferevent_free(w.bev);
  bufferevent_free(r.bev);
}

// What it takes makes room below, where more comes at once; it has not handed on the first yet.
bufferevent_filter_result take_then_add(evbuffer* from, evbuffer* to, ev_ssize_t,
                                        bufferevent_flush_mode, void*) {
  char text[5];
  const int got = evbuffer_remove(from, text, sizeof text);
  if (got <= 0) return BEV_NEED_MORE;
  EXPECT_EQ(evbuffer_add(to, text, static_cast<std::size_t>(got)), 0);
  return BEV_OK;
}

TEST_P(streams, hand_every_byte_through_a_filter_whose_input_grows_while_it_takes) {
  socket_pair pair;
  reader r;
  bufferevent* below = bufferevent_socket_new(base.get(), pair.a.get(), 0);
  bufferevent* middle =
      bufferevent_filter_new(below, nullptr, nullptr, BEV_OPT_CLOSE_ON_FREE, nullptr, nullptr);
  bufferevent_setwatermark(middle, EV_READ, 0, 10);
  r.bev = bufferevent_filter_new(middle, take_then_add, nullptr, BEV_OPT_CLOSE_ON_FREE, nullptr,
                                 nullptr);
  bufferevent_setcb(r.bev, on_read, nullptr, on_event, &r);
  for (bufferevent* b : {below, middle, r.bev}) bufferevent_enable(b, EV_READ);
  (void)feed(pair.b.get(), 0, 1000);
  run_until([&] { return r.seen >= 1000; });
  EXPECT_EQ(r.wrong, 0u);
  bufferevent_free(r.bev);
}

// --- what callbacks do to their stream ---

enum class act { free_it, disable_it, new_descriptor, enable_again, run_the_loop };

struct victim {
  bufferevent* bev = nullptr;
  event_base* base = nullptr;
  int spare = -1;
  act what = act::free_it;
  int where = 0;  // 0 read, 1 write, 2 event
  int done = 0;
  int late = 0;  // callbacks after a free
};

void strike(victim& v, int where) {
  if (v.bev == nullptr) {
    ++v.late;
    return;
  }
  if (where != v.where || v.done != 0) return;
  v.done = 1;
  switch (v.what) {
    case act::free_it:
      bufferevent_free(std::exchange(v.bev, nullptr));
      break;
    case act::disable_it:
      bufferevent_disable(v.bev, EV_READ | EV_WRITE);
      break;
    case act::new_descriptor:
      bufferevent_setfd(v.bev, v.spare);
      break;
    case act::enable_again:
      bufferevent_enable(v.bev, EV_READ | EV_WRITE);
      break;
    case act::run_the_loop:
      EXPECT_EQ(event_base_loop(v.base, EVLOOP_NONBLOCK), -1);
      break;
  }
}

TEST_P(streams, may_be_struck_from_each_of_their_callbacks) {
  for (const int options : {0, int{BEV_OPT_DEFER_CALLBACKS},
                            BEV_OPT_DEFER_CALLBACKS | BEV_OPT_UNLOCK_CALLBACKS | BEV_OPT_THREADSAFE,
                            int{BEV_OPT_THREADSAFE}})
    for (const act what :
         {act::free_it, act::disable_it, act::new_descriptor, act::enable_again, act::run_the_loop})
      for (int where = 0; where < 3; ++where) {
        socket_pair pair, spare;
        victim v;
        v.base = base.get();
        v.what = what;
        v.where = where;
        v.spare = spare.a.get();
        v.bev = bufferevent_socket_new(base.get(), pair.a.get(), options);
        bufferevent_setcb(
            v.bev, [](bufferevent*, void* a) { strike(*static_cast<victim*>(a), 0); },
            [](bufferevent*, void* a) { strike(*static_cast<victim*>(a), 1); },
            [](bufferevent*, short, void* a) { strike(*static_cast<victim*>(a), 2); }, &v);
        bufferevent_enable(v.bev, EV_READ | EV_WRITE);
        const std::string text = bytes(0, 200'000);
        bufferevent_write(v.bev, text.data(), text.size());
        (void)feed(pair.b.get(), 0, 10'000);
        ASSERT_EQ(::shutdown(pair.b.get(), SHUT_WR), 0);
        std::vector<char> sink(1 << 20);
        for (int i = 0; i < 12 || (v.done == 0 && i < 1000); ++i) {
          look();
          (void)::recv(pair.b.get(), sink.data(), sink.size(), MSG_DONTWAIT);
        }
        EXPECT_EQ(v.done, 1) << "options " << options << ", act " << static_cast<int>(what)
                             << ", callback " << where;
        EXPECT_EQ(v.late, 0);
        if (v.bev != nullptr) bufferevent_free(v.bev);
        look();
      }
}

// A new descriptor awaits the end of what the kernel sends from the old one; meanwhile other things
// come, and one that they were for goes before it hears of them.
TEST_P(streams, hear_of_what_came_while_one_of_them_changed_its_descriptor) {
  socket_pair sending, freed, kept, raw;
  reader s, f, k;
  open_on(base.get(), sending.a.get(), s);
  open_on(base.get(), freed.a.get(), f);
  open_on(base.get(), kept.a.get(), k);
  int fired = 0;
  event* plain = event_new(
      base.get(), raw.a.get(), EV_READ | EV_ET,
      [](evutil_socket_t, short, void* a) { ++*static_cast<int*>(a); }, &fired);
  event_add(plain, nullptr);
  const std::string much(4'000'000, 'x');
  bufferevent_write(s.bev, much.data(), much.size());
  for (int i = 0; i < 5; ++i) look();
  (void)feed(freed.b.get(), 0, 100);
  (void)feed(kept.b.get(), 0, 100);
  (void)feed(raw.b.get(), 0, 1);
  bufferevent_setfd(s.bev, -1);
  bufferevent_free(f.bev);
  run_until([&] { return fired == 1 && k.seen == 100; });
  EXPECT_EQ(f.seen, 0u);
  EXPECT_EQ(k.wrong, 0u);
  event_free(plain);
  bufferevent_free(s.bev);
  bufferevent_free(k.bev);
}

// --- other threads ---

TEST_P(streams, take_bytes_from_several_threads_while_the_loop_runs) {
  constexpr int writers = 3;
  constexpr std::size_t each = 3000;
  socket_pair pair;
  reader from, to;
  open_on(base.get(), pair.a.get(), from, BEV_OPT_THREADSAFE);
  bufferevent* to_bev = open_on(base.get(), pair.b.get(), to);
  to.drains = false;
  std::vector<std::thread> threads;
  for (int t = 0; t < writers; ++t)
    threads.emplace_back([&, t] {
      const std::string record(20, static_cast<char>('a' + t));
      for (std::size_t i = 0; i < each; ++i) {
        EXPECT_EQ(bufferevent_write(from.bev, record.data(), record.size()), 0);
        if (i % 500 == 0) {
          bufferevent_disable(from.bev, EV_READ);
          bufferevent_enable(from.bev, EV_READ);
        }
      }
    });
  evbuffer* in = bufferevent_get_input(to_bev);
  run_until([&] { return evbuffer_get_length(in) == writers * each * 20; });
  for (std::thread& t : threads) t.join();
  std::size_t count[writers] = {};
  char record[20];
  while (evbuffer_remove(in, record, sizeof record) == 20) {
    for (const char c : record) ASSERT_EQ(c, record[0]);
    ++count[record[0] - 'a'];
  }
  for (const std::size_t n : count) EXPECT_EQ(n, each);
  bufferevent_free(from.bev);
  bufferevent_free(to.bev);
  look();
}

// Of two loops, whose members wait for what the others spend, and are changed by a third thread.
TEST_P(streams, share_a_limit_over_the_threads_of_several_loops) {
  constexpr std::size_t all = 30'000;
  const timeval tick{0, 1000};
  ev_token_bucket_cfg* limit = ev_token_bucket_cfg_new(1000, 1000, 1000, 1000, &tick);
  std::unique_ptr<event_base, eddy::engine::test::base_deleter> other(event_base_new());
  event_base* bases[2] = {base.get(), other.get()};
  bufferevent_rate_limit_group* group = bufferevent_rate_limit_group_new(base.get(), limit);
  std::vector<socket_pair> pairs(6);
  std::vector<reader> readers(pairs.size());
  std::atomic<std::size_t> seen{0};
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    reader& r = readers[i];
    open_on(bases[i % 2], pairs[i].a.get(), r, BEV_OPT_THREADSAFE);
    bufferevent_add_to_rate_limit_group(r.bev, group);
    evbuffer_add_cb(
        bufferevent_get_input(r.bev),
        [](evbuffer*, const evbuffer_cb_info* info, void* sum) {
          *static_cast<std::atomic<std::size_t>*>(sum) += info->n_added;
        },
        &seen);
    (void)feed(pairs[i].b.get(), 0, all / pairs.size());
  }
  std::vector<std::thread> loops;
  for (event_base* b : bases)
    loops.emplace_back([b] { event_base_loop(b, EVLOOP_NO_EXIT_ON_EMPTY); });
  for (std::size_t i = 0; seen < all; i = (i + 1) % pairs.size()) {
    bufferevent_remove_from_rate_limit_group(readers[i].bev);
    bufferevent_add_to_rate_limit_group(readers[i].bev, group);
    bufferevent_rate_limit_group_decrement_read(group, 10);
    bufferevent_rate_limit_group_decrement_read(group, -10);
    std::this_thread::yield();
  }
  for (reader& r : readers) bufferevent_free(r.bev);
  for (event_base* b : bases) event_base_loopbreak(b);
  for (std::thread& t : loops) t.join();
  for (event_base* b : bases) event_base_loop(b, EVLOOP_NONBLOCK);
  bufferevent_rate_limit_group_free(group);
  ev_token_bucket_cfg_free(limit);
  for (const reader& r : readers) EXPECT_EQ(r.wrong, 0u);
}

TEST_P(streams, are_freed_by_another_thread_while_the_loop_runs) {
  constexpr int count = 300;
  event* tick = event_new(
      base.get(), -1, EV_PERSIST,
      [](evutil_socket_t, short, void* a) {
        auto* self = static_cast<streams*>(a);
        if (self->stopped) event_base_loopbreak(self->base.get());
      },
      this);
  const timeval often{0, 1000};
  event_add(tick, &often);
  std::thread other([&] {
    for (int i = 0; i < count; ++i) {
      socket_pair pair;
      reader r;
      open_on(base.get(), pair.a.get(), r,
              BEV_OPT_THREADSAFE | (i % 2 ? BEV_OPT_DEFER_CALLBACKS : 0));
      bufferevent_lock(r.bev);
      r.drains = false;
      bufferevent_unlock(r.bev);
      (void)feed(pair.b.get(), 0, 5000);
      bufferevent_write(r.bev, "text", 4);
      evbuffer* in = bufferevent_get_input(r.bev);
      for (int tries = 0; tries < 1000 && evbuffer_get_length(in) == 0; ++tries)
        std::this_thread::yield();
      bufferevent_lock(r.bev);  // none of its callbacks runs now, nor after this
      bufferevent_setcb(r.bev, nullptr, nullptr, nullptr, nullptr);
      bufferevent_unlock(r.bev);
      bufferevent_free(r.bev);
    }
    stopped = true;
  });
  ASSERT_NE(event_base_dispatch(base.get()), -1);
  other.join();
  event_free(tick);
  look();
}

// What watches a buffer is called while bytes move.
struct frees_when_told {
  bufferevent* pair[2];
  int which;
  static void told(evbuffer*, const evbuffer_cb_info*, void* self) {
    auto& f = *static_cast<frees_when_told*>(self);
    for (int i = 0; i < 2; ++i)
      if (((f.which >> i) & 1) != 0 && f.pair[i] != nullptr)
        bufferevent_free(std::exchange(f.pair[i], nullptr));
  }
};

TEST_P(streams, of_a_pair_may_be_freed_by_what_watches_a_buffer_while_bytes_move) {
  for (const bool flush : {false, true}) {
    for (int which = 1; which <= 3; ++which) {
      for (int watched = 0; watched < 4; ++watched) {
        frees_when_told f{{nullptr, nullptr}, which};
        ASSERT_EQ(bufferevent_pair_new(base.get(), 0, f.pair), 0);
        for (bufferevent* b : f.pair) {
          bufferevent_disable(b, EV_READ | EV_WRITE);
          bufferevent_write(b, "text", 4);
        }
        bufferevent_enable(f.pair[1], EV_READ | EV_WRITE);
        bufferevent* of = f.pair[watched / 2];
        evbuffer_add_cb(watched % 2 ? bufferevent_get_input(of) : bufferevent_get_output(of),
                        frees_when_told::told, &f);
        if (flush)
          bufferevent_flush(f.pair[0], EV_READ | EV_WRITE, BEV_FINISHED);
        else
          bufferevent_enable(f.pair[0], EV_READ | EV_WRITE);
        EXPECT_TRUE(f.pair[0] == nullptr || f.pair[1] == nullptr);
        for (bufferevent* b : f.pair)
          if (b != nullptr) bufferevent_free(b);
        look();
      }
    }
  }
}

EDDY_ON_EVERY_BACKEND(streams);

}  // namespace

int main(int count, char** arguments) {
  testing::InitGoogleTest(&count, arguments);
  evthread_use_pthreads();
  return RUN_ALL_TESTS();
}
