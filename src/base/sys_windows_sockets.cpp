// Sockets as ints, with errno, over Winsock.
#include <cerrno>
#include <climits>
#include <cstring>

#include "base/sys_windows/errors.h"
#include "base/sys_windows/handles.h"

namespace {

using eddy::engine::sys::descriptor_of_socket;
using eddy::engine::sys::errno_of_winsock;
using eddy::engine::sys::socket_of;
using eddy::engine::sys::winsock_failed;

// Winsock is counted by its users and may be started as often as one likes. Before anybody's static
// objects can make a loop; never ended, since they may outlive this one.
struct winsock {
  winsock() {
    WSADATA unused;
    (void)::WSAStartup(MAKEWORD(2, 2), &unused);
  }
};
[[gnu::init_priority(200)]] winsock started;

// Winsock has one error for files and for numbers of nothing.
int failed(int fd) {
  if (::WSAGetLastError() != WSAENOTSOCK) return winsock_failed();
  errno = fd >= 0 && ::_get_osfhandle(fd) != -1 ? ENOTSOCK : EBADF;
  return -1;
}

int result(int fd, int returned) { return returned == SOCKET_ERROR ? failed(fd) : returned; }

int set_blocking(int fd, bool blocks) {
  u_long value = blocks ? 0 : 1;
  return result(fd, ::ioctlsocket(socket_of(fd), static_cast<long>(FIONBIO), &value));
}

int clamped(std::size_t size) { return size > INT_MAX ? INT_MAX : static_cast<int>(size); }

// A single call cannot be told not to wait: the socket is.
bool prepare(int fd, int flags) {
  return (flags & MSG_DONTWAIT) == 0 || set_blocking(fd, false) == 0;
}

int system_flags(int flags) { return flags & ~(MSG_DONTWAIT | MSG_NOSIGNAL); }

// With the number of an interface in the place of its address ("IP_MULTICAST_IF" in Microsoft's
// documentation of IPPROTO_IP).
int set_multicast(int fd, int name, const void* value) {
  ip_mreqn given;
  std::memcpy(&given, value, sizeof given);
  ip_mreq group{};
  group.imr_multiaddr = given.imr_multiaddr;
  group.imr_interface = given.imr_address;
  if (given.imr_ifindex != 0)
    group.imr_interface.s_addr = htonl(static_cast<u_long>(given.imr_ifindex));
  const bool of_sending = name == IP_MULTICAST_IF;
  const void* data = of_sending ? static_cast<const void*>(&group.imr_interface) : &group;
  const int size = of_sending ? sizeof group.imr_interface : sizeof group;
  return result(
      fd, ::setsockopt(socket_of(fd), IPPROTO_IP, name, static_cast<const char*>(data), size));
}

int unknown_here() {
  errno = EOPNOTSUPP;
  return -1;
}

constexpr unsigned most_pieces = 1024;  // IOV_MAX of Linux

// No more than INT_MAX bytes in all: what was moved is told in 32 bits.
unsigned to_buffers(const evbuffer_iovec* pieces, std::size_t count, WSABUF* out) {
  std::size_t left = INT_MAX;
  unsigned n = 0;
  for (; n < count && n < most_pieces && left != 0; ++n) {
    const std::size_t size = pieces[n].iov_len < left ? pieces[n].iov_len : left;
    out[n].buf = static_cast<char*>(pieces[n].iov_base);
    out[n].len = static_cast<ULONG>(size);
    left -= size;
  }
  return n;
}

// (Of our own files the C library knows nothing, and says that they are nothing.)
bool may_be_file() { return errno == ENOTSOCK || errno == EBADF; }

// The first that is not empty: to read nothing would mean the end.
const evbuffer_iovec* first_piece(const evbuffer_iovec* pieces, int count) {
  for (int i = 0; i < count; ++i)
    if (pieces[i].iov_len != 0) return &pieces[i];
  return pieces;
}

// Two ends of a connection over loopback that nobody else can have got between.
bool connect_pair(int listener, int type, int ends[2]) {
  sockaddr_in where{}, mine{}, theirs{};
  socklen_t size = sizeof where;
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* at = reinterpret_cast<sockaddr*>(&where);
  // Or another program could listen at the same port (SO_REUSEADDR), and accepting would wait.
  const BOOL alone = TRUE;
  if (setsockopt(listener, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, &alone, sizeof alone) != 0)
    return false;
  if (bind(listener, at, size) != 0 || listen(listener, 1) != 0) return false;
  if (getsockname(listener, at, &size) != 0) return false;
  ends[0] = socket(AF_INET, type & ~SOCK_NONBLOCK, 0);
  if (ends[0] < 0 || connect(ends[0], at, size) != 0) return false;
  if (getsockname(ends[0], reinterpret_cast<sockaddr*>(&mine), &size) != 0) return false;
  size = sizeof theirs;
  ends[1] = accept4(listener, reinterpret_cast<sockaddr*>(&theirs), &size, type & SOCK_CLOEXEC);
  if (ends[1] < 0) return false;
  if (mine.sin_port == theirs.sin_port && mine.sin_addr.s_addr == theirs.sin_addr.s_addr)
    return true;
  errno = ECONNABORTED;
  return false;
}

bool connect_datagrams(int type, int ends[2]) {
  sockaddr_in where[2] = {};
  for (int i = 0; i < 2; ++i) {
    socklen_t size = sizeof where[i];
    auto* at = reinterpret_cast<sockaddr*>(&where[i]);
    where[i].sin_family = AF_INET;
    where[i].sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ends[i] = socket(AF_INET, type & ~SOCK_NONBLOCK, 0);
    if (ends[i] < 0 || bind(ends[i], at, size) != 0 || getsockname(ends[i], at, &size) != 0)
      return false;
  }
  for (int i = 0; i < 2; ++i)
    if (connect(ends[i], reinterpret_cast<sockaddr*>(&where[1 - i]), sizeof where[i]) != 0)
      return false;
  return true;
}

bool make_pair(int type, int ends[2]) {
  const int kind = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (kind == SOCK_DGRAM) return connect_datagrams(type, ends);
  const int listener = socket(AF_INET, type & ~SOCK_NONBLOCK, 0);
  const bool made = listener >= 0 && connect_pair(listener, type, ends);
  const int error = errno;
  if (listener >= 0) (void)close(listener);
  errno = error;
  // What is written is to be read at once, as from a pair of POSIX.
  for (int i = 0; made && i < 2; ++i) {
    const int one = 1;
    (void)setsockopt(ends[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  }
  return made;
}

}  // namespace

int socket(int family, int type, int protocol) {
  const int kind = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
  const DWORD inherit = (type & SOCK_CLOEXEC) != 0 ? WSA_FLAG_NO_HANDLE_INHERIT : 0;
  const int fd = descriptor_of_socket(
      ::WSASocketW(family, kind, protocol, nullptr, 0, WSA_FLAG_OVERLAPPED | inherit));
  if (fd >= 0 && (type & SOCK_NONBLOCK) != 0) (void)set_blocking(fd, false);
  return fd;
}

int socketpair(int family, int type, int, int ends[2]) {
  ends[0] = ends[1] = -1;
  const int kind = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
  // Those of Unix lose nothing, which UDP may.
  if (family == AF_UNIX && kind == SOCK_DGRAM) return unknown_here();
  if (make_pair(type, ends)) {
    if ((type & SOCK_NONBLOCK) == 0) return 0;
    (void)set_blocking(ends[0], false);
    (void)set_blocking(ends[1], false);
    return 0;
  }
  const int error = errno;
  for (int i = 0; i < 2; ++i)
    if (ends[i] >= 0) (void)close(ends[i]);
  errno = error;
  return -1;
}

int bind(int fd, const sockaddr* address, socklen_t size) {
  return result(fd, ::bind(socket_of(fd), address, size));
}

int listen(int fd, int backlog) { return result(fd, ::listen(socket_of(fd), backlog)); }

int accept(int fd, sockaddr* address, socklen_t* size) { return accept4(fd, address, size, 0); }

int accept4(int fd, sockaddr* address, socklen_t* size, int flags) {
  const SOCKET accepted = ::accept(socket_of(fd), address, size);
  if (accepted == INVALID_SOCKET) {
    (void)failed(fd);
    // One that was reset meanwhile ("accept function" of Microsoft's documentation; under Wine it
    // is one without a peer).
    if (errno == ECONNRESET || errno == ENOTCONN) errno = ECONNABORTED;
    return -1;
  }
  const int made = descriptor_of_socket(accepted);
  if (made < 0) return -1;
  // (It has the listener's mode, whatever that is.)
  (void)set_blocking(made, (flags & SOCK_NONBLOCK) == 0);
  if (flags & SOCK_CLOEXEC) (void)fcntl(made, F_SETFD, FD_CLOEXEC);
  return made;
}

int connect(int fd, const sockaddr* address, socklen_t size) {
  if (::connect(socket_of(fd), address, size) == 0) return 0;
  (void)failed(fd);
  if (errno == EAGAIN) errno = EINPROGRESS;
  return -1;
}

int shutdown(int fd, int how) { return result(fd, ::shutdown(socket_of(fd), how)); }

int getsockname(int fd, sockaddr* address, socklen_t* size) {
  return result(fd, ::getsockname(socket_of(fd), address, size));
}

int getpeername(int fd, sockaddr* address, socklen_t* size) {
  return result(fd, ::getpeername(socket_of(fd), address, size));
}

int setsockopt(int fd, int level, int name, const void* value, socklen_t size) {
  if (level == SOL_SOCKET && name == SO_PASSCRED) return unknown_here();
  if (level == SOL_SOCKET && name == SO_REUSEPORT) {
    errno = ENOPROTOOPT;
    return -1;
  }
  const bool reuses = level == SOL_SOCKET && name == SO_REUSEADDR;
  if (reuses || (level == IPPROTO_TCP && name == TCP_DEFER_ACCEPT)) {
    int type = 0;
    socklen_t type_size = sizeof type;
    const int asked = getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_size);
    if (asked != 0 || !reuses || type != SOCK_DGRAM) return asked;
  }
  if (level == IPPROTO_IP && size == sizeof(ip_mreqn)) return set_multicast(fd, name, value);
  return result(fd,
                ::setsockopt(socket_of(fd), level, name, static_cast<const char*>(value), size));
}

int getsockopt(int fd, int level, int name, void* value, socklen_t* size) {
  if (level == SOL_SOCKET && name == SO_PEERCRED) return unknown_here();
  const socklen_t room = *size;
  const int got = ::getsockopt(socket_of(fd), level, name, static_cast<char*>(value), size);
  if (got != 0) return failed(fd);
  // What is true or not comes as one byte.
  if (*size == 1 && room >= socklen_t{sizeof(int)}) {
    const int number = *static_cast<const unsigned char*>(value);
    std::memcpy(value, &number, sizeof number);
    *size = sizeof number;
  }
  if (level == SOL_SOCKET && name == SO_ERROR) {
    int code = 0;
    std::memcpy(&code, value, sizeof code);
    code = errno_of_winsock(code);
    std::memcpy(value, &code, sizeof code);
  }
  return 0;
}

ssize_t recv(int fd, void* data, std::size_t size, int flags) {
  return recvfrom(fd, data, size, flags, nullptr, nullptr);
}

ssize_t send(int fd, const void* data, std::size_t size, int flags) {
  if (!prepare(fd, flags)) return -1;
  return result(fd, ::send(socket_of(fd), static_cast<const char*>(data), clamped(size),
                           system_flags(flags)));
}

ssize_t recvfrom(int fd, void* data, std::size_t size, int flags, sockaddr* from, socklen_t* room) {
  if (!prepare(fd, flags)) return -1;
  const int got = ::recvfrom(socket_of(fd), static_cast<char*>(data), clamped(size),
                             system_flags(flags), from, room);
  if (got != SOCKET_ERROR) return got;
  // A datagram that was cut off: POSIX tells what there was room for.
  if (::WSAGetLastError() == WSAEMSGSIZE) return clamped(size);
  return failed(fd);
}

ssize_t sendto(int fd, const void* data, std::size_t size, int flags, const sockaddr* to,
               socklen_t to_size) {
  if (!prepare(fd, flags)) return -1;
  return result(fd, ::sendto(socket_of(fd), static_cast<const char*>(data), clamped(size),
                             system_flags(flags), to, to_size));
}

ssize_t recvmsg(int fd, msghdr* message, int flags) {
  if (!prepare(fd, flags)) return -1;
  WSABUF buffers[most_pieces];
  const unsigned count = to_buffers(message->msg_iov, message->msg_iovlen, buffers);
  DWORD got = 0;
  DWORD told = static_cast<DWORD>(system_flags(flags & ~MSG_TRUNC));
  auto* from = static_cast<sockaddr*>(message->msg_name);
  message->msg_flags = 0;
  message->msg_controllen = 0;
  if (::WSARecvFrom(socket_of(fd), buffers, count, &got, &told, from,
                    from == nullptr ? nullptr : &message->msg_namelen, nullptr, nullptr) == 0)
    return static_cast<ssize_t>(got);
  if (::WSAGetLastError() != WSAEMSGSIZE) return failed(fd);
  message->msg_flags = MSG_TRUNC;
  std::size_t room = 0;
  for (unsigned i = 0; i < count; ++i) room += buffers[i].len;
  // How long it was is not told: longer than that.
  if ((flags & MSG_TRUNC) != 0) ++room;
  return static_cast<ssize_t>(room);
}

ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  if (message->msg_controllen != 0) return unknown_here();
  if (!prepare(fd, flags)) return -1;
  // Of a datagram, the rest would be lost.
  if (message->msg_iovlen > most_pieces) {
    errno = EMSGSIZE;
    return -1;
  }
  WSABUF buffers[most_pieces];
  const unsigned count = to_buffers(message->msg_iov, message->msg_iovlen, buffers);
  DWORD sent = 0;
  const auto* to = static_cast<const sockaddr*>(message->msg_name);
  if (::WSASendTo(socket_of(fd), buffers, count, &sent, static_cast<DWORD>(system_flags(flags)), to,
                  to == nullptr ? 0 : static_cast<int>(message->msg_namelen), nullptr,
                  nullptr) == 0)
    return static_cast<ssize_t>(sent);
  return failed(fd);
}

ssize_t readv(int fd, const evbuffer_iovec* pieces, int count) {
  msghdr message{};
  message.msg_iov = const_cast<evbuffer_iovec*>(pieces);
  message.msg_iovlen = static_cast<std::size_t>(count);
  const ssize_t got = recvmsg(fd, &message, 0);
  if (got >= 0 || !may_be_file()) return got;
  const evbuffer_iovec* first = first_piece(pieces, count);
  return read(fd, first->iov_base, first->iov_len);
}

ssize_t writev(int fd, const evbuffer_iovec* pieces, int count) {
  msghdr message{};
  message.msg_iov = const_cast<evbuffer_iovec*>(pieces);
  message.msg_iovlen = static_cast<std::size_t>(count);
  const ssize_t sent = sendmsg(fd, &message, 0);
  if (sent >= 0 || !may_be_file()) return sent;
  const evbuffer_iovec* first = first_piece(pieces, count);
  return write(fd, first->iov_base, first->iov_len);
}
