// eddy/udp.hpp - UDP: `udp_socket`.
//
//   eddy::udp_socket socket(eddy::address::any(5353));   // port 0: one that is free
//   socket.join(eddy::address::parse("224.0.0.251", 0).value());
//
//   eddy::udp_socket peer = co_await eddy::udp_socket::connect("example.org", 123);
//   co_await peer.send(question);
//
// Sending and receiving are explained in eddy/datagram.hpp. UDP loses, doubles and reorders; what
// does not come does not come: use with_timeout. At most 65,507 bytes (IPv4) fit into one; what is
// longer than a path's packets (often 1,472) is cut up on its way and easily lost.
//
// Sources: udp(7), ip(7), ipv6(7); RFC 768, RFC 8085.
#pragma once

#include <eddy/datagram.hpp>

#include <string>

namespace eddy {

// How a socket is bound.
struct udp_options {
  bool reuse_address = false;  // several sockets of one address each get all that is multicast
  bool reuse_port = false;     // several of one address share what comes; not on Windows
  bool v6_only = false;        // one of "[::]" takes IPv4 too, unless this is set
  bool broadcast = false;      // may send to broadcast addresses
};

class udp_socket : public datagram_socket {
 public:
  using datagram_socket::datagram_socket;
  // Throws: "bind to 127.0.0.1:53: Permission denied".
  EDDY_API explicit udp_socket(const address& at, const udp_options& options = {});

  // At a port of the system's choice, connected. Throws.
  EDDY_API static udp_socket connected_to(const address& to);
  // The name is looked up as eddy/tcp.hpp says; the first of its addresses to which there is a way.
  EDDY_API static task<udp_socket> connect(std::string host, std::uint16_t port);
  using datagram_socket::connect;

  // At which it is bound, also when it asked for 0.
  std::uint16_t port() const noexcept { return local_address().port(); }

  // Receives what is sent to the group (its port does not count), on that interface (its number, as
  // if_nametoindex(3) gives it; 0: the system's choice). Throws.
  EDDY_API void join(const address& group, unsigned interface_number = 0);
  EDDY_API void leave(const address& group, unsigned interface_number = 0);
  // How far datagrams to groups go, 1 (this network, as at first) to 255; whether they come back to
  // this machine (as at first); and by which interface they leave. Throw.
  EDDY_API void set_multicast_hops(int hops);
  EDDY_API void set_multicast_loop(bool on);
  EDDY_API void set_multicast_interface(unsigned interface_number);

 private:
  bool is_v6() const noexcept { return local_address().is_ipv6(); }
};

}  // namespace eddy
