#include <sys/socket.h>
#include <eddy/operation.hpp>
#include <eddy/unix.hpp>

#include <algorithm>
#include <cerrno>

#include "base/sys.h"
#include "coro/ancillary.h"
#include "coro/stream_state.h"

namespace eddy {
namespace {

ssize_t send_with(int fd, const byte_view& bytes, const std::vector<int>& fds) noexcept {
  detail::ancillary_room room;
  iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
  msghdr m{};
  m.msg_iov = &piece;
  m.msg_iovlen = 1;
  detail::put_descriptors(m, room, fds);
  return engine::sys::sendmsg(fd, &m, MSG_DONTWAIT);
}

ssize_t receive_with(int fd, std::span<char> bytes, unix_stream::received& r) {
  detail::ancillary_room room;
  iovec piece{bytes.data(), bytes.size()};
  msghdr m{};
  m.msg_iov = &piece;
  m.msg_iovlen = 1;
  detail::make_room(m, room);
  r.fds.reserve(most_descriptors);  // before there are any that could get lost
  const ssize_t got = engine::sys::recvmsg(fd, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (got < 0) return got;
  detail::take_ancillary(m, r.fds, r.sender);
  r.fds_lost = (m.msg_flags & MSG_CTRUNC) != 0;
  return got;
}

bool may_come_again(int error) noexcept {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

}  // namespace

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

void unix_stream::set_passes_credentials(bool on) {
  detail::set_passes_credentials(native_handle(), on);
}

task<> unix_stream::send_fds(byte_view bytes, std::vector<int> fds) {
  auto* s = detail::stream_state::of(*this);
  if (bytes.empty() || fds.size() > most_descriptors)
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
    co_await detail::descriptor_wait(*s, writable(native_handle()));
  }
  co_await write(bytes);
}

task<unix_stream::received> unix_stream::receive_fds(std::span<char> to) {
  auto* s = detail::stream_state::of(*this);
  const int fd = native_handle();
  if (s != nullptr && s->is(detail::stream_state::was_read))
    error(std::errc::operation_not_supported, "receive descriptors from", fd).raise();
  for (;;) {
    received r;
    const ssize_t got = receive_with(fd, to, r);
    if (got >= 0) {
      r.size = static_cast<std::size_t>(got);
      co_return r;
    }
    if (!may_come_again(errno)) error::of_errno(errno, "receive descriptors from", fd).raise();
    co_await detail::descriptor_wait(*s, readable(fd));
  }
}

}  // namespace eddy
