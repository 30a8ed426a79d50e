// Whatever is done to a stream, from each of its callbacks, from another's in the same turn, from
// within a call of its own, and by another thread: over sockets, pairs, and filters above those.
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/thread.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <initializer_list>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/streams.h"

namespace {

using eddy::engine::test::byte_at;
using eddy::engine::test::bytes;
using eddy::engine::test::feed;
using eddy::engine::test::socket_pair;

constexpr int deferred = BEV_OPT_DEFER_CALLBACKS, threaded = BEV_OPT_THREADSAFE,
              unlocked = BEV_OPT_THREADSAFE | BEV_OPT_DEFER_CALLBACKS | BEV_OPT_UNLOCK_CALLBACKS;

enum class kind { socket, pair, filter, filter_over_pair };
constexpr kind kinds[] = {kind::socket, kind::pair, kind::filter, kind::filter_over_pair};

enum callback { reading, writing, event };

// One end of a connection, that sends and checks bytes.
struct side {
  bufferevent* bev = nullptr;  // the highest; null: freed
  bufferevent* below = nullptr;
  bool closes = false;
  std::size_t written = 0, seen = 0, wrong = 0;
  int ends = 0;
  int late = 0;                        // callbacks after the free
  std::function<void(callback)> then;  // called before anything is taken

  void told(callback which) {
    if (bev == nullptr) {
      ++late;
      return;
    }
    if (then) then(which);
    if (which == reading && bev != nullptr) take();
  }
  void watch() {
    bufferevent_setcb(
        bev, [](bufferevent*, void* a) { static_cast<side*>(a)->told(reading); },
        [](bufferevent*, void* a) { static_cast<side*>(a)->told(writing); },
        [](bufferevent*, short events, void* a) {
          static_cast<side*>(a)->ends += (events & BEV_EVENT_EOF) != 0;
          static_cast<side*>(a)->told(event);
        },
        this);
  }
  void take() {
    evbuffer* in = bufferevent_get_input(bev);
    std::string text(evbuffer_get_length(in), '\0');
    const std::size_t first = seen;
    seen += text.size();
    (void)evbuffer_remove(in, text.data(), text.size());
    for (std::size_t i = 0; i < text.size(); ++i)
      wrong += static_cast<unsigned char>(text[i]) != byte_at(first + i);
  }
  void write(std::size_t size) {
    const std::string text = bytes(written, size);
    written += size;
    EXPECT_EQ(bufferevent_write(bev, text.data(), size), 0);
  }
  bool has_sent() const {
    for (bufferevent* b : {bev, bev != nullptr ? below : nullptr})
      if (b != nullptr && evbuffer_get_length(bufferevent_get_output(b)) != 0) return false;
    return true;
  }
  void free(bool below_first = false) {
    if (bev == nullptr) return;
    bufferevent* top = bev;
    bufferevent* lower = closes ? nullptr : below;
    bufferevent_lock(top);  // another thread may be in a callback, which looks at `bev`
    bev = nullptr;
    if (lower != nullptr && below_first) bufferevent_free(std::exchange(lower, nullptr));
    bufferevent_free(top);
    bufferevent_unlock(top);
    if (lower != nullptr) bufferevent_free(lower);
  }
  // What was open before is the caller's, and closed at once.
  void replace_socket(int fd) {
    const int old = bufferevent_getfd(bev);
    if (old < 0) return;
    const int next = closes ? ::dup(fd) : fd;
    // Another thread than the loop's has to try again while something is being sent.
    for (int tries = 0; bufferevent_setfd(bev, next) != 0; ++tries) {
      ASSERT_LT(tries, 1'000'000);
      std::this_thread::yield();
    }
    if (closes) ::close(old);
  }
};

// Two that are connected. `left` is the one that things are done to.
struct couple {
  couple(event_base* base, kind k, int options) : what(k) {
    bufferevent* lowest[2] = {};
    if (what == kind::pair || what == kind::filter_over_pair) {
      EXPECT_EQ(bufferevent_pair_new(base, options, lowest), 0);
    } else {
      const bool closes = (options & BEV_OPT_CLOSE_ON_FREE) != 0;
      const int fds[2] = {sockets.a.get(), sockets.b.get()};
      for (int i = 0; i < 2; ++i)
        lowest[i] = bufferevent_socket_new(base, closes ? ::dup(fds[i]) : fds[i], options);
      if (closes) sockets = socket_pair();
    }
    for (side* s : {&left, &right}) {
      s->closes = (options & BEV_OPT_CLOSE_ON_FREE) != 0;
      s->bev = lowest[s == &right];
      if (what == kind::filter || what == kind::filter_over_pair) {
        s->below = s->bev;
        s->bev = bufferevent_filter_new(s->below, nullptr, nullptr, options, nullptr, nullptr);
      }
      s->watch();
      bufferevent_enable(s->bev, EV_READ | EV_WRITE);
    }
  }
  ~couple() {
    left.free();
    right.free();
    EXPECT_EQ(left.wrong + right.wrong, 0u);
  }
  bool has_socket() const { return what == kind::socket || what == kind::filter; }
  // The right one says no more; what it wrote must have left it.
  void end() {
    ended = true;
    if (has_socket())
      ::shutdown(bufferevent_getfd(right.bev), SHUT_WR);
    else
      bufferevent_flush(right.bev, EV_READ | EV_WRITE, BEV_FINISHED);
  }
  bool all_came() const { return left.seen == right.written && right.seen == left.written; }

  const kind what;
  bool ended = false;
  socket_pair sockets, spare;
  side left, right;
};

enum class act {
  free_it,
  free_it_from_below,
  free_the_other_end,
  free_both,
  disable,
  disable_and_enable,
  enable_again,
  replace_the_socket,
  limit,
  write_more,
  flush_to_the_end,
  run_the_loop
};
constexpr act acts[] = {
    act::free_it, act::free_it_from_below, act::free_the_other_end, act::free_both,
    act::disable, act::disable_and_enable, act::enable_again,       act::replace_the_socket,
    act::limit,   act::write_more,         act::flush_to_the_end,   act::run_the_loop};

void strike(event_base* base, couple& c, act what) {
  bufferevent* b = c.left.bev;
  switch (what) {
    case act::free_it:
      return c.left.free();
    case act::free_it_from_below:
      return c.left.free(true);
    case act::free_the_other_end:
      return c.right.free();
    case act::free_both:
      c.right.free();
      return c.left.free();
    case act::disable:
      EXPECT_EQ(bufferevent_disable(b, EV_READ | EV_WRITE), 0);
      break;
    case act::disable_and_enable:
      EXPECT_EQ(bufferevent_disable(b, EV_READ | EV_WRITE), 0);
      [[fallthrough]];
    case act::enable_again:
      EXPECT_EQ(bufferevent_enable(b, EV_READ | EV_WRITE), 0);
      break;
    case act::replace_the_socket:
      return c.left.replace_socket(c.spare.a.get());
    case act::limit:
      bufferevent_setwatermark(b, EV_READ, 0, 100);
      break;
    case act::write_more:
      return c.left.write(5000);
    case act::flush_to_the_end:
      (void)bufferevent_flush(b, EV_READ | EV_WRITE, BEV_FINISHED);
      break;
    case act::run_the_loop:
      // (Refused, but in a filter's write callback, which the write itself calls.)
      (void)event_base_loop(base, EVLOOP_NONBLOCK);
  }
}

std::string name_of(kind k, int options, act what, callback where) {
  return "kind " + std::to_string(static_cast<int>(k)) + ", options " + std::to_string(options) +
         ", act " + std::to_string(static_cast<int>(what)) + ", callback " + std::to_string(where);
}

class stream_matrix : public eddy::engine::test::stream_test {
 public:
  template <class Condition>
  void look_until(Condition done) {
    for (int turns = 0; !done(); ++turns) {
      ASSERT_LT(turns, 20'000) << "it does not come about";
      look();
    }
  }
  // What `where` of their left ones waits for, in one turn.
  void bring_about(std::initializer_list<couple*> all, callback where) {
    for (couple* c : all) {
      if (where != reading && c->left.bev != nullptr) c->left.write(20'000);
      if (where != writing && c->right.bev != nullptr) c->right.write(10'000);
    }
    if (where != event) return;
    for (couple* c : all) look_until([&] { return c->right.has_sent(); });
    for (couple* c : all)
      if (c->right.bev != nullptr) c->end();
  }
  // Who was struck and lives goes on, and lost nothing.
  void expect_it_goes_on(couple& c, act what) {
    if (c.left.bev == nullptr || c.right.bev == nullptr) return;
    for (const side* s : {&c.left, &c.right}) {
      bufferevent_setwatermark(s->bev, EV_READ, 0, 0);
      if (s->below != nullptr) bufferevent_enable(s->below, EV_READ);  // its end disabled it
      bufferevent_enable(s->bev, EV_READ | EV_WRITE);
    }
    bufferevent_trigger(c.left.bev, EV_READ, 0);
    if (what == act::replace_the_socket && c.has_socket()) {
      for (int i = 0; i < 5; ++i) look();
      const std::size_t until = c.left.seen + 1000;
      (void)feed(c.spare.b.get(), c.left.seen, until);
      return look_until([&] { return c.left.seen >= until; });
    }
    c.left.write(3000);
    if (!c.ended) c.right.write(3000);
    look_until([&] { return c.all_came(); });
  }
};

TEST_P(stream_matrix, each_kind_may_be_struck_from_each_of_its_callbacks) {
  for (const kind k : kinds)
    for (const int locking : {0, deferred, threaded, threaded | deferred, unlocked})
      for (const int closing : {0, int{BEV_OPT_CLOSE_ON_FREE}})
        for (const act what : acts)
          for (const callback where : {reading, writing, event}) {
            SCOPED_TRACE(name_of(k, locking | closing, what, where));
            couple c(base.get(), k, locking | closing);
            int done = 0;
            c.left.then = [&](callback which) {
              if (which != where || done != 0) return;
              done = 1;
              strike(base.get(), c, what);
            };
            bring_about({&c}, where);
            look_until([&] { return done != 0; });
            for (int i = 0; i < 3; ++i) look();
            EXPECT_EQ(c.left.late + c.right.late, 0);
            expect_it_goes_on(c, what);
            if (HasFailure()) return;
          }
}

// Whichever comes first strikes the other one, whose events are due.
TEST_P(stream_matrix, each_kind_may_be_struck_from_another_of_the_same_turn) {
  for (const kind k : kinds)
    for (const int options : {0, deferred, unlocked})
      for (const act what : acts)
        for (const callback where : {reading, writing, event}) {
          SCOPED_TRACE(name_of(k, options, what, where));
          couple one(base.get(), k, options), two(base.get(), k, options);
          couple* struck = nullptr;
          std::size_t seen = 0;
          for (couple* c : {&one, &two})
            c->left.then = [&, c](callback which) {
              if (which != where || struck != nullptr) return;
              struck = c == &one ? &two : &one;
              seen = struck->left.seen;
              strike(base.get(), *struck, what);
            };
          bring_about({&one, &two}, where);
          look_until([&] { return struck != nullptr; });
          for (int i = 0; i < 3; ++i) look();
          const bool is_still = what == act::disable || what == act::replace_the_socket;
          if (is_still && struck->has_socket() && options == 0) {
            EXPECT_EQ(struck->left.seen, seen);
          }
          for (couple* c : {&one, &two}) {
            EXPECT_EQ(c->left.late + c->right.late, 0);
            expect_it_goes_on(*c, c == struck ? what : act::enable_again);
          }
          if (HasFailure()) return;
        }
}

using call = std::function<void(bufferevent*, evbuffer* in, evbuffer* out)>;

// Of a filter that has bytes to take, and more of them below.
const call calls[] = {
    [](bufferevent* b, evbuffer*, evbuffer*) { bufferevent_write(b, "text", 4); },
    [](bufferevent*, evbuffer*, evbuffer* out) { evbuffer_add_printf(out, "%d", 1); },
    [](bufferevent*, evbuffer*, evbuffer* out) {
      evbuffer_add_reference(out, "a", 1, nullptr, out);
    },
    [](bufferevent*, evbuffer*, evbuffer* out) {
      evbuffer_iovec room;
      ASSERT_EQ(evbuffer_reserve_space(out, 10, &room, 1), 1);
      room.iov_len = 0;
      evbuffer_commit_space(out, &room, 1);
      evbuffer_add(out, "text", 4);
    },
    [](bufferevent*, evbuffer*, evbuffer* out) {
      evbuffer_iovec pieces[] = {{const_cast<char*>("a"), 1}};
      evbuffer_add_iovec(out, pieces, 1);
    },
    [](bufferevent* b, evbuffer*, evbuffer*) {
      evbuffer* more = evbuffer_new();
      evbuffer_add(more, "text", 4);
      bufferevent_write_buffer(b, more);
      evbuffer_free(more);
    },
    [](bufferevent* b, evbuffer*, evbuffer*) {
      char text[10];
      bufferevent_read(b, text, sizeof text);
    },
    [](bufferevent* b, evbuffer*, evbuffer*) {
      evbuffer* taken = evbuffer_new();
      bufferevent_read_buffer(b, taken);
      evbuffer_free(taken);
    },
    [](bufferevent*, evbuffer* in, evbuffer*) {
      evbuffer* taken = evbuffer_new();
      evbuffer_remove_buffer(in, taken, 50);
      evbuffer_free(taken);
    },
    [](bufferevent*, evbuffer* in, evbuffer*) { evbuffer_drain(in, 10); },
    [](bufferevent*, evbuffer* in, evbuffer*) {
      std::free(evbuffer_readln(in, nullptr, EVBUFFER_EOL_NUL));
    },
    [](bufferevent* b, evbuffer* in, evbuffer*) {
      bufferevent_setwatermark(b, EV_READ, 0, 0);
      bufferevent_flush(b, EV_READ, BEV_FLUSH);  // without the callback
      evbuffer_drain(in, 10);
      bufferevent_trigger(b, EV_READ, 0);
    },
    [](bufferevent* b, evbuffer*, evbuffer*) { bufferevent_trigger(b, EV_READ | EV_WRITE, 0); },
    [](bufferevent* b, evbuffer*, evbuffer*) { bufferevent_trigger_event(b, BEV_EVENT_EOF, 0); },
};

TEST_P(stream_matrix, filters_may_be_freed_from_callbacks_that_their_own_functions_call) {
  for (const kind k : {kind::filter, kind::filter_over_pair})
    for (const int locking : {0, threaded, unlocked})
      for (const int closing : {0, int{BEV_OPT_CLOSE_ON_FREE}})
        for (const call& each : calls) {
          SCOPED_TRACE(name_of(k, locking | closing, act::free_it, reading) + ", call " +
                       std::to_string(&each - calls));
          couple c(base.get(), k, locking | closing);
          bufferevent* b = c.left.bev;
          for (bufferevent* quiet : {b, c.right.bev})
            bufferevent_setcb(quiet, nullptr, nullptr, nullptr, nullptr);
          bufferevent_setwatermark(b, EV_READ, 0, 100);
          c.right.write(1000);
          evbuffer* in = bufferevent_get_input(b);
          look_until([&] { return evbuffer_get_length(in) == 100; });
          c.left.then = [&](callback) { c.left.free(); };
          c.left.watch();
          each(b, in, bufferevent_get_output(b));
          look_until([&] { return c.left.bev == nullptr; });
          for (int i = 0; i < 3; ++i) look();
          EXPECT_EQ(c.left.late, 0);
          if (HasFailure()) return;
        }
}

// --- other threads ---

// While it lives, the loop runs, and a thread of its own does something to it.
class meddler {
 public:
  template <class Work>
  meddler(event_base* base, Work work) : tick_(event_new(base, -1, EV_PERSIST, nothing, nullptr)) {
    const timeval often{0, 1000};
    event_add(tick_, &often);
    thread_ = std::thread([this, work] {
      work();
      is_done_ = true;
    });
  }
  ~meddler() {
    thread_.join();
    event_free(tick_);
  }
  meddler(const meddler&) = delete;
  meddler& operator=(const meddler&) = delete;
  bool is_done() const { return is_done_; }

 private:
  static void nothing(evutil_socket_t, short, void*) {}
  struct event* tick_;
  std::atomic<bool> is_done_{false};
  std::thread thread_;
};

// Callbacks come deferred here: those of one that is unlocked would run on both threads at once.
void meddle(couple& c, std::mt19937& random) {
  bufferevent* b = c.left.bev;
  switch (random() % 8) {
    case 0:
      bufferevent_disable(b, random() % 2 ? EV_READ : EV_WRITE);
      break;
    case 1:
    case 2:
      bufferevent_enable(b, EV_READ | EV_WRITE);
      break;
    case 3:
      bufferevent_setwatermark(b, EV_READ, 0, random() % 2 ? 0 : 1 + random() % 3000);
      break;
    case 4:
      c.left.write(1 + random() % 3000);
      break;
    case 5:
      c.right.write(1 + random() % 3000);
      break;
    case 6:
      bufferevent_flush(b, EV_READ | EV_WRITE, BEV_FLUSH);
      break;
    default:
      bufferevent_trigger(b, EV_READ, BEV_TRIG_DEFER_CALLBACKS);
  }
}

TEST_P(stream_matrix, each_kind_may_be_struck_by_another_thread_while_the_loop_runs) {
  std::mt19937 random(3);
  for (const kind k : kinds)
    for (const int options : {threaded, threaded | deferred, unlocked}) {
      SCOPED_TRACE(name_of(k, options, act::disable, reading));
      couple c(base.get(), k, options);
      {
        meddler other(base.get(), [&] {
          for (int i = 0; i < 3000; ++i) meddle(c, random);
        });
        run_until([&] { return other.is_done(); });
      }
      expect_it_goes_on(c, act::enable_again);
      if (HasFailure()) return;
    }
}

// Each socket brings a number of its own: none comes after one of a later socket.
TEST_P(stream_matrix, their_sockets_may_be_replaced_by_another_thread_while_the_loop_runs) {
  for (const kind k : {kind::socket, kind::filter})
    for (const int options :
         {threaded, threaded | deferred, unlocked, threaded | int{BEV_OPT_CLOSE_ON_FREE}}) {
      SCOPED_TRACE(name_of(k, options, act::replace_the_socket, reading));
      constexpr char count = 100;
      std::vector<socket_pair> sockets(count);
      couple c(base.get(), k, options);
      char last = 0;
      const auto came = [](bufferevent* b, void* a) {
        char n;
        for (char& seen = *static_cast<char*>(a); bufferevent_read(b, &n, 1) == 1; seen = n)
          EXPECT_GE(n, seen);
      };
      bufferevent_setcb(c.left.bev, came, nullptr, nullptr, &last);
      {
        meddler other(base.get(), [&] {
          for (char i = 0; i < count; ++i) {
            const socket_pair& next = sockets[static_cast<std::size_t>(i)];
            c.left.replace_socket(next.a.get());
            const std::string text(300, static_cast<char>(i + 1));
            EXPECT_EQ(::send(next.b.get(), text.data(), text.size(), MSG_NOSIGNAL), 300);
            EXPECT_EQ(bufferevent_write(c.left.bev, "text", 4), 0);
          }
        });
        run_until([&] { return other.is_done() && last == count; });
      }
      if (HasFailure()) return;
    }
}

TEST_P(stream_matrix, filters_may_be_freed_by_the_callback_of_a_write_of_another_thread) {
  meddler other(base.get(), [&] {
    for (const kind k : {kind::filter, kind::filter_over_pair})
      for (int i = 0; i < 200; ++i) {
        couple c(base.get(), k, threaded | (i % 2 ? BEV_OPT_CLOSE_ON_FREE : 0));
        c.right.write(100);
        bufferevent_lock(c.left.bev);
        c.left.then = [&](callback which) {
          if (which == writing) c.left.free();
        };
        bufferevent_unlock(c.left.bev);
        c.left.write(100);
        EXPECT_EQ(c.left.bev, nullptr);
      }
  });
  run_until([&] { return other.is_done(); });
}

EDDY_ON_EVERY_BACKEND(stream_matrix);

}  // namespace

int main(int count, char** arguments) {
  testing::InitGoogleTest(&count, arguments);
  evthread_use_pthreads();
  event_set_log_callback([](int, const char*) {});  // of loops that are run from their callbacks
  return RUN_ALL_TESTS();
}
