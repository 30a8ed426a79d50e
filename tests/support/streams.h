// Streams on every backend, bytes of which each knows its place, and who checks them.
#pragma once

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <string>

#include "support/backends.h"
#include "support/sockets.h"

namespace eddy::engine::test {

struct base_deleter {
  void operator()(event_base* b) const { event_base_free(b); }
};

// The suites of streams run once more with EDDY_TEST_READS_AHEAD, for the kernel whose transfers
// are there then only (Windows' completion ports).
inline event_base* new_base() {
  event_config* config = event_config_new();
  if (std::getenv("EDDY_TEST_READS_AHEAD") != nullptr)
    event_config_set_flag(config, EVENT_BASE_FLAG_STARTUP_IOCP);
  event_base* made = event_base_new_with_config(config);
  event_config_free(config);
  return made;
}

class stream_test : public on_every_backend {
 public:
  void SetUp() override {
    ASSERT_EQ(setenv("EDDY_BACKEND", GetParam().c_str(), 1), 0);
    base.reset(new_base());
    ASSERT_NE(base, nullptr);
    ASSERT_EQ(event_base_get_method(base.get()), GetParam());
  }
  void TearDown() override { unsetenv("EDDY_BACKEND"); }

  // Turns until `done`, which the loop's own events bring about.
  template <class Condition>
  void run_until(Condition done) {
    for (int turns = 0; !done(); ++turns) {
      ASSERT_LT(turns, 2'000'000) << "it does not come about";
      ASSERT_NE(event_base_loop(base.get(), EVLOOP_ONCE), -1);
    }
  }
  void look() { event_base_loop(base.get(), EVLOOP_NONBLOCK); }

  std::unique_ptr<event_base, base_deleter> base;
  std::atomic<bool> stopped{false};
};

// The bytes of all tests: each place has its own.
inline unsigned char byte_at(std::size_t i) {
  return static_cast<unsigned char>((i * 2654435761u) >> 13 ^ i);
}

inline std::string bytes(std::size_t from, std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(byte_at(from + i));
  return text;
}

// A reader that checks each byte.
struct reader {
  bufferevent* bev = nullptr;
  std::size_t seen = 0;
  std::size_t wrong = 0;
  std::size_t longest = 0;
  int ends = 0, errors = 0, timeouts = 0, connects = 0;
  bool drains = true;

  void take() {
    evbuffer* in = bufferevent_get_input(bev);
    longest = std::max(longest, evbuffer_get_length(in));
    if (!drains) return;
    check(in);
  }
  void check(evbuffer* in) {
    std::string text(evbuffer_get_length(in), '\0');
    evbuffer_remove(in, text.data(), text.size());
    check(text);
  }
  void check(const std::string& text) {
    for (const char c : text) wrong += static_cast<unsigned char>(c) != byte_at(seen++);
  }
};

inline void on_read(bufferevent*, void* argument) { static_cast<reader*>(argument)->take(); }

inline void on_event(bufferevent*, short what, void* argument) {
  auto* r = static_cast<reader*>(argument);
  r->ends += (what & BEV_EVENT_EOF) != 0;
  r->errors += (what & BEV_EVENT_ERROR) != 0;
  r->timeouts += (what & BEV_EVENT_TIMEOUT) != 0;
  r->connects += (what & BEV_EVENT_CONNECTED) != 0;
}

inline bufferevent* open_on(event_base* base, int fd, reader& r, int options = 0) {
  r.bev = bufferevent_socket_new(base, fd, options);
  bufferevent_setcb(r.bev, on_read, nullptr, on_event, &r);
  bufferevent_enable(r.bev, EV_READ);
  return r.bev;
}

// Writes as much as fits; gives the place reached.
inline std::size_t feed(int fd, std::size_t from, std::size_t until) {
  while (from < until) {
    const std::string text = bytes(from, std::min<std::size_t>(until - from, 16384));
    const ssize_t sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) return from;
    from += static_cast<std::size_t>(sent);
  }
  return from;
}

}  // namespace eddy::engine::test
