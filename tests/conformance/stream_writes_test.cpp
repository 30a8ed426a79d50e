// When streams write, and that nobody waits for ever to hear of it.
#include <sys/mman.h>

#include <vector>

#include "support/streams.h"
#include "support/system.h"

namespace {

using namespace eddy::engine::test;

class stream_writes : public stream_test {
 public:
  // Looks, and reads what the other end got, until `done`.
  template <class Condition>
  void look_until(int other_end, Condition done) {
    std::vector<char> sink(1 << 20);
    for (int turns = 0; !done(); ++turns) {
      ASSERT_LT(turns, 100'000) << "it does not come about";
      look();
      const ssize_t got = ::recv(other_end, sink.data(), sink.size(), MSG_DONTWAIT);
      if (got > 0) received.append(sink.data(), static_cast<std::size_t>(got));
    }
  }
  std::string received;
};

struct writer {
  bufferevent* bev = nullptr;
  int written = 0;  // callbacks
};

void on_written(bufferevent*, void* argument) { ++static_cast<writer*>(argument)->written; }

void open_writer(event_base* base, int fd, writer& w) {
  w.bev = bufferevent_socket_new(base, fd, 0);
  bufferevent_setcb(w.bev, nullptr, on_written, nullptr, &w);
}

// Enabling one with a write callback makes it active; the write that follows at once finds the
// socket full.
TEST_P(stream_writes, are_told_when_they_began_in_the_turn_in_which_the_stream_was_enabled) {
  socket_pair pair;
  const std::size_t full = feed(pair.a.get(), 0, 100'000'000);
  writer w;
  open_writer(base.get(), pair.a.get(), w);
  bufferevent_enable(w.bev, EV_WRITE);
  const std::string text = bytes(full, 300'000);
  bufferevent_write(w.bev, text.data(), text.size());
  look();
  look();
  look_until(pair.b.get(), [&] { return received.size() == full + text.size(); });
  look();
  look();
  EXPECT_EQ(received, bytes(0, full + text.size()));
  EXPECT_EQ(evbuffer_get_length(bufferevent_get_output(w.bev)), 0u);
  EXPECT_GE(w.written, 1);
  bufferevent_free(w.bev);
}

// Written bytes are still to be told when another stream's callback adds more than the socket
// takes.
TEST_P(stream_writes, go_on_when_others_add_before_what_went_was_told) {
  socket_pair pair, other;
  writer w;
  open_writer(base.get(), pair.a.get(), w);
  bufferevent_enable(w.bev, EV_WRITE);
  struct adder {
    writer* to;
    std::size_t place = 0;
    std::size_t size = 0;
    static void add(bufferevent* from, void* argument) {
      auto* self = static_cast<adder*>(argument);
      evbuffer_drain(bufferevent_get_input(from), SIZE_MAX);
      const std::string text = bytes(self->place, self->size);
      self->place += text.size();
      bufferevent_write(self->to->bev, text.data(), text.size());
    }
  } adds{&w};
  bufferevent* source = bufferevent_socket_new(base.get(), other.a.get(), 0);
  bufferevent_setcb(source, adder::add, nullptr, nullptr, &adds);
  bufferevent_enable(source, EV_READ);
  look();
  for (const std::size_t size : {1u, 900'000u, 1u, 900'000u}) {
    adds.size = size;
    ASSERT_EQ(::send(other.b.get(), "x", 1, 0), 1);
    look();
  }
  look_until(pair.b.get(), [&] { return received.size() == 1'800'002; });
  look();
  look();
  EXPECT_EQ(received, bytes(0, 1'800'002));
  EXPECT_EQ(evbuffer_get_length(bufferevent_get_output(w.bev)), 0u);
  bufferevent_free(source);
  bufferevent_free(w.bev);
}

// What a stream's own callback adds is written when it returns; its write callback comes later, and
// not from inside of that.
TEST_P(stream_writes, of_a_read_callback_are_told_in_a_later_turn) {
  socket_pair pair;
  struct echo {
    bool in_read = false;
    int inside = 0;
    int written = 0;
    static void read(bufferevent* bev, void* argument) {
      auto* self = static_cast<echo*>(argument);
      self->in_read = true;
      bufferevent_write_buffer(bev, bufferevent_get_input(bev));
      self->in_read = false;
    }
    static void wrote(bufferevent*, void* argument) {
      auto* self = static_cast<echo*>(argument);
      self->inside += self->in_read;
      ++self->written;
    }
  } e;
  bufferevent* bev = bufferevent_socket_new(base.get(), pair.a.get(), 0);
  bufferevent_setcb(bev, echo::read, echo::wrote, nullptr, &e);
  bufferevent_enable(bev, EV_READ | EV_WRITE);
  look();
  e.written = 0;
  ASSERT_EQ(::send(pair.b.get(), "hello", 5, 0), 5);
  look_until(pair.b.get(), [&] { return received.size() == 5; });
  for (int i = 0; i < 4; ++i) look();
  EXPECT_EQ(received, "hello");
  EXPECT_EQ(e.written, 1);
  EXPECT_EQ(e.inside, 0);
  bufferevent_free(bev);
}

// Freed in its own callback, a stream writes nothing any more: its descriptor may be another's.
TEST_P(stream_writes, of_a_callback_that_frees_the_stream_do_not_happen) {
  socket_pair pair;
  bufferevent* bev = bufferevent_socket_new(base.get(), pair.a.get(), 0);
  bufferevent_setcb(
      bev,
      [](bufferevent* self, void*) {
        bufferevent_write(self, "late", 4);
        bufferevent_free(self);
      },
      nullptr, nullptr, nullptr);
  bufferevent_enable(bev, EV_READ | EV_WRITE);
  ASSERT_EQ(::send(pair.b.get(), "x", 1, 0), 1);
  for (int i = 0; i < 4; ++i) look();
  char byte = 0;
  EXPECT_EQ(::recv(pair.b.get(), &byte, 1, MSG_DONTWAIT), -1);
  EXPECT_EQ(errno, EAGAIN);
}

TEST_P(stream_writes, whose_timeouts_were_taken_away_have_none_any_more) {
  socket_pair pair;
  const timeval limit{0, 2'000}, pause{0, 10'000};
  reader r;
  open_on(base.get(), pair.a.get(), r);
  bufferevent_set_timeouts(r.bev, nullptr, &limit);
  const std::string text = bytes(0, 3'000'000);
  bufferevent_write(r.bev, text.data(), text.size());
  run_until([&] { return r.timeouts > 0; });
  bufferevent_set_timeouts(r.bev, nullptr, nullptr);
  bufferevent_enable(r.bev, EV_WRITE);
  std::vector<char> sink(1 << 20);
  for (int i = 0; i < 3; ++i) {
    // Some goes, and then nothing for longer than the old limit.
    (void)::recv(pair.b.get(), sink.data(), sink.size(), MSG_DONTWAIT);
    bool over = false;
    event_base_once(
        base.get(), -1, EV_TIMEOUT,
        [](int, short, void* flag) { *static_cast<bool*>(flag) = true; }, &over, &pause);
    run_until([&] { return over; });
  }
  EXPECT_EQ(r.timeouts, 1);
  EXPECT_NE(bufferevent_get_enabled(r.bev) & EV_WRITE, 0);
  bufferevent_free(r.bev);
}

// --- large ones, which io_uring may send without a copy ---

struct tcp_pair {
  tcp_pair() {
    tcp_listener listener(0);
    b = descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(b.get(), listener.as_sockaddr(), sizeof listener.address), 0);
    a = descriptor(
        ::accept4(listener.socket.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  }
  descriptor a, b;
};

TEST_P(stream_writes, of_many_sizes_keep_every_byte_in_order_over_tcp) {
  tcp_pair pair;
  writer w;
  open_writer(base.get(), pair.a.get(), w);
  bufferevent_enable(w.bev, EV_WRITE);
  std::size_t all = 0;
  for (const std::size_t size : {400'000u, 3u, 70'000u, 100u, 1'000'000u, 33'000u, 5u}) {
    const std::string text = bytes(all, size);
    bufferevent_write(w.bev, text.data(), text.size());
    all += size;
    look();
  }
  look_until(pair.b.get(), [&] { return received.size() == all; });
  EXPECT_EQ(received, bytes(0, all));
  bufferevent_free(w.bev);
}

// The peer takes its time: what is in flight to it may be read by the kernel for long after the
// stream, its descriptor and its loop are gone.
TEST_P(stream_writes, that_the_peer_has_not_got_outlive_the_stream_and_the_loop) {
  tcp_pair pair;
  writer w;
  open_writer(base.get(), pair.a.get(), w);
  bufferevent_enable(w.bev, EV_WRITE);
  const std::string text = bytes(0, 3'000'000);
  bufferevent_write(w.bev, text.data(), text.size());
  for (int i = 0; i < 20; ++i) look();
  const std::size_t went = text.size() - evbuffer_get_length(bufferevent_get_output(w.bev));
  bufferevent_free(w.bev);
  base.reset();
  const std::vector<char> other_things(4 << 20, 'x');  // where the output was, perhaps
  ASSERT_EQ(::shutdown(pair.a.get(), SHUT_WR), 0);
  std::vector<char> sink(1 << 20);
  for (ssize_t got; (got = ::recv(pair.b.get(), sink.data(), sink.size(), 0)) > 0;)
    received.append(sink.data(), static_cast<std::size_t>(got));
  // (A send that was under way when the stream was freed may have brought more.)
  EXPECT_GE(received.size(), went);
  EXPECT_EQ(received, bytes(0, received.size()));
  EXPECT_EQ(other_things.size(), 4u << 20);
}

// A request's length has 32 bits. (The memory is one page of zeros.)
TEST_P(stream_writes, of_a_piece_of_4_gib_begin_with_more_than_nothing) {
  EDDY_NEEDS(mappings_are_there);
  for (const std::size_t size : {std::size_t{1} << 32, (std::size_t{1} << 32) + 3}) {
    socket_pair pair;
    void* zeros =
        ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    ASSERT_NE(zeros, MAP_FAILED);
    writer w;
    open_writer(base.get(), pair.a.get(), w);
    ASSERT_EQ(bufferevent_set_max_single_write(w.bev, size), 0);
    bufferevent_enable(w.bev, EV_WRITE);
    evbuffer* out = bufferevent_get_output(w.bev);
    ASSERT_EQ(evbuffer_add_reference(out, zeros, size, nullptr, nullptr), 0);
    received.clear();
    // (What the socket takes at a time; a piece of 3 bytes would be what is left of the length.)
    for (int turns = 0; received.empty(); ++turns) {
      ASSERT_LT(turns, 1000);
      look();
      std::vector<char> sink(1 << 16);
      const ssize_t got = ::recv(pair.b.get(), sink.data(), sink.size(), MSG_DONTWAIT);
      if (got > 0) received.assign(sink.data(), static_cast<std::size_t>(got));
    }
    EXPECT_GT(received.size(), 1000u);
    EXPECT_EQ(received, std::string(received.size(), '\0'));
    EXPECT_LT(evbuffer_get_length(out), size);
    bufferevent_free(w.bev);
    base.reset(event_base_new());
    ::munmap(zeros, size);
  }
}

EDDY_ON_EVERY_BACKEND(stream_writes);

}  // namespace
