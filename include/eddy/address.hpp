// eddy/address.hpp - where sockets are: `address`, of IPv4, IPv6 or a Unix socket.
//
//   auto a = eddy::address::parse("127.0.0.1:8080");   // "[::1]:8080", "unix:/run/x", "unix:@name"
//   if (a) std::puts(a->to_string().c_str());
//   auto b = eddy::address::loopback(0);
//
// A value of 116 bytes, for any thread. Names of hosts are not addresses: `connect` of eddy/tcp.hpp
// takes them.
//
// Sources: ip(7), ipv6(7), unix(7); RFC 4291 and RFC 5952 for how IPv6 is written, RFC 4007 for
// zones ("fe80::1%eth0").
#pragma once

#include <eddy/api.hpp>
#include <eddy/sockets.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace eddy {

class address {
 public:
  // None: family() is AF_UNSPEC.
  address() noexcept : address(nullptr, 0) {}
  // A copy of what the system calls take. What is too long, or too short for its family, is none.
  EDDY_API address(const sockaddr* data, socklen_t size) noexcept;

  // Of a text as `to_string` gives it: digits alone, no names. Nothing when it is none.
  EDDY_API static std::optional<address> parse(std::string_view text) noexcept;
  // Digits without a port: "127.0.0.1", "::1", "fe80::1%eth0".
  EDDY_API static std::optional<address> parse(std::string_view host, std::uint16_t port) noexcept;
  // 127.0.0.1; all of IPv4; ::1; all of IPv6 (and, unless told otherwise, of IPv4).
  EDDY_API static address loopback(std::uint16_t port) noexcept;
  EDDY_API static address any(std::uint16_t port) noexcept;
  EDDY_API static address loopback_v6(std::uint16_t port) noexcept;
  EDDY_API static address any_v6(std::uint16_t port) noexcept;
  // A file of up to 107 bytes; with '@' before it a name in the abstract space of Linux. Nothing
  // when it is too long: it is never cut off.
  EDDY_API static std::optional<address> unix_path(std::string_view path) noexcept;

  // Where a socket is, and who is at its other end; none when the system does not say.
  EDDY_API static address local_of(int fd) noexcept;
  EDDY_API static address peer_of(int fd) noexcept;

  // As socket(2) has it: AF_INET, AF_INET6, AF_UNIX; AF_UNSPEC, of none.
  int family() const noexcept { return storage_.plain.sa_family; }
  // Which of them it is.
  bool is_ipv4() const noexcept { return family() == AF_INET; }
  bool is_ipv6() const noexcept { return family() == AF_INET6; }
  bool is_unix() const noexcept { return family() == AF_UNIX; }
  explicit operator bool() const noexcept { return family() != AF_UNSPEC; }
  // 0 where there is none.
  EDDY_API std::uint16_t port() const noexcept;
  // The same but for the port; unchanged where there is none.
  EDDY_API address with_port(std::uint16_t port) const noexcept;

  // "127.0.0.1:80", "[::1]:80", "unix:/run/x", "unix:@name", "unix:" (unnamed), "none".
  EDDY_API std::string to_string() const;
  // Without the port: "127.0.0.1", "::1", "/run/x".
  EDDY_API std::string host() const;

  const sockaddr* data() const noexcept { return &storage_.plain; }
  socklen_t size() const noexcept { return size_; }

  // Of the same place: what IPv6 has of flow labels does not count.
  EDDY_API friend bool operator==(const address& a, const address& b) noexcept;

 private:
  union {
    sockaddr plain;
    sockaddr_un of_unix;  // the longest of them
    unsigned char bytes[sizeof(sockaddr_un)];
    std::uint32_t aligned;
  } storage_;
  socklen_t size_;
};

}  // namespace eddy
