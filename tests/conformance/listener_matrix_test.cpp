// Whatever is done to a listener: from its own callbacks, from a stream's in the same turn, and by
// another thread; where connections are accepted by calls, and where the kernel accepts them.
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <event2/thread.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/no_descriptors.h"
#include "support/streams.h"
#include "support/system.h"

namespace {

using eddy::engine::test::descriptor;
using eddy::engine::test::feed;
using eddy::engine::test::no_descriptors;
using eddy::engine::test::open_on;
using eddy::engine::test::reader;
using eddy::engine::test::socket_pair;

struct accepting {
  evconnlistener* listener = nullptr;  // null: freed
  sockaddr_in address{};
  std::vector<descriptor> accepted;
  int by_others = 0;               // told to another callback
  int errors = 0, late = 0;        // late: after the free
  std::function<void(bool)> then;  // true: an error

  accepting(event_base* base, unsigned flags) {
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener =
        evconnlistener_new_bind(base, came, this, flags | LEV_OPT_CLOSE_ON_FREE, 100, name(), size);
    EXPECT_NE(listener, nullptr);
    evconnlistener_set_error_cb(listener, failed);
    socklen_t room = size;
    EXPECT_EQ(::getsockname(evconnlistener_get_fd(listener), name(), &room), 0);
  }
  ~accepting() { free(); }
  void free() {
    if (listener != nullptr) evconnlistener_free(std::exchange(listener, nullptr));
  }
  descriptor client() {
    descriptor made(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(made.get(), name(), size), 0);
    return made;
  }
  std::vector<descriptor> clients(int count) {
    std::vector<descriptor> made;
    for (int i = 0; i < count; ++i) made.push_back(client());
    return made;
  }

  static void came(evconnlistener*, evutil_socket_t fd, sockaddr*, int, void* argument) {
    auto& a = *static_cast<accepting*>(argument);
    a.accepted.emplace_back(fd);
    if (a.listener == nullptr)
      ++a.late;
    else if (a.then)
      a.then(false);
  }
  static void came_to_another(evconnlistener* l, evutil_socket_t fd, sockaddr* s, int n, void* a) {
    ++static_cast<accepting*>(a)->by_others;
    came(l, fd, s, n, a);
  }
  static void failed(evconnlistener*, void* argument) {
    auto& a = *static_cast<accepting*>(argument);
    ++a.errors;
    if (a.listener == nullptr)
      ++a.late;
    else if (a.then)
      a.then(true);
  }

 private:
  static constexpr socklen_t size = sizeof(sockaddr_in);
  sockaddr* name() { return reinterpret_cast<sockaddr*>(&address); }
};

enum class act {
  free_it,
  disable,
  disable_and_enable,
  enable_again,
  set_another_callback,
  set_no_callback,
  set_no_error_callback,
  run_the_loop
};
constexpr act acts[] = {act::free_it,
                        act::disable,
                        act::disable_and_enable,
                        act::enable_again,
                        act::set_another_callback,
                        act::set_no_callback,
                        act::set_no_error_callback,
                        act::run_the_loop};

void strike(event_base* base, accepting& a, act what) {
  switch (what) {
    case act::free_it:
      return a.free();
    case act::disable:
      EXPECT_EQ(evconnlistener_disable(a.listener), 0);
      break;
    case act::disable_and_enable:
      EXPECT_EQ(evconnlistener_disable(a.listener), 0);
      [[fallthrough]];
    case act::enable_again:
      EXPECT_EQ(evconnlistener_enable(a.listener), 0);
      break;
    case act::set_another_callback:
      evconnlistener_set_cb(a.listener, accepting::came_to_another, &a);
      break;
    case act::set_no_callback:
      evconnlistener_set_cb(a.listener, nullptr, nullptr);
      break;
    case act::set_no_error_callback:
      evconnlistener_set_error_cb(a.listener, nullptr);
      break;
    case act::run_the_loop:
      EXPECT_EQ(event_base_loop(base, EVLOOP_NONBLOCK), -1);
  }
}

// Those that wait for nothing more than their listener to be enabled again, or to have a callback.
bool is_silenced(act what) { return what == act::disable || what == act::set_no_callback; }

class listener_matrix : public eddy::engine::test::stream_test {
 public:
  void look_a_while() {
    for (int i = 0; i < 5; ++i) look();
  }
  // After a connection a stream makes the kernel accept, where it can.
  void settle(accepting& a) {
    const descriptor first = a.client();
    look_a_while();
    ASSERT_EQ(a.accepted.size(), 1u);
    a.accepted.clear();
  }
  void expect_it_goes_on(accepting& a, act what, std::size_t count) {
    EXPECT_EQ(a.late, 0);
    if (a.listener == nullptr) return;
    if (what == act::set_no_callback) evconnlistener_set_cb(a.listener, accepting::came, &a);
    if (what == act::disable) evconnlistener_enable(a.listener);
    const descriptor last = a.client();
    run_until([&] { return a.accepted.size() >= count + 1; });
    look_a_while();
    EXPECT_EQ(a.accepted.size(), count + 1);
  }
  template <class Test>
  void each_way(Test test) {
    for (const bool with_a_stream : {false, true})
      for (const unsigned flags : {0u, LEV_OPT_THREADSAFE})
        for (const act what : acts) {
          SCOPED_TRACE("act " + std::to_string(static_cast<int>(what)) + ", flags " +
                       std::to_string(flags) + (with_a_stream ? ", with a stream" : ""));
          socket_pair pair;
          reader other;
          if (with_a_stream) open_on(base.get(), pair.a.get(), other);
          {
            accepting a(base.get(), flags);
            settle(a);
            test(a, what);
          }
          look();
          if (with_a_stream) bufferevent_free(other.bev);
          if (HasFailure()) return;
        }
  }
};

TEST_P(listener_matrix, may_be_struck_from_its_callback) {
  each_way([&](accepting& a, act what) {
    int done = 0;
    a.then = [&](bool) {
      if (done++ == 0) strike(base.get(), a, what);
    };
    const std::vector<descriptor> made = a.clients(5);
    look_a_while();
    const bool is_ended = is_silenced(what) || what == act::free_it;
    EXPECT_EQ(a.accepted.size(), is_ended ? 1u : made.size());
    EXPECT_EQ(a.by_others, what == act::set_another_callback ? 4 : 0);
    expect_it_goes_on(a, what, made.size());
  });
}

TEST_P(listener_matrix, may_be_struck_from_its_error_callback) {
  each_way([&](accepting& a, act what) {
    a.then = [&](bool error) {
      if (error && a.errors == 1) strike(base.get(), a, what);
    };
    const descriptor client = a.client();
    {
      no_descriptors lack;
      // (The kernel goes by the limit that there was when it was asked.)
      evconnlistener_disable(a.listener);
      evconnlistener_enable(a.listener);
      for (int turns = 0; a.errors == 0 && turns < 1000; ++turns) look();
      look_a_while();
    }
    EXPECT_EQ(a.errors, 1);
    EXPECT_TRUE(a.accepted.empty());
    expect_it_goes_on(a, what, 1);
  });
}

// The stream's bytes and the connection are due in one turn; whoever comes first strikes the other.
TEST_P(listener_matrix, may_be_struck_from_a_streams_callback_in_the_same_turn) {
  each_way([&](accepting& a, act what) {
    socket_pair pair;
    bufferevent* b = bufferevent_socket_new(base.get(), pair.a.get(), 0);
    bool is_first = true;
    std::function<void()> came = [&] {
      if (std::exchange(is_first, false) && a.accepted.empty()) strike(base.get(), a, what);
    };
    bufferevent_setcb(
        b, [](bufferevent*, void* f) { (*static_cast<std::function<void()>*>(f))(); }, nullptr,
        nullptr, &came);
    bufferevent_enable(b, EV_READ);
    bool is_freed = false;
    a.then = [&](bool) {
      if (!std::exchange(is_freed, true)) bufferevent_free(b);
    };
    look();
    const descriptor client = a.client();
    (void)feed(pair.b.get(), 0, 10);
    look_a_while();
    expect_it_goes_on(a, what, 1);
    if (!is_freed) bufferevent_free(b);
  });
}

TEST_P(listener_matrix, may_be_freed_from_anothers_callback_in_the_same_turn) {
  for (const bool with_a_stream : {false, true}) {
    socket_pair pair;
    reader other;
    if (with_a_stream) open_on(base.get(), pair.a.get(), other);
    {
      accepting one(base.get(), 0), two(base.get(), 0);
      settle(one);
      settle(two);
      one.then = [&](bool) { two.free(); };
      two.then = [&](bool) { one.free(); };
      const std::vector<descriptor> first = one.clients(3), second = two.clients(3);
      look_a_while();
      EXPECT_EQ(one.late + two.late, 0);
      EXPECT_EQ((one.listener == nullptr) + (two.listener == nullptr), 1);
      EXPECT_EQ(one.accepted.size() + two.accepted.size(), 3u);
    }
    if (with_a_stream) bufferevent_free(other.bev);
  }
}

void close_it(evconnlistener*, evutil_socket_t fd, sockaddr*, int, void*) { ::close(fd); }

TEST_P(listener_matrix, may_be_struck_by_another_thread_while_the_loop_runs) {
  event* tick = event_new(
      base.get(), -1, EV_PERSIST, [](evutil_socket_t, short, void*) {}, nullptr);
  const timeval often{0, 1000};
  event_add(tick, &often);
  for (const bool frees : {false, true}) {
    stopped = false;
    std::thread other([&] {
      for (int i = 0; i < 100; ++i) {
        accepting a(base.get(), LEV_OPT_THREADSAFE | LEV_OPT_DISABLED);
        evconnlistener_set_cb(a.listener, close_it, &a);
        evconnlistener_enable(a.listener);
        const std::vector<descriptor> made = a.clients(10);
        for (int j = 0; j < 10 && !frees; ++j) {
          evconnlistener_set_cb(a.listener, nullptr, nullptr);
          evconnlistener_set_cb(a.listener, close_it, nullptr);
        }
      }
      stopped = true;
    });
    run_until([&] { return stopped.load(); });
    other.join();
  }
  event_free(tick);
}

EDDY_ON_EVERY_BACKEND(listener_matrix);

}  // namespace

int main(int count, char** arguments) {
  testing::InitGoogleTest(&count, arguments);
  evthread_use_pthreads();
  event_set_log_callback([](int, const char*) {});  // of loops that are run from their callbacks
  return RUN_ALL_TESTS();
}
