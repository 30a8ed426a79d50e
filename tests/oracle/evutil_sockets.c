/* evutil: what it does to sockets. */
#include "oracle.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

static void family(int domain, int type, int protocol, const char *name) {
  evutil_socket_t fds[2] = {-1, -1};
  errno = 0;
  int got = evutil_socketpair(domain, type, protocol, fds);
  if (got != 0) {
    say("  %s: %d, %s", name, got, error_name(errno));
    return;
  }
  char byte = 0;
  ssize_t sent = send(fds[0], "x", 1, 0);
  ssize_t received = recv(fds[1], &byte, 1, 0);
  say("  %s: %d, sent %d, received %d '%c', blocking %s", name, got, (int)sent, (int)received, byte,
      yes((fcntl(fds[0], F_GETFL) & O_NONBLOCK) == 0));
  ask(evutil_closesocket(fds[0]));
  ask(EVUTIL_CLOSESOCKET(fds[1]));
}

static void pairs(void) {
  family(AF_UNIX, SOCK_STREAM, 0, "unix stream");
  family(AF_UNIX, SOCK_DGRAM, 0, "unix datagram");
  family(AF_UNIX, SOCK_SEQPACKET, 0, "unix seqpacket");
  family(AF_INET, SOCK_STREAM, 0, "inet stream");
  family(AF_INET, SOCK_DGRAM, 0, "inet datagram");
  family(AF_INET6, SOCK_STREAM, 0, "inet6 stream");
  family(AF_UNIX, 999, 0, "unix, no such type");
  family(999, SOCK_STREAM, 0, "no such family");
}

static void nonblocking(void) {
  evutil_socket_t fds[2];
  if (evutil_socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0) broken("evutil_socketpair");
  ask(evutil_make_socket_nonblocking(fds[0]));
  ask((fcntl(fds[0], F_GETFL) & O_NONBLOCK) != 0);
  ask(evutil_make_socket_nonblocking(fds[0]));
  ask((fcntl(fds[1], F_GETFL) & O_NONBLOCK) != 0);
  ask(evutil_make_socket_nonblocking(-1));
}

static void close_on_exec(void) {
  evutil_socket_t fds[2];
  if (evutil_socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0) broken("evutil_socketpair");
  ask((fcntl(fds[0], F_GETFD) & FD_CLOEXEC) != 0);
  ask(evutil_make_socket_closeonexec(fds[0]));
  ask((fcntl(fds[0], F_GETFD) & FD_CLOEXEC) != 0);
  ask(evutil_make_socket_closeonexec(fds[0]));
  ask(evutil_make_socket_closeonexec(-1));
}

static int option(evutil_socket_t fd, int level, int name) {
  int value = -1;
  socklen_t length = sizeof value;
  if (getsockopt(fd, level, name, &value, &length) != 0) return -1;
  return value;
}

static void listeners(void) {
  evutil_socket_t fd = socket(AF_INET, SOCK_STREAM, 0);
  ask(option(fd, SOL_SOCKET, SO_REUSEADDR));
  ask(evutil_make_listen_socket_reuseable(fd));
  ask(option(fd, SOL_SOCKET, SO_REUSEADDR));
  ask(option(fd, SOL_SOCKET, SO_REUSEPORT));
  ask(evutil_make_listen_socket_reuseable_port(fd));
  ask(option(fd, SOL_SOCKET, SO_REUSEPORT));
  ask(evutil_make_tcp_listen_socket_deferred(fd));
  ask(option(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT) > 0);
  evutil_socket_t six = socket(AF_INET6, SOCK_STREAM, 0);
  if (six >= 0) {
    ask(evutil_make_listen_socket_ipv6only(six));
    ask(option(six, IPPROTO_IPV6, IPV6_V6ONLY));
  } else {
    say("  no IPv6 here");
  }
  ask(evutil_make_listen_socket_ipv6only(fd));
  ask(evutil_make_listen_socket_reuseable(-1));
  ask(evutil_make_listen_socket_reuseable_port(-1));
  ask(evutil_make_tcp_listen_socket_deferred(-1));
  ask(evutil_make_listen_socket_ipv6only(-1));
}

static void two_listeners_on_one_port(void) {
  evutil_socket_t fds[2];
  struct sockaddr_in address;
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  for (int i = 0; i < 2; ++i) {
    fds[i] = socket(AF_INET, SOCK_STREAM, 0);
    ask(evutil_make_listen_socket_reuseable_port(fds[i]));
    int bound = bind(fds[i], (struct sockaddr *)&address, sizeof address);
    int listening = listen(fds[i], 1);
    say("  bind %d, listen %d", bound, listening);
    getsockname(fds[i], (struct sockaddr *)&address, &length);
  }
}

static void errors(void) {
  ask(evutil_closesocket(-1));
  ask(EVUTIL_SOCKET_ERROR() == EBADF);
  EVUTIL_SET_SOCKET_ERROR(EAGAIN);
  ask(EVUTIL_SOCKET_ERROR() == EAGAIN);
  ask(evutil_socket_geterror(-1) == EAGAIN);
  say("  %s", evutil_socket_error_to_string(ECONNREFUSED));
  ask(EVUTIL_INVALID_SOCKET);
  ask(sizeof(evutil_socket_t));
}

int main(void) {
  situation("evutil_socketpair", pairs);
  situation("evutil_make_socket_nonblocking", nonblocking);
  situation("evutil_make_socket_closeonexec", close_on_exec);
  situation("listeners", listeners);
  situation("two listeners on one port", two_listeners_on_one_port);
  situation("errors", errors);
  return 0;
}
