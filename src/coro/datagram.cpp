#include <eddy/datagram.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/sys.h"

namespace eddy {

// (Not inline: MSG_TRUNC is a word that not every system's headers have.)
receive_operation::receive_operation(int fd, std::span<char> to) noexcept
    : kernel_operation({detail::verb::recvmsg, fd, MSG_TRUNC}, "receive from"),
      piece_{to.data(), to.size()} {}

bool receive_operation::begin(const awaiting& a) noexcept {
  header_.msg_name = &from_;
  header_.msg_namelen = sizeof from_;
  header_.msg_iov = &piece_;
  header_.msg_iovlen = 1;
  set_data(&header_);
  return kernel_operation::begin(a);
}

result<datagram> receive_operation::await_result() const noexcept {
  if (outcome() < 0) return failure_of_kernel();
  const auto whole = static_cast<std::size_t>(outcome());
  return datagram{std::min(whole, piece_.iov_len), whole,
                  address(reinterpret_cast<const sockaddr*>(&from_), header_.msg_namelen)};
}

bool send_operation::begin(const awaiting& a) noexcept {
  if (to_) {
    header_.msg_name = const_cast<sockaddr*>(to_.data());
    header_.msg_namelen = to_.size();
  }
  header_.msg_iov = &piece_;
  header_.msg_iovlen = 1;
  set_data(&header_);
  return kernel_operation::begin(a);
}

result<std::size_t> send_operation::await_result() const noexcept {
  if (outcome() >= 0) return static_cast<std::size_t>(outcome());
  const error failed = failure_of_kernel();
  if (!to_) return failed;
  return error(failed.code(), "send to", to_.to_string());
}

struct datagram_batch::memory {
  std::size_t size_of_each;
  std::size_t count = 0;
  std::size_t sent = 0;
  std::vector<char> bytes;
  std::vector<mmsghdr> headers;
  std::vector<iovec> pieces;
  std::vector<sockaddr_storage> names;

  memory(std::size_t most, std::size_t size)
      : size_of_each(size), bytes(most * size), headers(most), pieces(most), names(most) {}

  void prepare_to_receive() noexcept {
    count = sent = 0;
    for (std::size_t i = 0; i < headers.size(); ++i) {
      pieces[i] = {bytes.data() + i * size_of_each, size_of_each};
      headers[i] = {};
      headers[i].msg_hdr.msg_iov = &pieces[i];
      headers[i].msg_hdr.msg_iovlen = 1;
      headers[i].msg_hdr.msg_name = &names[i];
      headers[i].msg_hdr.msg_namelen = sizeof names[i];
    }
  }
};

datagram_batch::datagram_batch(std::size_t most, std::size_t size_of_each) {
  constexpr std::size_t most_at_once = 1024;  // UIO_MAXIOV: a call takes no more
  most = std::clamp(most, std::size_t{1}, most_at_once);
  if (size_of_each > SIZE_MAX / 2 / most) throw std::bad_alloc();
  memory_ = std::make_unique<memory>(most, size_of_each);
}
datagram_batch::datagram_batch(datagram_batch&&) noexcept = default;
datagram_batch& datagram_batch::operator=(datagram_batch&&) noexcept = default;
datagram_batch::~datagram_batch() = default;

std::size_t datagram_batch::size() const noexcept { return memory_->count; }
std::size_t datagram_batch::capacity() const noexcept { return memory_->headers.size(); }
std::size_t datagram_batch::unsent() const noexcept { return memory_->count - memory_->sent; }
void datagram_batch::clear() noexcept { memory_->count = memory_->sent = 0; }

datagram datagram_batch::what(std::size_t n) const noexcept {
  const mmsghdr& h = memory_->headers[n];
  const auto* name = static_cast<const sockaddr*>(h.msg_hdr.msg_name);
  return datagram{std::min<std::size_t>(h.msg_len, memory_->pieces[n].iov_len), h.msg_len,
                  name == nullptr ? address() : address(name, h.msg_hdr.msg_namelen)};
}

std::span<char> datagram_batch::bytes(std::size_t n) noexcept {
  return {memory_->bytes.data() + n * memory_->size_of_each, what(n).size};
}

bool datagram_batch::add(byte_view bytes, const address& to) noexcept {
  memory& m = *memory_;
  if (m.count == m.headers.size() || bytes.size() > m.size_of_each) return false;
  const std::size_t n = m.count++;
  m.pieces[n] = {m.bytes.data() + n * m.size_of_each, bytes.size()};
  if (!bytes.empty()) std::memcpy(m.pieces[n].iov_base, bytes.data(), bytes.size());
  m.headers[n] = {};
  m.headers[n].msg_len = static_cast<unsigned>(bytes.size());
  msghdr& h = m.headers[n].msg_hdr;
  h.msg_iov = &m.pieces[n];
  h.msg_iovlen = 1;
  if (to) {
    std::memcpy(&m.names[n], to.data(), static_cast<std::size_t>(to.size()));
    h.msg_name = &m.names[n];
    h.msg_namelen = to.size();
  }
  return true;
}

// Waits first, so that who receives again and again lets the loop go round.
task<std::size_t> datagram_socket::receive_batch(datagram_batch& into) {
  datagram_batch::memory& m = *into.memory_;
  into.clear();
  for (;;) {
    co_await readable(native_handle());
    m.prepare_to_receive();
    const int got =
        engine::sys::recvmmsg(native_handle(), m.headers.data(),
                              static_cast<unsigned>(m.headers.size()), MSG_DONTWAIT | MSG_TRUNC);
    if (got > 0) {
      m.count = static_cast<std::size_t>(got);
      co_return m.count;
    }
    if (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
      error::of_errno(errno, "receive from", native_handle()).raise();
  }
}

task<std::size_t> datagram_socket::send_batch(datagram_batch& from) {
  datagram_batch::memory& m = *from.memory_;
  std::size_t went = 0;
  while (m.sent < m.count) {
    const int sent = engine::sys::sendmmsg(native_handle(), m.headers.data() + m.sent,
                                           static_cast<unsigned>(m.count - m.sent), MSG_DONTWAIT);
    if (sent > 0) {
      m.sent += static_cast<std::size_t>(sent);
      went += static_cast<std::size_t>(sent);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      co_await writable(native_handle());
    } else if (errno != EINTR) {
      if (went != 0) break;
      error::of_errno(errno, "send to", native_handle()).raise();
    }
  }
  co_return went;
}

void datagram_socket::connect(const address& to) {
  if (engine::sys::connect(native_handle(), to.data(), to.size()) == 0) return;
  error::of_errno(errno, "connect to", to.to_string()).raise();
}

void datagram_socket::disconnect() {
  const sockaddr none{};
  if (engine::sys::connect(native_handle(), &none, sizeof none) == 0) return;
  error::of_errno(errno, "disconnect", native_handle()).raise();
}

void datagram_socket::set_option(int level, int name, int value) {
  if (::setsockopt(native_handle(), level, name, &value, sizeof value) == 0) return;
  error::of_errno(errno, "set an option of", native_handle()).raise();
}

}  // namespace eddy
