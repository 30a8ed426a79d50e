// eddy/tcp.hpp - connections of TCP: `tcp_listener` and `tcp_stream`.
//
//   eddy::tcp_listener listener(eddy::address::any(8080));   // port 0: one that is free
//   eddy::tcp_stream peer = co_await listener.accept();
//
//   eddy::tcp_stream server = co_await eddy::tcp_stream::connect("example.org", 80);
//
// A tcp_stream is an eddy::stream, where reading and writing are explained.
//
// Sources: tcp(7), ip(7); RFC 8305 ("happy eyeballs"), RFC 6724 for the order of addresses.
#pragma once

#include <eddy/listener.hpp>
#include <eddy/stream.hpp>
#include <eddy/task.hpp>

#include <chrono>
#include <string>

namespace eddy {

// How a connection is made.
struct connect_options {
  // How long one address is tried before the next is tried beside it.
  std::chrono::milliseconds attempt_delay{250};
  bool nodelay = true;  // see tcp_stream::set_nodelay
  address from{};       // the local address to connect from; none: the system's choice
};

class tcp_stream : public stream {
 public:
  using stream::stream;  // of a connected socket, too

  // Fails with connection_refused, timed_out (the system's own limit is minutes: use with_timeout),
  // network_unreachable and so on: "connect to 127.0.0.1:80: Connection refused". A connection of a
  // socket to itself, which is possible on one machine, counts as refused.
  EDDY_API static task<tcp_stream> connect(address to, connect_options options = {});
  // The name is looked up, without blocking the loop, unless it is an address in digits (also
  // "[::1]"). Its addresses are tried in the order of RFC 6724, IPv6 and IPv4 in turn; each has
  // attempt_delay to itself, or until it fails. The first connection counts; the other attempts are
  // cancelled, awaited and closed. When all fail, this fails as the first of them did. A name that
  // is not found fails with a code of lookup_category: "look up nowhere.invalid: Name or service
  // not known".
  EDDY_API static task<tcp_stream> connect(std::string host, std::uint16_t port,
                                           connect_options options = {});

  // Whether small segments are sent although earlier ones are not acknowledged (TCP_NODELAY). On at
  // first: a stream gathers what is written in a turn by itself. Throws.
  EDDY_API void set_nodelay(bool on);
  // Whether a peer that has been silent for so long is asked whether it is there (SO_KEEPALIVE,
  // TCP_KEEPIDLE); 0: never. Throws.
  EDDY_API void set_keepalive(std::chrono::seconds idle);

  // Where it is on this machine.
  address local_address() const noexcept { return address::local_of(native_handle()); }
  // None, when the connection is gone.
  address peer_address() const noexcept { return address::peer_of(native_handle()); }

  // Of a socket that is connected and does not block. Throws when there is no memory.
  static tcp_stream of_socket(int fd) { return tcp_stream(detail::front_of_socket(fd)); }

 private:
  explicit tcp_stream(detail::stream_front* s) noexcept : stream(s) {}
};

class tcp_listener : public basic_listener {
 public:
  tcp_listener() noexcept = default;
  // Throws: "listen on 0.0.0.0:80: Permission denied".
  explicit tcp_listener(const address& at, const listen_options& options = {})
      : basic_listener(at, options) {}
  // Of a socket that listens already.
  explicit tcp_listener(int fd) : basic_listener(fd) {}

  // The next connection.
  accept_operation<tcp_stream> accept() noexcept { return accept_operation<tcp_stream>(state_); }
  // At which it listens, also when it asked for 0.
  std::uint16_t port() const noexcept { return local_address().port(); }
};

// Why a name is not found: the EAI_* codes of getaddrinfo(3).
EDDY_API const std::error_category& lookup_category() noexcept;

}  // namespace eddy
