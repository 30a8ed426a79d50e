// Socket addresses: evutil_parse_sockaddr_port() and evutil_sockaddr_cmp().
#include <cerrno>
#include <cstdint>
#include <cstring>

#include <event2/util.h>
#include <netinet/in.h>

namespace {

// Longer texts are no addresses: the longest is an IPv6 address with the name of an interface.
constexpr std::size_t address_text_size = 128;

struct parts {
  char address[address_text_size];
  const char* port = nullptr;  // null if there is none
  bool ipv6 = false;
};

bool copy_address(parts& out, const char* begin, std::size_t length) {
  if (length >= sizeof out.address) return false;
  std::memcpy(out.address, begin, length);
  out.address[length] = '\0';
  return true;
}

bool split_bracketed(const char* text, parts& out) {
  const char* closing = std::strchr(text, ']');
  if (closing == nullptr) return false;
  if (closing[1] == ':')
    out.port = closing + 2;
  else if (closing[1] != '\0')
    return false;
  out.ipv6 = true;
  return copy_address(out, text + 1, static_cast<std::size_t>(closing - text - 1));
}

// "[ipv6]:port", "[ipv6]", "ipv6" (two colons or more), "ipv4:port", "ipv4".
bool split(const char* text, parts& out) {
  if (*text == '[') return split_bracketed(text, out);
  const char* colon = std::strchr(text, ':');
  if (colon == nullptr) return copy_address(out, text, std::strlen(text));
  if (std::strchr(colon + 1, ':') != nullptr) {
    out.ipv6 = true;
    return copy_address(out, text, std::strlen(text));
  }
  out.port = colon + 1;
  return copy_address(out, text, static_cast<std::size_t>(colon - text));
}

// 1 to 65535 in decimal digits and nothing else; 0 on everything else.
std::uint16_t parse_port(const char* text) {
  unsigned port = 0;
  do {
    if (*text < '0' || *text > '9') return 0;
    port = port * 10 + static_cast<unsigned>(*text - '0');
    if (port > UINT16_MAX) return 0;
  } while (*++text != '\0');
  return static_cast<std::uint16_t>(port);
}

int hand_out(const void* address, std::size_t size, sockaddr* out, int* outlen) {
  if (*outlen < static_cast<int>(size)) return -1;
  std::memcpy(out, address, size);
  *outlen = static_cast<int>(size);
  return 0;
}

int parse(const char* text, sockaddr* out, int* outlen) {
  parts found;
  if (!split(text, found)) return -1;
  const std::uint16_t port = found.port == nullptr ? 0 : parse_port(found.port);
  if (found.port != nullptr && port == 0) return -1;
  if (found.ipv6) {
    sockaddr_in6 address{};
    unsigned scope = 0;
    if (evutil_inet_pton_scope(AF_INET6, found.address, &address.sin6_addr, &scope) != 1) return -1;
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    address.sin6_scope_id = scope;
    return hand_out(&address, sizeof address, out, outlen);
  }
  sockaddr_in address{};
  if (evutil_inet_pton(AF_INET, found.address, &address.sin_addr) != 1) return -1;
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  return hand_out(&address, sizeof address, out, outlen);
}

int sign_of_difference(std::uint32_t a, std::uint32_t b) { return a < b ? -1 : a > b; }

// Copies, because a sockaddr need not be aligned for what it holds.
template <class Address>
Address copied(const sockaddr* from) {
  Address address;
  std::memcpy(&address, from, sizeof address);
  return address;
}

int compare_ipv4(const sockaddr* sa1, const sockaddr* sa2, int include_port) {
  const auto a = copied<sockaddr_in>(sa1);
  const auto b = copied<sockaddr_in>(sa2);
  const int by_address = sign_of_difference(ntohl(a.sin_addr.s_addr), ntohl(b.sin_addr.s_addr));
  if (by_address != 0 || include_port == 0) return by_address;
  return sign_of_difference(ntohs(a.sin_port), ntohs(b.sin_port));
}

int compare_ipv6(const sockaddr* sa1, const sockaddr* sa2, int include_port) {
  const auto a = copied<sockaddr_in6>(sa1);
  const auto b = copied<sockaddr_in6>(sa2);
  const int by_address = std::memcmp(&a.sin6_addr, &b.sin6_addr, sizeof a.sin6_addr);
  if (by_address != 0 || include_port == 0) return by_address;
  return sign_of_difference(ntohs(a.sin6_port), ntohs(b.sin6_port));
}

}  // namespace

extern "C" {

int evutil_parse_sockaddr_port(const char* str, struct sockaddr* out, int* outlen) {
  const int result = parse(str, out, outlen);
  if (result != 0) errno = EINVAL;
  return result;
}

int evutil_sockaddr_cmp(const struct sockaddr* sa1, const struct sockaddr* sa2, int include_port) {
  if (sa1->sa_family != sa2->sa_family) return sign_of_difference(sa1->sa_family, sa2->sa_family);
  if (sa1->sa_family == AF_INET) return compare_ipv4(sa1, sa2, include_port);
  if (sa1->sa_family == AF_INET6) return compare_ipv6(sa1, sa2, include_port);
  // How long an address of another family is, is not known here, so its bytes cannot be looked at.
  return 1;
}

}  // extern "C"
