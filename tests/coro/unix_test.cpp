// Unix sockets: descriptors and credentials; pipes and the standard output.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <eddy/pipe.hpp>
#include <eddy/unix.hpp>

#include <cstdlib>

#include "support/coroutine_streams.h"
#include "support/system.h"

namespace eddy::test {
namespace {

class unix_sockets_awaited : public coroutines_on_every_backend {};

std::string text_of(const std::optional<std::span<char>>& line) {
  return line ? std::string(line->data(), line->size()) : std::string("(end)");
}

TEST_P(unix_sockets_awaited, peers_meet_at_a_file_and_at_a_name) {
  EDDY_NEEDS(unix_sockets_have_names);
  char folder[] = "/tmp/eddy-unix-XXXXXX";
  ASSERT_NE(::mkdtemp(folder), nullptr);
  const std::string file = std::string(folder) + "/socket";
  const std::string name = "@" + std::string(folder);
  on.run([](const std::string& path, const std::string& hidden) -> task<> {
    for (const std::string& place : {path, hidden}) {
      unix_listener listener(*address::unix_path(place));
      unix_stream me = co_await unix_stream::connect(listener.local_address());
      unix_stream peer = co_await listener.accept();
      const credentials who = peer.peer_credentials();
      EXPECT_EQ(who.pid, ::getpid());
      EXPECT_EQ(who.uid, ::getuid());
      EXPECT_EQ(who.gid, ::getgid());
      co_await me.write("hello\n");
      EXPECT_EQ(text_of(co_await peer.read_line()), "hello\n");
      const auto again = [&] { unix_listener second(*address::unix_path(place)); };
      EXPECT_EQ(code_of(again), std::errc::address_in_use);
    }
    const auto gone = co_await as_result(unix_stream::connect(*address::unix_path("/nowhere")));
    EXPECT_EQ(gone.error().message(), "connect to unix:/nowhere: No such file or directory");
  }(file, name));
  ::unlink(file.c_str());
  ::rmdir(folder);
}

TEST_P(unix_sockets_awaited, descriptors_go_with_bytes) {
  EDDY_NEEDS(descriptors_can_be_sent);
  on.run([]() -> task<> {
    auto [a, b] = unix_stream::pair();
    pipe_ends p = make_pipe();
    co_await a.write("before");
    char space[100];
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn([&]() -> task<> {
        co_await a.send_fds("with", std::vector<int>(2, p.writing.native_handle()));
        co_await a.write("after");
        co_await a.shutdown_write();
      });
      std::string all;
      std::vector<owned_descriptor> fds;
      for (;;) {
        auto r = co_await b.receive_fds(space);
        if (r.size == 0) break;
        all.append(space, r.size);
        for (auto& fd : r.fds) fds.push_back(std::move(fd));
      }
      EXPECT_EQ(all, "beforewithafter");
      EXPECT_EQ(fds.size(), 2u);
      EXPECT_NE(::fcntl(fds.at(0).get(), F_GETFD) & FD_CLOEXEC, 0);
      stream other(fds.at(0).release());
      co_await other.write("through\n");
      EXPECT_EQ(text_of(co_await p.reading.read_line()), "through\n");
    });
    const auto none = co_await as_result(a.send_fds("", {}));
    EXPECT_EQ(none.error(), std::errc::invalid_argument);
    const auto waits = co_await as_result(with_timeout(1ms, a.receive_fds(space)));
    EXPECT_EQ(waits.error(), std::errc::timed_out);
    const auto line = co_await as_result(with_timeout(1ms, a.read_line()));
    EXPECT_EQ(line.error(), std::errc::timed_out);
    const auto mixed = co_await as_result(a.receive_fds(space));
    EXPECT_EQ(mixed.error(), std::errc::operation_not_supported);
  }());
}

TEST_P(unix_sockets_awaited, the_standard_output_is_as_it_was_when_its_stream_is_closed) {
  EDDY_NEEDS(dup2_is_there);
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const int saved = ::fcntl(1, F_DUPFD_CLOEXEC, 3);
  ASSERT_EQ(::dup2(ends[1], 1), 1);
  on.run([]() -> task<> {
    {
      stream out = standard_output();
      EXPECT_NE(::fcntl(1, F_GETFL) & O_NONBLOCK, 0);
      co_await out.write("hello\n");
      co_await out.flush();
    }
    EXPECT_EQ(::fcntl(1, F_GETFL) & O_NONBLOCK, 0);
  }());
  ASSERT_EQ(::dup2(saved, 1), 1);
  ::close(saved);
  char text[8];
  EXPECT_EQ(::read(ends[0], text, sizeof text), 6);
  ::close(ends[0]);
  ::close(ends[1]);
}

EDDY_COROUTINES_ON_EVERY_BACKEND(unix_sockets_awaited);

}  // namespace
}  // namespace eddy::test
