// POSIX's words on Windows: what src/base/sys_windows promises.
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/util.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "base/sys_windows/errors.h"
#include "support/backends.h"
#include "support/recorded.h"
#include "support/sockets.h"
#include "support/watching.h"

namespace eddy::engine::test {
namespace {

TEST(windows_errors, come_from_winsock_and_go_back_to_it) {
  for (const int code : {WSAEWOULDBLOCK, WSAECONNRESET, WSAECONNREFUSED, WSAETIMEDOUT, WSAENOTSOCK,
                         WSAEADDRINUSE, WSAENETUNREACH, WSAEMFILE, WSAEINVAL, WSAEISCONN})
    EXPECT_EQ(sys::winsock_of_errno(sys::errno_of_winsock(code)), code);
  EXPECT_EQ(sys::errno_of_winsock(0), 0);
  EXPECT_EQ(sys::errno_of_winsock(123456), EIO);
  EXPECT_EQ(sys::winsock_of_errno(ECANCELED), WSA_OPERATION_ABORTED);
}

TEST(windows_errors, are_those_of_the_standard_library) {
  const auto as_code = [](int winsock) {
    return std::error_code(sys::errno_of_winsock(winsock), std::generic_category());
  };
  EXPECT_EQ(as_code(WSAECONNREFUSED), std::errc::connection_refused);
  EXPECT_EQ(as_code(WSAECONNRESET), std::errc::connection_reset);
  EXPECT_EQ(as_code(WSAETIMEDOUT), std::errc::timed_out);
  EXPECT_EQ(as_code(WSAEADDRINUSE), std::errc::address_in_use);
  EXPECT_EQ(as_code(WSA_OPERATION_ABORTED), std::errc::operation_canceled);
}

TEST(windows_errors, have_texts_in_both_languages) {
  const std::string text = evutil_socket_error_to_string(WSAECONNREFUSED);
  EXPECT_EQ(text, "Connection refused");
  EVUTIL_SET_SOCKET_ERROR(WSAECONNRESET);
  EXPECT_EQ(EVUTIL_SOCKET_ERROR(), WSAECONNRESET);
}

TEST(windows_sockets, of_evutil_are_connected_both_ways) {
  for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
    evutil_socket_t pair[2];
    ASSERT_EQ(evutil_socketpair(AF_INET, type, 0, pair), 0);
    for (const int from : {0, 1}) {
      char byte = 'a';
      EXPECT_EQ(::send(pair[from], &byte, 1, 0), 1);
      byte = 'b';
      EXPECT_EQ(::recv(pair[1 - from], &byte, 1, 0), 1);
      EXPECT_EQ(byte, 'a');
    }
    for (const evutil_socket_t one : pair) EXPECT_EQ(evutil_closesocket(one), 0);
  }
}

TEST(windows_sockets, can_be_made_not_to_block_and_not_to_be_inherited) {
  socket_pair pair(0);
  EXPECT_EQ(evutil_make_socket_nonblocking(pair.a.get()), 0);
  char byte;
  EXPECT_EQ(::recv(pair.a.get(), &byte, 1, 0), -1);
  EXPECT_EQ(errno, EAGAIN);
  EXPECT_EQ(WSAGetLastError(), WSAEWOULDBLOCK);
  EXPECT_EQ(evutil_make_socket_closeonexec(pair.a.get()), 0);
  EXPECT_EQ(::fcntl(pair.a.get(), F_GETFD), FD_CLOEXEC);
  EXPECT_EQ(evutil_make_socket_nonblocking(1 << 20), -1);
}

TEST(windows_sockets, are_polled_as_posix_has_it) {
  socket_pair pair;
  pollfd all[3] = {{pair.a.get(), POLLIN | POLLOUT, 0}, {-1, POLLIN, 0}, {pair.b.get(), POLLIN, 0}};
  EXPECT_EQ(::poll(all, 3, 0), 1);
  EXPECT_EQ(all[0].revents, POLLOUT);
  ASSERT_EQ(::send(pair.a.get(), "x", 1, 0), 1);
  EXPECT_EQ(::poll(all, 3, -1), 2);
  EXPECT_EQ(all[2].revents, POLLIN);
  pollfd none{1 << 20, POLLIN, 0};
  EXPECT_EQ(::poll(&none, 1, -1), 1);
  EXPECT_EQ(none.revents, POLLNVAL);
}

TEST(windows_sockets, polled_in_two_entries_are_told_to_each_what_it_asked_for) {
  socket_pair pair;
  ASSERT_EQ(::send(pair.b.get(), "x", 1, 0), 1);
  pollfd fds[2] = {{pair.a.get(), POLLIN, 0}, {pair.a.get(), POLLOUT, 0}};
  ASSERT_GE(::poll(&fds[0], 1, 10'000), 1);  // the byte is there
  ASSERT_EQ(::poll(fds, 2, 10'000), 2);
  EXPECT_EQ(fds[0].revents, POLLIN);
  EXPECT_EQ(fds[1].revents, POLLOUT);
}

TEST(windows_sockets, send_a_datagram_of_a_hundred_pieces_whole_or_not_at_all) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_INET, SOCK_DGRAM, 0, ends), 0);
  const descriptor from(ends[0]), to(ends[1]);
  char byte = 'x';
  std::vector<evbuffer_iovec> pieces(100, {&byte, 1});
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = pieces.size();
  ASSERT_EQ(::sendmsg(from.get(), &message, 0), 100);
  char got[200];
  EXPECT_EQ(::recv(to.get(), got, sizeof got, 0), 100);
  pieces.resize(1025, {&byte, 1});
  message.msg_iov = pieces.data();
  message.msg_iovlen = pieces.size();
  EXPECT_EQ(::sendmsg(from.get(), &message, 0), -1);
  EXPECT_EQ(errno, EMSGSIZE);
}

TEST(windows_sockets, in_pairs_are_inherited_by_nobody_where_that_was_asked_for) {
  for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_INET, type | SOCK_CLOEXEC, 0, ends), 0);
    for (const int end : ends) {
      const descriptor d(end);
      EXPECT_EQ(::fcntl(end, F_GETFD), FD_CLOEXEC);
    }
  }
}

TEST(windows_sockets, tell_options_of_one_byte_as_numbers) {
  const socket_pair pair;
  int value = -1;
  socklen_t size = sizeof value;
  ASSERT_EQ(::getsockopt(pair.a.get(), SOL_SOCKET, SO_KEEPALIVE, &value, &size), 0);
  EXPECT_EQ(value, 0);
  EXPECT_EQ(size, socklen_t{sizeof value});
}

TEST(windows_files, are_written_and_read_in_pieces) {
  char folder[] = "/tmp/eddy-pieces-XXXXXX";
  ASSERT_NE(::mkdtemp(folder), nullptr);
  const std::string name = std::string(folder) + "/file";
  char text[] = "abc", got[4] = {};
  const evbuffer_iovec out[] = {{text, 0}, {text, 3}}, in[] = {{got, 0}, {got, 3}};
  {
    const descriptor to(::open(name.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    EXPECT_EQ(::writev(to.get(), out, 2), 3);
    const descriptor from(::open(name.c_str(), O_RDONLY | O_CLOEXEC, 0));
    EXPECT_EQ(::readv(from.get(), in, 2), 3);
    EXPECT_STREQ(got, "abc");
  }
  std::filesystem::remove_all(folder);
}

TEST(windows_sockets, tell_that_a_datagram_was_cut_off) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_INET, SOCK_DGRAM, 0, ends), 0);
  const descriptor from(ends[0]), to(ends[1]);
  for (const int flag : {0, MSG_TRUNC}) {
    ASSERT_EQ(::send(from.get(), "12345678", 8, 0), 8);
    char got[4];
    evbuffer_iovec piece{got, sizeof got};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    EXPECT_EQ(::recvmsg(to.get(), &message, flag), flag == 0 ? 4 : 5);
    EXPECT_EQ(message.msg_flags, MSG_TRUNC);
  }
}

TEST(windows_sockets, of_the_unix_family_are_no_pair_for_datagrams) {
  int ends[2];
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), -1);
  EXPECT_EQ(errno, EOPNOTSUPP);
}

TEST(windows_sockets, more_than_64_are_watched_at_once) {
  constexpr int count = 200;
  std::vector<socket_pair> pairs;
  std::vector<pollfd> all;
  for (int i = 0; i < count; ++i) {
    pairs.emplace_back();
    all.push_back(pollfd{pairs.back().a.get(), POLLIN, 0});
  }
  ASSERT_EQ(::send(pairs.back().b.get(), "x", 1, 0), 1);
  EXPECT_EQ(::poll(all.data(), all.size(), -1), 1);
  EXPECT_EQ(all.back().revents, POLLIN);
}

// As epoll has it. (Their numbers are larger than any table should be.)
TEST(windows_files, are_not_watched) {
  char name[] = "eddy_words_XXXXXX";
  ASSERT_NE(::mkdtemp(name), nullptr);
  const std::string path = std::string(name) + "/file";
  {
    const descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
    ASSERT_GE(file.get(), eddy::descriptor_bit);
    for (const std::string& backend : available_backends()) {
      opened_loop on(backend);
      watching reader(*on, file.get(), watch_read), nothing(*on, (1 << 30) - 4, watch_write);
      EXPECT_EQ(on->add(&reader, forever), EPERM) << backend;
      EXPECT_EQ(on->add(&nothing, forever), EBADF) << backend;
      char byte = 0;
      recorded op;
      prepare_recv(op, file.get(), &byte, 1, 0);
      submit(*on, op);
      EXPECT_EQ(on->run(0), run_result::nothing_to_do);
      EXPECT_LT(op.ended_with, 0) << backend;
    }
  }
  EXPECT_EQ(::unlink(path.c_str()), 0);
  std::filesystem::remove(name);
}

// What libevent's programs do in their callbacks.
TEST(windows_sockets, tell_a_streams_callback_why_they_failed_in_both_languages) {
  event_base* base = event_base_new();
  ASSERT_NE(base, nullptr);
  sockaddr_in nobody{};
  {
    tcp_listener gone;
    nobody = gone.address;
  }
  struct seen {
    int winsock = 0, posix = 0;
  } told;
  bufferevent* b = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
  bufferevent_setcb(
      b, nullptr, nullptr,
      [](bufferevent*, short what, void* argument) {
        auto* t = static_cast<seen*>(argument);
        t->posix = errno;
        t->winsock = EVUTIL_SOCKET_ERROR();
        EXPECT_TRUE(what & BEV_EVENT_ERROR);
      },
      &told);
  ASSERT_EQ(bufferevent_socket_connect(b, reinterpret_cast<sockaddr*>(&nobody), sizeof nobody), 0);
  EXPECT_EQ(event_base_dispatch(base), 1);
  EXPECT_EQ(told.posix, ECONNREFUSED);
  EXPECT_EQ(told.winsock, WSAECONNREFUSED);
  bufferevent_free(b);
  event_base_free(base);
}

}  // namespace
}  // namespace eddy::engine::test
