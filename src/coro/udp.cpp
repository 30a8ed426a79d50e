#include <netinet/in.h>
#include <eddy/udp.hpp>

#include <cerrno>
#include <cstring>
#include <vector>

#include "base/sys.h"
#include "coro/lookup.h"

namespace eddy {
namespace {

error of_address(const char* tried, const address& at) {
  return error::of_errno(errno, tried, at.to_string());
}

int open_socket(const address& for_what) {
  const int fd = engine::sys::datagram_socket(for_what.family());
  if (fd < 0) of_address("make a socket for", for_what).raise();
  return fd;
}

void change_membership(udp_socket& s, const address& group, unsigned interface_number, bool join) {
  int result = 0;
  if (group.is_ipv6()) {
    ipv6_mreq m{};
    m.ipv6mr_multiaddr = reinterpret_cast<const sockaddr_in6*>(group.data())->sin6_addr;
    m.ipv6mr_interface = interface_number;
    result = ::setsockopt(s.native_handle(), IPPROTO_IPV6,
                          join ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP, &m, sizeof m);
  } else {
    ip_mreqn m{};
    if (group.is_ipv4())
      m.imr_multiaddr = reinterpret_cast<const sockaddr_in*>(group.data())->sin_addr;
    m.imr_ifindex = static_cast<int>(interface_number);
    result = ::setsockopt(s.native_handle(), IPPROTO_IP,
                          join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, &m, sizeof m);
  }
  if (result != 0) of_address(join ? "join the group" : "leave the group", group).raise();
}

}  // namespace

udp_socket::udp_socket(const address& at, const udp_options& options)
    : datagram_socket(open_socket(at)) {
  if (options.reuse_address) set_option(SOL_SOCKET, SO_REUSEADDR, 1);
  if (options.reuse_port) set_option(SOL_SOCKET, SO_REUSEPORT, 1);
  if (options.broadcast) set_option(SOL_SOCKET, SO_BROADCAST, 1);
  if (at.is_ipv6()) set_option(IPPROTO_IPV6, IPV6_V6ONLY, options.v6_only);
  if (::bind(native_handle(), at.data(), at.size()) != 0) of_address("bind to", at).raise();
}

udp_socket udp_socket::connected_to(const address& to) {
  udp_socket s(open_socket(to));
  s.connect(to);
  return s;
}

task<udp_socket> udp_socket::connect(std::string host, std::uint16_t port) {
  std::vector<address> all;
  std::string_view bare = host;
  if (bare.starts_with('[') && bare.ends_with(']')) bare = bare.substr(1, bare.size() - 2);
  if (const auto digits = address::parse(bare, port))
    all.push_back(*digits);
  else
    all = co_await detail::look_up(host, port);
  for (std::size_t i = 0; i + 1 < all.size(); ++i) {
    try {
      co_return connected_to(all[i]);
    } catch (const exception&) {
      // No way there: the next, and the last one's error if there is to none.
    }
  }
  co_return connected_to(all.back());
}

void udp_socket::join(const address& group, unsigned interface_number) {
  change_membership(*this, group, interface_number, true);
}
void udp_socket::leave(const address& group, unsigned interface_number) {
  change_membership(*this, group, interface_number, false);
}

void udp_socket::set_multicast_hops(int hops) {
  is_v6() ? set_option(IPPROTO_IPV6, IPV6_MULTICAST_HOPS, hops)
          : set_option(IPPROTO_IP, IP_MULTICAST_TTL, hops);
}

void udp_socket::set_multicast_loop(bool on) {
  is_v6() ? set_option(IPPROTO_IPV6, IPV6_MULTICAST_LOOP, on)
          : set_option(IPPROTO_IP, IP_MULTICAST_LOOP, on);
}

void udp_socket::set_multicast_interface(unsigned interface_number) {
  if (is_v6())
    return set_option(IPPROTO_IPV6, IPV6_MULTICAST_IF, static_cast<int>(interface_number));
  ip_mreqn m{};
  m.imr_ifindex = static_cast<int>(interface_number);
  if (::setsockopt(native_handle(), IPPROTO_IP, IP_MULTICAST_IF, &m, sizeof m) != 0)
    error::of_errno(errno, "choose the interface of", native_handle()).raise();
}

}  // namespace eddy
