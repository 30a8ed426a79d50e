// Datagrams: UDP and Unix, one by one and many at a time, on every backend.
#include <gtest/gtest.h>
#include <net/if.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "support/coroutine_streams.h"
#include "support/system.h"

namespace eddy::test {
namespace {

using room = std::array<char, 2048>;

std::string text_of(const room& r, const datagram& d) { return std::string(r.data(), d.size); }

class datagrams : public coroutines_on_every_backend {};

TEST_P(datagrams, come_whole_with_who_sent_them) {
  on.run([]() -> task<> {
    udp_socket a(address::loopback(0)), b(address::loopback(0));
    room r;
    EXPECT_EQ(co_await a.send_to("one", b.local_address()), 3u);
    EXPECT_EQ(co_await a.send_to("", b.local_address()), 0u);
    EXPECT_EQ(co_await a.send_to("three", b.local_address()), 5u);
    datagram d = co_await b.receive(r);
    EXPECT_EQ(text_of(r, d), "one");
    EXPECT_EQ(d.from, a.local_address());
    d = co_await b.receive(r);
    EXPECT_EQ(d.size, 0u);
    EXPECT_EQ(d.from, a.local_address());
    d = co_await b.receive(r);
    EXPECT_EQ(text_of(r, d), "three");
  }());
}

TEST_P(datagrams, are_waited_for) {
  on.run([]() -> task<> {
    udp_socket a(address::loopback(0)), b(address::loopback(0));
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn([&]() -> task<> {
        room r;
        const datagram d = co_await b.receive(r);
        EXPECT_EQ(text_of(r, d), "late");
        co_await b.send_to("answer", d.from);
      });
      co_await sleep_short();
      co_await a.send_to("late", b.local_address());
      room r;
      EXPECT_EQ(text_of(r, co_await a.receive(r)), "answer");
    });
  }());
}

TEST_P(datagrams, that_are_cut_off_say_so) {
  on.run([]() -> task<> {
    udp_socket a(address::loopback(0)), b(address::loopback(0));
    std::array<char, 4> small;
    for (const char* text : {"12345678", "1234"}) co_await a.send_to(text, b.local_address());
    const datagram cut = co_await b.receive(small);
    EXPECT_EQ(cut.size, 4u);
    EXPECT_EQ(cut.whole, engine::test::lengths_of_what_was_cut_off_are_told ? 8u : 5u);
    EXPECT_TRUE(cut.truncated());
    const datagram fits = co_await b.receive(small);
    EXPECT_EQ(fits.size, 4u);
    EXPECT_FALSE(fits.truncated());
  }());
}

TEST_P(datagrams, that_are_too_long_fail_and_name_the_address) {
  on.run([]() -> task<> {
    udp_socket a(address::loopback(0)), b(address::loopback(0));
    const std::string long_text(70'000, 'x');
    const auto sent = co_await as_result(a.send_to(long_text, b.local_address()));
    EXPECT_EQ(sent.error(), std::errc::message_size);
    EXPECT_EQ(sent.error().on(), b.local_address().to_string());
  }());
}

TEST_P(datagrams, to_where_nobody_listens_fail_on_a_connected_socket) {
  EDDY_SKIP_UNDER_WINE("a receiver of datagrams is not told that nobody listens");
  on.run([]() -> task<> {
    address nobody;
    {
      udp_socket gone(address::loopback(0));
      nobody = gone.local_address();
    }
    udp_socket s = udp_socket::connected_to(nobody);
    EXPECT_EQ(s.peer_address(), nobody);
    co_await s.send("hello");
    room r;
    const auto got = co_await as_result(s.receive(r));
    EXPECT_EQ(got.error(), std::errc::connection_refused);
    s.disconnect();
    EXPECT_FALSE(s.peer_address());
  }());
}

TEST_P(datagrams, of_a_connected_socket_come_from_its_peer_alone) {
  on.run([]() -> task<> {
    udp_socket a(address::loopback(0)), b(address::loopback(0)), other(address::loopback(0));
    b.connect(a.local_address());
    co_await other.send_to("not this", b.local_address());
    co_await a.send_to("this", b.local_address());
    room r;
    EXPECT_EQ(text_of(r, co_await b.receive(r)), "this");
    co_await b.send("back");
    EXPECT_EQ(text_of(r, co_await a.receive(r)), "back");
  }());
}

TEST_P(datagrams, go_to_a_name) {
  on.run([]() -> task<> {
    udp_socket server(address::loopback(0));
    udp_socket client = co_await udp_socket::connect("127.0.0.1", server.port());
    co_await client.send("hello");
    room r;
    EXPECT_EQ((co_await server.receive(r)).from, client.local_address());
    const auto nowhere = co_await as_result(udp_socket::connect("nowhere.invalid", 1));
    EXPECT_EQ(nowhere.error().on(), "nowhere.invalid");
  }());
}

TEST_P(datagrams, to_a_group_come_to_all_its_members) {
  EDDY_SKIP_UNDER_WINE("it does not take an interface's number in the place of its address");
  const unsigned lo = 1;
  on.run([](unsigned interface) -> task<> {
    const address group = *address::parse("239.1.2.3", 0);
    udp_socket first(address::any(0), {.reuse_address = true});
    udp_socket second(address::any(first.port()), {.reuse_address = true});
    first.join(group, interface);
    second.join(group, interface);
    udp_socket sender(address::loopback(0));
    sender.set_multicast_interface(interface);
    sender.set_multicast_hops(1);
    sender.set_multicast_loop(true);
    co_await sender.send_to("all", group.with_port(first.port()));
    room r;
    EXPECT_EQ(text_of(r, co_await first.receive(r)), "all");
    EXPECT_EQ(text_of(r, co_await second.receive(r)), "all");
    second.leave(group, interface);
    EXPECT_EQ(code_of([&] { second.leave(group, interface); }), std::errc::address_not_available);
  }(lo));
}

TEST_P(datagrams, a_cancelled_receive_loses_none) {
  on.run([]() -> task<> {
    udp_socket a(address::loopback(0)), b(address::loopback(0));
    room r;
    const auto late = co_await as_result(with_timeout(1ms, b.receive(r)));
    EXPECT_EQ(late.error(), std::errc::timed_out);
    co_await a.send_to("kept", b.local_address());
    EXPECT_EQ(text_of(r, co_await b.receive(r)), "kept");
  }());
}

TEST_P(datagrams, of_a_socket_that_is_none_fail) {
  on.run([]() -> task<> {
    udp_socket none;
    room r;
    datagram_batch batch(2, 10);
    EXPECT_EQ((co_await as_result(none.receive(r))).error(), std::errc::bad_file_descriptor);
    EXPECT_EQ((co_await as_result(none.send("x"))).error(), std::errc::bad_file_descriptor);
    EXPECT_EQ((co_await as_result(none.receive_batch(batch))).error(),
              std::errc::bad_file_descriptor);
    udp_socket one(address::loopback(0));
    try {
      udp_socket second(one.local_address());
      ADD_FAILURE() << "two sockets at one address";
    } catch (const exception& e) {
      EXPECT_EQ(std::string(e.what()),
                "bind to " + one.local_address().to_string() + ": Address already in use");
    }
  }());
}

TEST_P(datagrams, go_and_come_many_at_a_time) {
  on.run([]() -> task<> {
    udp_socket a(address::loopback(0)), b(address::loopback(0));
    datagram_batch out(32, 100), in(20, 100);
    for (std::size_t i = 0; i < out.capacity(); ++i)
      EXPECT_TRUE(out.add(pattern(i, i), b.local_address()));
    EXPECT_FALSE(out.add("one more", b.local_address()));
    EXPECT_EQ(co_await a.send_batch(out), 32u);
    EXPECT_EQ(out.unsent(), 0u);
    std::size_t seen = 0;
    while (seen < 32) {
      const std::size_t count = co_await b.receive_batch(in);
      EXPECT_EQ(in.size(), count);
      for (std::size_t i = 0; i < count; ++i, ++seen) {
        EXPECT_EQ(std::string(in.bytes(i).data(), in.bytes(i).size()), pattern(seen, seen));
        EXPECT_EQ(in.what(i).from, a.local_address());
        EXPECT_FALSE(in.what(i).truncated());
      }
    }
    EXPECT_EQ(seen, 32u);
  }());
}

TEST_P(datagrams, of_a_batch_that_fail_leave_the_others) {
  on.run([]() -> task<> {
    udp_socket a(address::loopback(0)), b(address::loopback(0));
    datagram_batch out(3, 70'000);
    EXPECT_TRUE(out.add("first", b.local_address()));
    EXPECT_TRUE(out.add(std::string(70'000, 'x'), b.local_address()));
    EXPECT_TRUE(out.add("third", b.local_address()));
    EXPECT_EQ(co_await a.send_batch(out), 1u);
    EXPECT_EQ(out.unsent(), 2u);
    EXPECT_EQ((co_await as_result(a.send_batch(out))).error(), std::errc::message_size);
    datagram_batch in(3, 3);
    EXPECT_EQ(co_await b.receive_batch(in), 1u);
    EXPECT_EQ(in.bytes(0).size(), 3u);
    EXPECT_TRUE(in.what(0).truncated());
  }());
}

TEST_P(datagrams, of_unix_sockets_wait_for_a_slow_receiver_and_come_in_order) {
  EDDY_NEEDS(datagrams_of_unix_sockets_are_there);
  on.run([]() -> task<> {
    auto [a, b] = unix_datagram::pair();
    constexpr int count = 2000;
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn([&]() -> task<> {
        for (int i = 0; i < count; ++i) co_await a.send(std::to_string(i));
      });
      room r;
      for (int i = 0; i < count; ++i)
        EXPECT_EQ(text_of(r, co_await b.receive(r)), std::to_string(i));
    });
  }());
}

TEST_P(datagrams, of_unix_sockets_carry_descriptors_and_who_sends) {
  EDDY_NEEDS(datagrams_of_unix_sockets_are_there);
  char folder[] = "/tmp/eddy-datagrams-XXXXXX";
  ASSERT_NE(::mkdtemp(folder), nullptr);
  const std::string file = std::string(folder) + "/socket";
  on.run([](const std::string& place) -> task<> {
    unix_datagram receiver(*address::unix_path(place));
    receiver.set_passes_credentials(true);
    unix_datagram sender = unix_datagram::unnamed();
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    co_await sender.send_fds("with", std::vector<int>(2, ends[1]), receiver.local_address());
    co_await sender.send_to("without", receiver.local_address());
    ::close(ends[1]);
    room r;
    {
      const unix_datagram::received got = co_await receiver.receive_all(r);
      EXPECT_EQ(text_of(r, got), "with");
      EXPECT_EQ(got.fds.size(), 2u);
      EXPECT_EQ(got.sender.value_or(credentials{}).pid, ::getpid());
      EXPECT_EQ(::write(got.fds.at(0).get(), "x", 1), 1);
    }
    char byte;
    EXPECT_EQ(::read(ends[0], &byte, 1), 1);
    EXPECT_EQ(::read(ends[0], &byte, 1), 0) << "both are closed again";
    ::close(ends[0]);
    const unix_datagram::received plain = co_await receiver.receive_all(r);
    EXPECT_TRUE(plain.fds.empty());
    EXPECT_EQ(plain.sender.value_or(credentials{}).uid, ::getuid());
    EXPECT_EQ(code_of([&] { unix_datagram again(*address::unix_path(place)); }),
              std::errc::address_in_use);
    const auto nobody =
        co_await as_result(sender.send_to("x", *address::unix_path("/nowhere/at/all")));
    EXPECT_EQ(nobody.error().message(), "send to unix:/nowhere/at/all: No such file or directory");
  }(file));
  ::unlink(file.c_str());
  ::rmdir(folder);
}

TEST_P(datagrams, of_bytes_tell_who_sent_them_when_asked) {
  EDDY_NEEDS(descriptors_can_be_sent);
  on.run([]() -> task<> {
    auto [a, b] = unix_stream::pair();
    b.set_passes_credentials(true);
    co_await a.write("hello");
    co_await a.flush();
    char space[16];
    const auto got = co_await b.receive_fds(space);
    EXPECT_EQ(got.size, 5u);
    EXPECT_EQ(got.sender.value_or(credentials{}).pid, ::getpid());
  }());
}

EDDY_COROUTINES_ON_EVERY_BACKEND(datagrams);

}  // namespace
}  // namespace eddy::test
