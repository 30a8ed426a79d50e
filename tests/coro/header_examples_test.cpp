// The examples at the heads of the public headers: they compile, and do what is said there.
#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

#include "support/coroutine_streams.h"
#include "support/dns_server.h"
#include "support/system.h"

namespace eddy::test {
namespace {

class header_examples : public coroutines_on_every_backend {};

// eddy/task.hpp
eddy::task<std::string> greeting(eddy::tcp_stream& peer) {
  std::string text = "hello ";
  if (auto name = co_await peer.read_line(100)) text.append(name->begin(), name->end());
  co_return text;
}

// eddy/async_generator.hpp
eddy::async_generator<std::string> lines(eddy::tcp_stream& peer) {
  while (auto line = co_await peer.read_line(100)) co_yield std::string(line->begin(), line->end());
}

// eddy/stream.hpp
task<> serve(eddy::tcp_stream peer) {
  while (auto line = co_await peer.read_line(16 * 1024)) co_await peer.write(*line);
}

// eddy/scope.hpp
task<> serve_all(eddy::tcp_listener& listener) {
  co_await eddy::with_scope([&](eddy::scope& s) -> eddy::task<> {
    for (;;) s.spawn(serve(co_await listener.accept()));
  });
}

TEST_P(header_examples, lines_are_greeted_generated_and_waited_for_so_long_and_no_longer) {
  on.run([]() -> task<> {
    eddy::tcp_listener listener(eddy::address::loopback(0));
    co_await with_scope([&](scope& all) -> task<> {
      all.spawn(serve_all(listener));
      eddy::tcp_stream peer = co_await tcp_stream::connect(listener.local_address());
      co_await peer.write("world\none\ntwo\nthree\n");
      EXPECT_EQ(co_await greeting(peer), "hello world\n");
      auto line = co_await eddy::with_timeout(10s, peer.read_line(100));
      EXPECT_EQ(std::string(line->begin(), line->end()), "one\n");
      co_await peer.shutdown_write();
      std::vector<std::string> rest;
      auto left = lines(peer);
      while (auto next = co_await left.next()) rest.push_back(*next);
      EXPECT_EQ(rest, (std::vector<std::string>{"two\n", "three\n"}));
      all.cancel();
    });
  }());
}

// eddy/when_any.hpp
TEST_P(header_examples, the_first_of_two_lines_counts) {
  on.run([]() -> task<> {
    stream_ends one, two;
    stream primary(one.take_b()), secondary(two.take_b());
    two.send("from the second\n");
    auto [index, value] = co_await eddy::when_any(primary.read_line(), secondary.read_line());
    EXPECT_EQ(index, 1u);
    const auto& line = std::get<1>(value);
    EXPECT_EQ(std::string(line->begin(), line->end()), "from the second\n");
  }());
}

// eddy/loop_group.hpp, with a port that all its loops were given.
TEST_P(header_examples, each_loop_of_a_group_listens_on_the_same_port) {
  EDDY_NEEDS(listeners_can_share_a_port);
  eddy::tcp_listener chosen(eddy::address::loopback(0), {.reuse_port = true});
  const address at = chosen.local_address();
  eddy::loop_group group(2, loop_options{.backend = GetParam().c_str()});
  group.run([at](eddy::loop&, std::size_t) -> eddy::task<> {
    eddy::tcp_listener listener(at, {.reuse_port = true});
    EXPECT_EQ(listener.local_address(), at);
    co_await sleep_for(0s);
  });
}

// eddy/dns.hpp, with a server of the test's own.
TEST_P(header_examples, mail_servers_are_looked_up) {
  if (!eddy::resolver::is_complete()) GTEST_SKIP() << "built without c-ares";
  dns_server server([](const dns::question& q) {
    const std::string first = dns::number16(10) + dns::name("first.example");
    return dns_server::messages{dns::reply(q, {dns::record(dns::same_name, q.type, 60, first)})};
  });
  on.run([](dns_server& s) -> task<> {
    eddy::resolver_options options;
    options.servers = {s.where()};
    eddy::resolver names(options);
    co_await with_scope([&](scope& beside) -> task<> {
      beside.spawn(s.serve());
      std::string found;
      for (const eddy::mail_record& m : co_await names.mail("example.org"))
        found += std::to_string(m.priority) + " " + m.host;
      EXPECT_EQ(found, "10 first.example");
      beside.cancel();
    });
  }(server));
}

// eddy/datagram.hpp
TEST_P(header_examples, a_datagram_is_answered) {
  on.run([]() -> task<> {
    eddy::udp_socket socket(eddy::address::loopback(0));
    eddy::udp_socket peer = co_await eddy::udp_socket::connect("127.0.0.1", socket.port());
    co_await peer.send("question");
    std::array<char, 2048> space;
    eddy::datagram d = co_await socket.receive(space);
    if (!d.truncated()) co_await socket.send_to({space.data(), d.size}, d.from);
    d = co_await peer.receive(space);
    EXPECT_EQ(std::string(space.data(), d.size), "question");
  }());
}

// eddy/signal.hpp
TEST_P(header_examples, a_configuration_is_read_again_until_the_end) {
  int read = 0;
  on.run([](int& times) -> task<> {
    eddy::signal_set signals(SIGHUP, SIGTERM);
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn([&]() -> task<> {
        while (co_await signals.next() == SIGHUP) {
          ++times;
          ::raise(SIGTERM);
        }
      });
      ::raise(SIGHUP);
      co_return;
    });
  }(read));
  EXPECT_EQ(read, 1);
}

// eddy/process.hpp
TEST_P(header_examples, lines_are_sorted_by_another_program) {
  EDDY_NEEDS(programs_of_posix_are_there);
  on.run([]() -> task<> {
    eddy::finished f = co_await eddy::run(eddy::command("echo", "-n", "text"));
    EXPECT_TRUE(f.status);
    EXPECT_EQ(f.output, "text");
    eddy::process sorter(eddy::command("sort"),
                         {.input = eddy::stdio::pipe(), .output = eddy::stdio::pipe()});
    co_await sorter.input().write("b\na\n");
    sorter.input().close();
    auto line = co_await sorter.output().read_line();
    EXPECT_EQ(std::string(line->begin(), line->end()), "a\n");
    eddy::exit_status status = co_await sorter.wait();
    EXPECT_TRUE(status);
  }());
}

// eddy/file.hpp and eddy/directory.hpp, in a directory of its own.
TEST_P(header_examples, files_are_written_and_listed) {
  char folder[] = "/tmp/eddy-examples-XXXXXX";
  ASSERT_NE(::mkdtemp(folder), nullptr);
  on.run([](std::string in) -> task<> {
    eddy::directory_watch watch;
    watch.add(in);
    co_await eddy::write_file(in + "/settings.json", "{}");
    eddy::file f = co_await eddy::open_file(in + "/settings.json", eddy::file_access::update);
    co_await f.write_at("[]", 0);
    co_await f.sync();
    co_await f.close();
    EXPECT_EQ(co_await eddy::read_file(in + "/settings.json"), "[]");
    auto entries = eddy::list_directory(in);
    while (auto entry = co_await entries.next()) EXPECT_EQ(entry->name, "settings.json");
    eddy::change c = co_await watch.next();
    EXPECT_EQ(c.directory, in);
    co_await eddy::remove_file(in + "/settings.json");
    co_await eddy::remove_directory(in);
  }(folder));
}

EDDY_COROUTINES_ON_EVERY_BACKEND(header_examples);

}  // namespace
}  // namespace eddy::test
