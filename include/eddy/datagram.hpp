// eddy/datagram.hpp - what sockets of datagrams have in common: messages that come whole or not at
// all. eddy/udp.hpp and eddy/unix_datagram.hpp make them.
//
//   std::array<char, 2048> space;
//   eddy::datagram d = co_await socket.receive(space);
//   if (!d.truncated()) co_await socket.send_to({space.data(), d.size}, d.from);
//
// Nothing is kept by the library: a datagram that nobody receives waits in the kernel, and is
// dropped by it when there are too many. Any number of coroutines may receive from one socket, and
// send; each datagram comes to one of them.
//
// On a connected socket the errors that the network reports come out of the next call:
// connection_refused, when nobody listened there. On one that is not connected Linux keeps them to
// itself.
//
// A socket may be used on any loop, by one thread at a time. Nothing may be in flight on it when it
// is destroyed or assigned to: end the scope that uses it first. A cancelled `receive` loses no
// datagram; a cancelled `send` may have sent it.
//
// Sources: udp(7), unix(7), recvmsg(2), sendmsg(2), recvmmsg(2), sendmmsg(2).
#pragma once

#include <eddy/address.hpp>
#include <eddy/byte_view.hpp>
#include <eddy/descriptor.hpp>
#include <eddy/operation.hpp>
#include <eddy/task.hpp>

#include <memory>
#include <span>

namespace eddy {

// What came.
struct datagram {
  std::size_t size = 0;   // how many bytes of it are there
  std::size_t whole = 0;  // how many it had (Windows: of one that was cut off, size + 1)
  address from{};         // who sent it; none, if that has no name

  // It was longer than the room; the rest is gone.
  bool truncated() const noexcept { return whole > size; }
};

class [[nodiscard("nothing is received until it is awaited")]] receive_operation
    : public awaitable<receive_operation>,
      public detail::kernel_operation {
 public:
  EDDY_API receive_operation(int fd, std::span<char> to) noexcept;
  receive_operation(const receive_operation& o) noexcept : kernel_operation(o), piece_(o.piece_) {}

  EDDY_API bool begin(const awaiting& a) noexcept;
  EDDY_API result<datagram> await_result() const noexcept;

 private:
  msghdr header_{};
  iovec piece_;
  sockaddr_storage from_;
};

// Gives how many bytes went, which is all of them.
class [[nodiscard("nothing is sent until it is awaited")]] send_operation
    : public awaitable<send_operation>,
      public detail::kernel_operation {
 public:
  // `to` none: where the socket is connected to.
  send_operation(int fd, byte_view bytes, const address& to) noexcept
      : kernel_operation({detail::verb::sendmsg, fd}, "send to"),
        piece_{const_cast<char*>(bytes.data()), bytes.size()},
        to_(to) {}
  send_operation(const send_operation& o) noexcept
      : kernel_operation(o), piece_(o.piece_), to_(o.to_) {}

  EDDY_API bool begin(const awaiting& a) noexcept;
  // A failure names the address: "send to 127.0.0.1:9: Connection refused".
  EDDY_API result<std::size_t> await_result() const noexcept;

 private:
  msghdr header_{};
  iovec piece_;
  address to_;
};

// Room for many datagrams, which go through the kernel by one call. Movable; used again and again.
class datagram_batch {
 public:
  // For up to `most` (1 to 1024) of up to `size_of_each` bytes. Throws when there is no memory.
  EDDY_API datagram_batch(std::size_t most, std::size_t size_of_each);
  EDDY_API datagram_batch(datagram_batch&& other) noexcept;
  EDDY_API datagram_batch& operator=(datagram_batch&& other) noexcept;
  EDDY_API ~datagram_batch();

  // How many are in it: received, or added.
  EDDY_API std::size_t size() const noexcept;
  EDDY_API std::size_t capacity() const noexcept;
  // The n-th: what it is, and its bytes, which may be changed.
  EDDY_API datagram what(std::size_t n) const noexcept;
  EDDY_API std::span<char> bytes(std::size_t n) noexcept;
  // One more to be sent; `to` none: where the socket is connected to. False when there is no room,
  // for another or for so many bytes.
  EDDY_API bool add(byte_view bytes, const address& to = {}) noexcept;
  // Empties it.
  EDDY_API void clear() noexcept;
  // Of those that were added, how many a send_batch has not sent yet.
  EDDY_API std::size_t unsent() const noexcept;

 private:
  friend class datagram_socket;
  struct memory;
  std::unique_ptr<memory> memory_;
};

// What sockets of datagrams have in common: see eddy/udp.hpp, eddy/unix_datagram.hpp.
class datagram_socket {
 public:
  // None: whatever is tried with it fails with bad_file_descriptor.
  datagram_socket() noexcept = default;
  // Of a socket of datagrams, which is this one's from now on.
  explicit datagram_socket(int fd) noexcept : fd_(fd) {}

  bool is_open() const noexcept { return fd_.get() >= 0; }
  // The descriptor, which stays the socket's; -1: none.
  int native_handle() const noexcept { return fd_.get(); }
  // Nothing of it may be in flight.
  void close() noexcept { fd_ = owned_descriptor(); }
  // Where it is bound to.
  address local_address() const noexcept { return address::local_of(native_handle()); }
  // None, unless it is connected.
  address peer_address() const noexcept { return address::peer_of(native_handle()); }

  // The next datagram, as much of it as fits.
  receive_operation receive(std::span<char> to) noexcept { return {native_handle(), to}; }
  // Waits while the socket's memory is full. Fails with message_size when it is too long.
  send_operation send(byte_view bytes) noexcept { return {native_handle(), bytes, address()}; }
  send_operation send_to(byte_view bytes, const address& to) noexcept {
    return {native_handle(), bytes, to};
  }

  // Waits for a datagram, then takes as many as are there and fit; gives how many. What the batch
  // held before is gone. The batch must stay until this has ended.
  EDDY_API task<std::size_t> receive_batch(datagram_batch& into);
  // Sends what is in the batch and was not sent yet; gives how many went: fewer when one behind
  // them failed, whose error the next call throws.
  EDDY_API task<std::size_t> send_batch(datagram_batch& from);

  // From now on datagrams go to that address, and come from it alone. Does not block. Throws.
  EDDY_API void connect(const address& to);
  // Undoes that. Throws.
  EDDY_API void disconnect();

  // setsockopt(2) with a number. Throws.
  EDDY_API void set_option(int level, int name, int value);
  // How many bytes the kernel keeps for it; the system has limits (net.core.rmem_max, wmem_max).
  void set_receive_buffer(int bytes) { set_option(SOL_SOCKET, SO_RCVBUF, bytes); }
  void set_send_buffer(int bytes) { set_option(SOL_SOCKET, SO_SNDBUF, bytes); }

 private:
  owned_descriptor fd_;
};

}  // namespace eddy
