#include <sys/socket.h>
#include <eddy/operation.hpp>
#include <eddy/unix.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/sys.h"
#include "coro/stream_state.h"

namespace eddy {
namespace {

constexpr std::size_t most_fds = 253;  // SCM_MAX_FD
constexpr std::size_t control_size = CMSG_SPACE(most_fds * sizeof(int));

ssize_t send_with(int fd, const byte_view& bytes, const std::vector<int>& fds) noexcept {
  alignas(cmsghdr) char control[control_size];
  iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
  msghdr m{};
  m.msg_iov = &piece;
  m.msg_iovlen = 1;
  const std::size_t size = fds.size() * sizeof(int);
  if (size != 0) {
    m.msg_control = control;
    m.msg_controllen = CMSG_SPACE(size);
    cmsghdr* c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(size);
    std::memcpy(CMSG_DATA(c), fds.data(), size);
  }
  return ::sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void take_fds(msghdr& m, std::vector<owned_descriptor>& to) {
  for (cmsghdr* c = CMSG_FIRSTHDR(&m); c != nullptr; c = CMSG_NXTHDR(&m, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
      to.emplace_back(fd);
    }
  }
}

ssize_t receive_with(int fd, std::span<char> bytes, std::vector<owned_descriptor>& fds) {
  alignas(cmsghdr) char control[control_size];
  iovec piece{bytes.data(), bytes.size()};
  msghdr m{};
  m.msg_iov = &piece;
  m.msg_iovlen = 1;
  m.msg_control = control;
  m.msg_controllen = sizeof control;
  fds.reserve(most_fds);  // before there are any that could get lost
  const ssize_t got = ::recvmsg(fd, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (got >= 0) take_fds(m, fds);
  return got;
}

bool may_come_again(int error) noexcept {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

}  // namespace

owned_descriptor::~owned_descriptor() {
  if (fd_ >= 0) (void)engine::sys::close(fd_);
}

std::pair<unix_stream, unix_stream> unix_stream::pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
    error::of_errno(errno, "make a pair of sockets").raise();
  owned_descriptor second(ends[1]);
  unix_stream first = of_socket(ends[0]);
  return {std::move(first), of_socket(second.release())};
}

credentials unix_stream::peer_credentials() const {
  ucred c{};
  socklen_t size = sizeof c;
  const int fd = native_handle();
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c, &size) != 0)
    error::of_errno(errno, "ask for the credentials of the peer of", fd).raise();
  return {c.pid, c.uid, c.gid};
}

task<> unix_stream::send_fds(byte_view bytes, std::vector<int> fds) {
  if (bytes.empty() || fds.size() > most_fds)
    error(std::errc::invalid_argument, "send descriptors to", native_handle()).raise();
  co_await flush();
  for (;;) {
    const ssize_t sent = send_with(native_handle(), bytes, fds);
    if (sent >= 0) {
      bytes = byte_view(bytes.data() + sent, bytes.size() - static_cast<std::size_t>(sent));
      break;
    }
    if (!may_come_again(errno))
      error::of_errno(errno, "send descriptors to", native_handle()).raise();
    co_await writable(native_handle());
  }
  co_await write(bytes);
}

task<unix_stream::received> unix_stream::receive_fds(std::span<char> to) {
  auto* s = detail::stream_state::of(*this);
  const int fd = native_handle();
  if (s != nullptr && s->is(detail::stream_state::reads))
    error(std::errc::operation_not_supported, "receive descriptors from", fd).raise();
  for (;;) {
    received r;
    const ssize_t got = receive_with(fd, to, r.fds);
    if (got >= 0) {
      r.size = static_cast<std::size_t>(got);
      co_return r;
    }
    if (!may_come_again(errno)) error::of_errno(errno, "receive descriptors from", fd).raise();
    co_await readable(fd);
  }
}

}  // namespace eddy
