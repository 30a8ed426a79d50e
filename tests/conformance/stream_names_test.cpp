// Streams that connect to a name: this program has its own resolver, which answers with several
// addresses when it is told to.
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/thread.h>
#include <gtest/gtest.h>
#include <netdb.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <vector>

#include "support/recorded.h"
#include "support/streams.h"
#include "support/system.h"

namespace {

// What the name "several" stands for; and whether whoever asks has to wait.
class resolver {
 public:
  void add(const sockaddr_in& a) { addresses_[count_++] = a; }
  void hold_back(bool wanted) {
    std::lock_guard<std::mutex> guard(mutex_);
    held_back_ = wanted;
    changed_.notify_all();
  }
  void wait_for_asking(int count) { wait_until(asking_, count); }
  void wait_for_answers(int count) { wait_until(answers_, count); }

  int answer(addrinfo** found) {
    std::unique_lock<std::mutex> guard(mutex_);
    ++asking_;
    changed_.notify_all();
    changed_.wait(guard, [this] { return !held_back_; });
    addrinfo* all = nullptr;
    for (int i = count_; i-- > 0;) {
      auto* made = new addrinfo{};
      made->ai_family = AF_INET;
      made->ai_socktype = SOCK_STREAM;
      made->ai_addrlen = sizeof addresses_[i];
      made->ai_addr = reinterpret_cast<sockaddr*>(new sockaddr_in(addresses_[i]));
      made->ai_next = all;
      all = made;
    }
    *found = all;
    ++answers_;
    changed_.notify_all();
    return 0;
  }

 private:
  void wait_until(const int& what, int count) {
    std::unique_lock<std::mutex> guard(mutex_);
    changed_.wait(guard, [&] { return what >= count; });
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  sockaddr_in addresses_[4]{};
  int count_ = 0, asking_ = 0, answers_ = 0;
  bool held_back_ = false;
};

std::atomic<resolver*> present{nullptr};

}  // namespace

extern "C" {

int EDDY_OWN(getaddrinfo)(const char* name, const char*, const addrinfo* hints, addrinfo** found) {
  resolver* r = present;
  if (r == nullptr || std::strcmp(name, "several") != 0 || (hints->ai_flags & AI_NUMERICHOST))
    return EAI_NONAME;
  return r->answer(found);
}

void EDDY_OWN(freeaddrinfo)(addrinfo* all) noexcept {
  while (all != nullptr) {
    addrinfo* next = all->ai_next;
    delete reinterpret_cast<sockaddr_in*>(all->ai_addr);
    delete all;
    all = next;
  }
}
}
EDDY_REPLACES(getaddrinfo);
EDDY_REPLACES(freeaddrinfo);

namespace {

using eddy::engine::sys::call;
using eddy::engine::test::descriptor;
using eddy::engine::test::failing_calls;
using eddy::engine::test::tcp_listener;

class stream_names : public eddy::engine::test::stream_test {
 public:
  void SetUp() override {
    stream_test::SetUp();
    present = &names;
  }
  void TearDown() override {
    present = nullptr;
    stream_test::TearDown();
  }
  bufferevent* connecting() {
    bufferevent* b = bufferevent_socket_new(base.get(), -1, BEV_OPT_CLOSE_ON_FREE);
    bufferevent_setcb(b, nullptr, nullptr, told, this);
    EXPECT_EQ(bufferevent_socket_connect_hostname(b, nullptr, AF_INET, "several", 9), 0);
    return b;
  }
  static void told(bufferevent*, short what, void* self) {
    auto& t = *static_cast<stream_names*>(self);
    t.error = what & BEV_EVENT_ERROR ? errno : 0;
    t.what = static_cast<short>(t.what | what);
  }

  static void stop_loop(evutil_socket_t, short, void* which) {
    event_base_loopbreak(static_cast<event_base*>(which));
  }

  tcp_listener listener;
  resolver names;
  short what = 0;
  int error = 0;
};

TEST_P(stream_names, send_to_the_next_address_when_the_first_refuses_at_once) {
  for (int i = 0; i < 3; ++i) names.add(listener.address);
  const failing_calls refusing(call::connect, [](int nth) { return nth <= 2 ? ECONNREFUSED : 0; });
  bufferevent* b = connecting();
  ASSERT_EQ(bufferevent_enable(b, EV_READ), 0);
  ASSERT_EQ(bufferevent_write(b, "hello", 5), 0);
  run_until([&] { return what != 0; });
  EXPECT_EQ(what, BEV_EVENT_CONNECTED);
  EXPECT_EQ(bufferevent_get_enabled(b), EV_READ | EV_WRITE);
  descriptor other;
  run_until([&] {
    if (other.get() < 0)
      other = descriptor(::accept4(listener.socket.get(), nullptr, nullptr, SOCK_NONBLOCK));
    look();
    char text[5];
    return other.get() >= 0 && ::recv(other.get(), text, 5, MSG_PEEK) == 5;
  });
  bufferevent_free(b);
}

TEST_P(stream_names, tell_the_error_of_the_last_address) {
  for (const int how : {ECONNREFUSED, ENETUNREACH}) {
    resolver all;
    for (int i = 0; i < 2; ++i) all.add(listener.address);
    const failing_calls refusing(call::connect, [how](int nth) { return nth == 1 ? EPERM : how; });
    present = &all;
    what = 0;
    bufferevent* b = connecting();
    errno = EDOM;
    run_until([&] { return what != 0; });
    EXPECT_EQ(what, BEV_EVENT_ERROR);
    EXPECT_EQ(error, how);
    bufferevent_free(b);
  }
}

// The answer is active, and a more urgent event stops the loop each time before its turn comes. The
// address sanitizer sees what would be left.
TEST_P(stream_names, leave_nothing_when_the_answer_is_due_as_their_loop_ends) {
  names.add(listener.address);
  event_base_priority_init(base.get(), 3);
  bufferevent* b = connecting();
  event* stop = event_new(base.get(), -1, 0, stop_loop, base.get());
  event_priority_set(stop, 0);
  for (int turns = 0; event_base_get_num_events(base.get(), EVENT_BASE_COUNT_ACTIVE) == 0;
       ++turns) {
    ASSERT_LT(turns, 2'000'000) << "no answer comes";
    event_active(stop, EV_READ, 1);
    look();
  }
  EXPECT_EQ(what, 0);
  bufferevent_free(b);
  event_free(stop);
  base.reset();
}

TEST_P(stream_names, may_be_left_by_their_loop_while_the_resolver_is_asked) {
  static auto* kept = new std::vector<bufferevent*>;  // as by a program that is about to end
  names.add(listener.address);
  for (const bool freed : {true, false}) {
    if (base == nullptr) base.reset(event_base_new());
    names.hold_back(true);
    bufferevent* b = connecting();
    names.wait_for_asking(freed ? 1 : 2);
    if (freed)
      bufferevent_free(b);
    else
      kept->push_back(b);
    base.reset();
    names.hold_back(false);
    names.wait_for_answers(freed ? 1 : 2);
  }
}

EDDY_ON_EVERY_BACKEND(stream_names);

}  // namespace

int main(int count, char** arguments) {
  testing::InitGoogleTest(&count, arguments);
  evthread_use_pthreads();
  return RUN_ALL_TESTS();
}
