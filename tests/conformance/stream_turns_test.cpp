// A stream that reads and writes by turns: it does not read while it answers, as who has one buffer
// only. The callbacks of both kinds take the input, and neither is told of nothing.
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/thread.h>
#include <gtest/gtest.h>

#include <string>

#include "support/streams.h"

namespace {

using eddy::engine::test::bytes;
using eddy::engine::test::open_on;
using eddy::engine::test::reader;
using eddy::engine::test::socket_pair;

constexpr std::size_t all = 900'000;

struct answering {
  std::size_t most = 0;  // taken at once, 0 for all there is
  std::size_t echoed = 0;
  int told_of_nothing = 0;
};

void answer(bufferevent* bev, answering& a) {
  evbuffer* in = bufferevent_get_input(bev);
  std::string text(a.most == 0 ? evbuffer_get_length(in) : a.most, '\0');
  text.resize(bufferevent_read(bev, text.data(), text.size()));
  bufferevent_disable(bev, EV_READ);
  bufferevent_write(bev, text.data(), text.size());
  a.echoed += text.size();
}

void asked(bufferevent* bev, void* argument) {
  auto& a = *static_cast<answering*>(argument);
  a.told_of_nothing += evbuffer_get_length(bufferevent_get_input(bev)) == 0;
  answer(bev, a);
}

void answered(bufferevent* bev, void* argument) {
  bufferevent_enable(bev, EV_READ);
  if (evbuffer_get_length(bufferevent_get_input(bev)) > 0)
    answer(bev, *static_cast<answering*>(argument));
}

class stream_turns : public eddy::engine::test::stream_test {
 public:
  void play(std::size_t high, std::size_t most, int options) {
    socket_pair pair;
    answering a{.most = most};
    bufferevent* server = bufferevent_socket_new(base.get(), pair.a.get(), options);
    bufferevent_setwatermark(server, EV_READ, 0, high);
    reader client;
    bufferevent_setcb(server, asked, answered, nullptr, &a);
    bufferevent_enable(server, EV_READ | EV_WRITE);
    open_on(base.get(), pair.b.get(), client);
    const std::string text = bytes(0, all);
    bufferevent_write(client.bev, text.data(), text.size());
    const timeval long_after{10, 0};  // a stall ends the test; nothing waits for it otherwise
    bufferevent_set_timeouts(client.bev, &long_after, nullptr);
    run_until([&] { return client.seen >= all || client.timeouts != 0; });
    EXPECT_EQ(client.seen, all) << "echoed " << a.echoed;
    EXPECT_EQ(client.wrong, 0u);
    EXPECT_EQ(a.told_of_nothing, 0);
    bufferevent_free(server);
    bufferevent_free(client.bev);
  }
};

TEST_P(stream_turns, go_on_to_the_last_byte_whatever_the_mark_and_the_size) {
  for (const std::size_t high : {std::size_t{0}, std::size_t{4096}, std::size_t{70'000}})
    for (const std::size_t most : {std::size_t{0}, std::size_t{1000}, std::size_t{4096}}) {
      SCOPED_TRACE("high watermark " + std::to_string(high) + ", at most " + std::to_string(most));
      play(high, most, 0);
    }
}

TEST_P(stream_turns, go_on_when_callbacks_are_deferred) {
  for (const std::size_t high : {std::size_t{0}, std::size_t{4096}}) {
    SCOPED_TRACE("high watermark " + std::to_string(high));
    play(high, 4096, BEV_OPT_DEFER_CALLBACKS);
    play(high, 4096, BEV_OPT_DEFER_CALLBACKS | BEV_OPT_THREADSAFE | BEV_OPT_UNLOCK_CALLBACKS);
  }
}

EDDY_ON_EVERY_BACKEND(stream_turns);

}  // namespace

int main(int count, char** arguments) {
  testing::InitGoogleTest(&count, arguments);
  evthread_use_pthreads();
  return RUN_ALL_TESTS();
}
