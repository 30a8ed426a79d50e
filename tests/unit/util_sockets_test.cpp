#include <event2/event.h>
#include <event2/util.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/sys.h"
#include "support/sockets.h"
#include "support/system.h"

namespace {

using namespace eddy::engine::test;

constexpr int no_descriptor = 1 << 20;

std::string last_message;
void remember(int, const char* message) { last_message = message; }

class sockets : public ::testing::Test {
 protected:
  void SetUp() override {
    last_message.clear();
    event_set_log_callback(remember);
    tcp_ = socket(AF_INET, SOCK_STREAM, 0);
    tcp6_ = socket(AF_INET6, SOCK_STREAM, 0);
    ASSERT_GE(tcp_, 0);
  }
  void TearDown() override {
    event_set_log_callback(nullptr);
    close(tcp_);
    if (tcp6_ >= 0) close(tcp6_);
  }
  static int option(int fd, int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    return getsockopt(fd, level, name, &value, &size) == 0 ? value : -1;
  }
  int tcp_ = -1;
  int tcp6_ = -1;
};

TEST_F(sockets, become_nonblocking_and_stay_so) {
  const socket_pair pair(0);
  EXPECT_FALSE(is_nonblocking(pair.a.get()));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(evutil_make_socket_nonblocking(pair.a.get()), 0);
    EXPECT_TRUE(is_nonblocking(pair.a.get()));
  }
}

TEST_F(sockets, become_close_on_exec_and_stay_so) {
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(evutil_make_socket_closeonexec(tcp_), 0);
    EXPECT_EQ(fcntl(tcp_, F_GETFD), FD_CLOEXEC);
  }
}

TEST_F(sockets, listening_options_are_those_of_the_kernel) {
  EDDY_NEEDS(listening_options_are_the_kernels);
  EXPECT_EQ(evutil_make_listen_socket_reuseable(tcp_), 0);
  EXPECT_EQ(option(tcp_, SOL_SOCKET, SO_REUSEADDR), 1);
  EXPECT_EQ(option(tcp_, SOL_SOCKET, SO_KEEPALIVE), 0);
  EXPECT_EQ(evutil_make_listen_socket_reuseable_port(tcp_), 0);
  EXPECT_EQ(option(tcp_, SOL_SOCKET, SO_REUSEPORT), 1);
  EXPECT_EQ(evutil_make_tcp_listen_socket_deferred(tcp_), 0);
  EXPECT_GT(option(tcp_, IPPROTO_TCP, TCP_DEFER_ACCEPT), 0);
}

TEST_F(sockets, only_ipv6_sockets_can_be_for_ipv6_only) {
  if (tcp6_ < 0) GTEST_SKIP() << "no IPv6 here";
  EXPECT_EQ(evutil_make_listen_socket_ipv6only(tcp6_), 0);
  EXPECT_EQ(option(tcp6_, IPPROTO_IPV6, IPV6_V6ONLY), 1);
  EDDY_SKIP_UNDER_WINE("a socket of IPv4 takes the option as well");
  EXPECT_EQ(evutil_make_listen_socket_ipv6only(tcp_), -1);
}

TEST_F(sockets, a_bad_descriptor_gives_EBADF_and_a_message_that_names_it) {
  for (int fd : {-1, no_descriptor}) {
    errno = 0;
    EXPECT_EQ(evutil_make_socket_nonblocking(fd), -1);
    EXPECT_EQ(errno, EBADF);
    EXPECT_NE(last_message.find(std::to_string(fd)), std::string::npos) << last_message;
    EXPECT_EQ(evutil_make_socket_closeonexec(fd), -1);
    EXPECT_EQ(evutil_make_listen_socket_reuseable(fd), -1);
    EXPECT_EQ(evutil_make_listen_socket_reuseable_port(fd), -1);
    EXPECT_EQ(evutil_make_tcp_listen_socket_deferred(fd), -1);
    EXPECT_EQ(evutil_closesocket(fd), -1);
    EXPECT_EQ(errno, EBADF);
  }
}

class failing_fcntl : public eddy::engine::sys::interceptor {
 public:
  explicit failing_fcntl(int let_through) : let_through_(let_through) {}
  int before(eddy::engine::sys::call which, int, std::size_t&) override {
    if (which != eddy::engine::sys::call::fcntl) return 0;
    return let_through_-- > 0 ? 0 : EPERM;
  }

 private:
  int let_through_;
};

TEST_F(sockets, a_kernel_that_refuses_the_flag_is_reported_with_errno) {
  for (int let_through : {0, 1}) {
    failing_fcntl refusing(let_through);
    eddy::engine::sys::set_interceptor(&refusing);
    errno = 0;
    EXPECT_EQ(evutil_make_socket_nonblocking(tcp_), -1);
    EXPECT_EQ(errno, EPERM);
    eddy::engine::sys::set_interceptor(nullptr);
    EXPECT_EQ(fcntl(tcp_, F_GETFL) & O_NONBLOCK, 0);
  }
}

TEST(socketpair, is_connected_both_ways) {
  for (int type : {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET}) {
    if (type == SOCK_SEQPACKET && !pairs_of_unix_sockets_are_there) continue;
    if (type == SOCK_DGRAM && !datagrams_of_unix_sockets_are_there) continue;
    evutil_socket_t pair[2];
    ASSERT_EQ(evutil_socketpair(AF_UNIX, type, 0, pair), 0);
    for (int from : {0, 1}) {
      char byte = 'a';
      EXPECT_EQ(write(pair[from], &byte, 1), 1);
      byte = 'b';
      EXPECT_EQ(read(pair[1 - from], &byte, 1), 1);
      EXPECT_EQ(byte, 'a');
    }
    EXPECT_EQ(evutil_closesocket(pair[0]), 0);
    EXPECT_EQ(evutil_closesocket(pair[1]), 0);
  }
}

TEST(socketpair, takes_the_flags_of_the_type) {
  evutil_socket_t pair[2];
  ASSERT_EQ(evutil_socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
  for (const int fd : pair) EXPECT_TRUE(is_nonblocking(fd));
  for (const int fd : pair) {
    EXPECT_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    close(fd);
  }
}

TEST(socketpair, tells_why_it_cannot) {
  EDDY_NEEDS(pairs_of_unix_sockets_are_there);
  evutil_socket_t pair[2];
  EXPECT_EQ(evutil_socketpair(AF_INET, SOCK_STREAM, 0, pair), -1);
  EXPECT_EQ(errno, EOPNOTSUPP);
  EXPECT_EQ(evutil_socketpair(AF_UNIX, SOCK_STREAM, 99, pair), -1);
  EXPECT_EQ(errno, EPROTONOSUPPORT);
  EXPECT_EQ(evutil_socketpair(99, SOCK_STREAM, 0, pair), -1);
  EXPECT_EQ(errno, EAFNOSUPPORT);
}

TEST(socket_error, is_errno) {
  EDDY_NEEDS(socket_errors_are_errno);
  EVUTIL_SET_SOCKET_ERROR(ECONNRESET);
  EXPECT_EQ(EVUTIL_SOCKET_ERROR(), ECONNRESET);
  EXPECT_EQ(errno, ECONNRESET);
}

}  // namespace
