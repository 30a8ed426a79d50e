#include <eddy/unix_datagram.hpp>

#include <algorithm>
#include <cerrno>

#include "base/sys.h"
#include "coro/ancillary.h"

namespace eddy {
namespace {

int open_socket() {
  const int fd = engine::sys::datagram_socket(AF_UNIX);
  if (fd < 0) error::of_errno(errno, "make a socket").raise();
  return fd;
}

// An operation on a whole message.
class message_operation : public awaitable<message_operation>, public detail::kernel_operation {
 public:
  message_operation(detail::verb what, int fd, int flags, msghdr* m, const char* tried) noexcept
      : kernel_operation({what, fd, flags, m}, tried) {}
  result<std::size_t> await_result() const noexcept {
    if (outcome() < 0) return failure_of_kernel();
    return static_cast<std::size_t>(outcome());
  }
};

}  // namespace

unix_datagram::unix_datagram(const address& at) : datagram_socket(open_socket()) {
  if (::bind(native_handle(), at.data(), at.size()) == 0) return;
  error::of_errno(errno, "bind to", at.to_string()).raise();
}

unix_datagram unix_datagram::unnamed() { return unix_datagram(open_socket()); }

std::pair<unix_datagram, unix_datagram> unix_datagram::pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
    error::of_errno(errno, "make a pair of sockets").raise();
  return {unix_datagram(ends[0]), unix_datagram(ends[1])};
}

void unix_datagram::set_passes_credentials(bool on) {
  detail::set_passes_credentials(native_handle(), on);
}

task<> unix_datagram::send_fds(byte_view bytes, std::vector<int> fds, address to) {
  if (fds.size() > most_descriptors)
    error(std::errc::invalid_argument, "send descriptors to", native_handle()).raise();
  detail::ancillary_room room;
  iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
  msghdr m{};
  m.msg_iov = &piece;
  m.msg_iovlen = 1;
  if (to) {
    m.msg_name = const_cast<sockaddr*>(to.data());
    m.msg_namelen = to.size();
  }
  detail::put_descriptors(m, room, fds);
  co_await message_operation(detail::verb::sendmsg, native_handle(), 0, &m, "send descriptors to");
}

task<unix_datagram::received> unix_datagram::receive_all(std::span<char> to) {
  received r;
  r.fds.reserve(most_descriptors);
  detail::ancillary_room room;
  sockaddr_storage name;
  iovec piece{to.data(), to.size()};
  msghdr m{};
  m.msg_iov = &piece;
  m.msg_iovlen = 1;
  m.msg_name = &name;
  m.msg_namelen = sizeof name;
  detail::make_room(m, room);
  r.whole = co_await message_operation(detail::verb::recvmsg, native_handle(),
                                       MSG_CMSG_CLOEXEC | MSG_TRUNC, &m, "receive from");
  r.size = std::min(r.whole, to.size());
  r.from = address(reinterpret_cast<const sockaddr*>(&name), m.msg_namelen);
  detail::take_ancillary(m, r.fds, r.sender);
  r.fds_lost = (m.msg_flags & MSG_CTRUNC) != 0;
  co_return r;
}

}  // namespace eddy
