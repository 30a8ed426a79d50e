// Streams whose bytes the system moves (EVENT_BASE_FLAG_STARTUP_IOCP), where that differs from
// readiness; the suites of streams run once more so, see CMakeLists.txt.
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <string>

#include "base/memory.h"
#include "support/recorded.h"
#include "support/streams.h"

namespace eddy::engine::test {
namespace {

class streams_that_read_ahead : public testing::Test {
 protected:
  void SetUp() override {
    event_config* config = event_config_new();
    event_config_avoid_method(config, "select");
    event_config_set_flag(config, EVENT_BASE_FLAG_STARTUP_IOCP);
    base.reset(event_base_new_with_config(config));
    event_config_free(config);
    ASSERT_NE(base, nullptr);
    ASSERT_STREQ(event_base_get_method(base.get()), "iocp");
  }
  void look() { event_base_loop(base.get(), EVLOOP_NONBLOCK); }
  template <class Condition>
  void run_until(Condition done) {
    for (int turns = 0; !done() && turns < 100'000; ++turns)
      event_base_loop(base.get(), EVLOOP_ONCE);
    EXPECT_TRUE(done());
  }

  std::unique_ptr<event_base, base_deleter> base;
  socket_pair pair;
  reader r;
};

TEST_F(streams_that_read_ahead, have_all_that_is_not_in_the_socket_in_their_input_when_disabled) {
  std::size_t fed = 0;
  for (int round = 0; round < 200; ++round) {
    bufferevent* bev = open_on(base.get(), pair.a.get(), r);
    r.drains = false;
    look();
    fed = feed(pair.b.get(), fed, fed + 5000);
    if (round % 2 != 0) look();
    bufferevent_disable(bev, EV_READ);
    r.check(bufferevent_get_input(bev));
    char text[20'000];
    const ssize_t got = ::recv(pair.a.get(), text, sizeof text, MSG_DONTWAIT);
    if (got > 0) r.check(std::string(text, static_cast<std::size_t>(got)));
    bufferevent_free(bev);
  }
  EXPECT_EQ(r.seen, fed);
  EXPECT_EQ(r.wrong, 0u);
}

TEST_F(streams_that_read_ahead, take_what_stands_behind_a_block_that_was_filled) {
  const std::size_t fed = feed(pair.b.get(), 0, 60'000);
  open_on(base.get(), pair.a.get(), r);
  event_base_loop(base.get(), EVLOOP_ONCE);
  EXPECT_EQ(r.seen, fed);
  EXPECT_EQ(r.wrong, 0u);
  bufferevent_free(r.bev);
}

TEST_F(streams_that_read_ahead, are_told_of_failures_of_receiving) {
  failing_calls failing(sys::call::recv, [](int) { return ECONNRESET; });
  open_on(base.get(), pair.a.get(), r);
  run_until([&] { return r.errors == 1; });
  bufferevent_free(r.bev);
}

TEST_F(streams_that_read_ahead, are_told_of_failures_of_sending) {
  failing_calls failing(sys::call::send, [](int) { return ECONNRESET; });
  open_on(base.get(), pair.a.get(), r);
  bufferevent_write(r.bev, "x", 1);
  run_until([&] { return r.errors == 1; });
  bufferevent_free(r.bev);
}

TEST_F(streams_that_read_ahead, on_a_socket_of_another_port_go_by_readiness) {
  HANDLE port = ::CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 1);
  ASSERT_NE(port, nullptr);
  auto* file = reinterpret_cast<HANDLE>(static_cast<SOCKET>(pair.a.get()));
  ASSERT_EQ(::CreateIoCompletionPort(file, port, 0, 0), port);
  open_on(base.get(), pair.a.get(), r);
  const std::size_t fed = feed(pair.b.get(), 0, 5000);
  run_until([&] { return r.seen == fed; });
  EXPECT_EQ(r.wrong, 0u);
  bufferevent_write(r.bev, "x", 1);
  look();
  EXPECT_EQ(evbuffer_get_length(bufferevent_get_output(r.bev)), 0u);
  char byte = 0;
  EXPECT_EQ(::recv(pair.b.get(), &byte, 1, 0), 1);
  bufferevent_free(r.bev);
  pair.a.close();
  ::CloseHandle(port);
}

// More than the system takes without a reader.
TEST_F(streams_that_read_ahead, keep_their_socket_until_the_peer_has_taken_what_is_sent) {
  bufferevent* bev = bufferevent_socket_new(base.get(), pair.a.get(), 0);
  const std::string text = bytes(0, 16'000'000);
  bufferevent_write(bev, text.data(), text.size());
  evbuffer* out = bufferevent_get_output(bev);
  std::size_t left = 0;
  do {
    left = evbuffer_get_length(out);
    for (int turns = 0; turns < 20; ++turns) look();
  } while (evbuffer_get_length(out) != left);
  ASSERT_NE(left, 0u);
  socket_pair fresh;
  EXPECT_EQ(bufferevent_setfd(bev, fresh.a.get()), -1);
  EXPECT_EQ(bufferevent_getfd(bev), pair.a.get());
  open_on(base.get(), pair.b.get(), r);
  run_until([&] { return r.seen == text.size(); });
  EXPECT_EQ(r.wrong, 0u);
  EXPECT_EQ(bufferevent_setfd(bev, fresh.a.get()), 0);
  bufferevent_free(bev);
  bufferevent_free(r.bev);
}

TEST_F(streams_that_read_ahead, may_be_freed_and_closed_with_all_under_way) {
  for (int i = 0; i < 20; ++i) {
    socket_pair ends;
    bufferevent* bev = bufferevent_socket_new(base.get(), ends.a.release(), BEV_OPT_CLOSE_ON_FREE);
    bufferevent_enable(bev, EV_READ);
    const std::string text = bytes(0, 8'000'000);
    bufferevent_write(bev, text.data(), text.size());
    for (int turns = 0; turns < i % 4; ++turns) look();
    bufferevent_free(bev);
  }
  look();
}

TEST_F(streams_that_read_ahead, let_their_base_be_freed_with_all_under_way) {
  open_on(base.get(), pair.a.get(), r);
  const std::string text = bytes(0, 8'000'000);
  bufferevent_write(r.bev, text.data(), text.size());
  look();
  base.reset();  // nobody may touch the stream any more
}

struct lent_memory {
  bufferevent* other = nullptr;  // stopped by who takes the memory back
  int given_back = 0;

  static void give_back(const void*, std::size_t, void* argument) {
    auto* l = static_cast<lent_memory*>(argument);
    ++l->given_back;
    bufferevent_disable(l->other, EV_READ);
  }
};

TEST_F(streams_that_read_ahead, may_be_stopped_by_who_takes_back_the_memory_of_another_s_output) {
  const std::string text = bytes(0, 8'000'000);
  socket_pair watched[4], ends[3];
  reader readers[4];
  lent_memory lent[3];
  for (int i = 0; i < 4; ++i) open_on(base.get(), watched[i].a.get(), readers[i]);
  for (int i = 0; i < 3; ++i) {
    lent[i].other = readers[i].bev;
    bufferevent* sender = bufferevent_socket_new(base.get(), ends[i].a.get(), 0);
    evbuffer_add_reference(bufferevent_get_output(sender), text.data(), text.size(),
                           lent_memory::give_back, &lent[i]);
    look();
    bufferevent_free(sender);
  }
  for (socket_pair& end : ends) end.b.close();
  // (No callback of an event runs, which EVLOOP_ONCE would wait for.)
  const auto all_given_back = [&] {
    return lent[0].given_back + lent[1].given_back + lent[2].given_back == 3;
  };
  for (int turns = 0; turns < 1'000'000 && !all_given_back(); ++turns) look();
  ASSERT_TRUE(all_given_back());
  std::size_t fed[4];
  for (int i = 0; i < 4; ++i) {
    bufferevent_enable(readers[i].bev, EV_READ);
    look();
    fed[i] = feed(watched[i].b.get(), 0, 20'000);
  }
  for (int i = 0; i < 4; ++i) {
    run_until([&] { return readers[i].seen == fed[i]; });
    EXPECT_EQ(readers[i].wrong, 0u);
    bufferevent_free(readers[i].bev);
  }
}

struct no_memory {
  memory::functions before = memory::get_functions();
  no_memory() {
    memory::set_functions({[](std::size_t) -> void* { return nullptr; },
                           [](void*, std::size_t) -> void* { return nullptr; }, before.release});
  }
  ~no_memory() { memory::set_functions(before); }
};

TEST_F(streams_that_read_ahead, are_told_where_there_is_no_memory_to_receive_with) {
  ASSERT_EQ(::send(pair.b.get(), bytes(0, 1).data(), 1, 0), 1);
  open_on(base.get(), pair.a.get(), r);
  {
    const no_memory now;
    for (int turns = 0; turns < 3 && r.errors == 0; ++turns) look();
  }
  look();
  EXPECT_EQ(r.errors + static_cast<int>(r.seen), 1);
  bufferevent_free(r.bev);
}

// As those are that a program made itself, and that bufferevent_socket_new leaves as they are.
TEST_F(streams_that_read_ahead, do_not_wait_for_more_where_their_socket_would) {
  for (std::size_t size = 3936; size <= 4160; size += 32) {
    socket_pair blocking(0);
    reader one;
    const std::size_t fed = feed(blocking.b.get(), 0, size);
    open_on(base.get(), blocking.a.get(), one);
    run_until([&] { return one.seen == fed; });
    EXPECT_EQ(one.wrong, 0u);
    bufferevent_free(one.bev);
  }
}

TEST_F(streams_that_read_ahead, are_told_where_the_system_lacks_memory_to_receive_with) {
  failing_calls failing(sys::call::recv, [](int) { return ENOBUFS; });
  open_on(base.get(), pair.a.get(), r);
  for (int turns = 0; turns < 50; ++turns) look();
  EXPECT_EQ(r.errors, 1);
  EXPECT_LT(failing.seen(), 5);
  bufferevent_free(r.bev);
}

}  // namespace
}  // namespace eddy::engine::test
