#include <eddy/address.hpp>

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>

#include <charconv>
#include <cstring>

namespace eddy {
namespace {

const sockaddr_in& v4(const sockaddr* a) noexcept {
  return *reinterpret_cast<const sockaddr_in*>(a);
}
const sockaddr_in6& v6(const sockaddr* a) noexcept {
  return *reinterpret_cast<const sockaddr_in6*>(a);
}

template <class T>
const sockaddr* plain(const T& a) noexcept {
  return reinterpret_cast<const sockaddr*>(&a);
}

socklen_t least_size(sa_family_t family) noexcept {
  switch (family) {
    case AF_INET:
      return sizeof(sockaddr_in);
    case AF_INET6:
      return sizeof(sockaddr_in6);
    default:
      return sizeof family;
  }
}

// (Not every system's in_addr begins with a number.)
in_addr of_number(std::uint32_t number) noexcept {
  in_addr a{};
  a.s_addr = htonl(number);
  return a;
}

address of_v4(in_addr where, std::uint16_t port) noexcept {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_addr = where;
  a.sin_port = htons(port);
  return {plain(a), sizeof a};
}

address of_v6(const in6_addr& where, std::uint16_t port, std::uint32_t zone) noexcept {
  sockaddr_in6 a{};
  a.sin6_family = AF_INET6;
  a.sin6_addr = where;
  a.sin6_port = htons(port);
  a.sin6_scope_id = zone;
  return {plain(a), sizeof a};
}

template <class Number>
bool read_number(std::string_view text, Number& n) noexcept {
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, n);
  return error == std::errc() && rest == end;
}

// For functions that want a '\0'. False: too long.
template <std::size_t Size>
bool copy_text(std::string_view text, char (&to)[Size]) noexcept {
  if (text.empty() || text.size() >= Size || text.find('\0') != text.npos) return false;
  std::memcpy(to, text.data(), text.size());
  to[text.size()] = '\0';
  return true;
}

bool read_zone(std::string_view text, std::uint32_t& zone) noexcept {
  if (read_number(text, zone)) return true;
  char name[IF_NAMESIZE];
  zone = copy_text(text, name) ? ::if_nametoindex(name) : 0;
  return zone != 0;
}

std::string_view path_of(const sockaddr* a, socklen_t size) noexcept {
  constexpr std::size_t before = offsetof(sockaddr_un, sun_path);
  const char* path = reinterpret_cast<const char*>(a) + before;
  const auto length = static_cast<std::size_t>(size);
  if (length <= before) return {};
  if (*path == '\0') return {path, length - before};
  return {path, ::strnlen(path, length - before)};
}

template <class Call>
address ask(Call call) noexcept {
  sockaddr_storage a{};
  socklen_t size = sizeof a;
  if (call(reinterpret_cast<sockaddr*>(&a), &size) != 0) return {};
  return {plain(a), size};
}

}  // namespace

address::address(const sockaddr* data, socklen_t size) noexcept : storage_{}, size_(0) {
  std::memset(&storage_, 0, sizeof storage_);
  const auto length = static_cast<std::size_t>(size);
  if (length < sizeof(sa_family_t) || length > sizeof storage_ ||
      size < least_size(data->sa_family))
    return;
  std::memcpy(&storage_, data, length);
  size_ = size;
}

std::optional<address> address::parse(std::string_view host, std::uint16_t port) noexcept {
  char text[INET6_ADDRSTRLEN + 1];
  in_addr four{};
  if (copy_text(host, text) && ::inet_pton(AF_INET, text, &four) == 1) return of_v4(four, port);
  std::uint32_t zone = 0;
  if (const std::size_t at = host.find('%'); at != host.npos) {
    if (!read_zone(host.substr(at + 1), zone)) return std::nullopt;
    host = host.substr(0, at);
  }
  in6_addr six{};
  if (!copy_text(host, text) || ::inet_pton(AF_INET6, text, &six) != 1) return std::nullopt;
  return of_v6(six, port, zone);
}

std::optional<address> address::parse(std::string_view text) noexcept {
  if (text.starts_with("unix:")) return unix_path(text.substr(5));
  const std::size_t colon = text.rfind(':');
  std::uint16_t port = 0;
  if (colon == text.npos || !read_number(text.substr(colon + 1), port)) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool in_brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (in_brackets) host = host.substr(1, host.size() - 2);
  auto found = parse(host, port);
  if (found && found->is_ipv6() != in_brackets) return std::nullopt;
  return found;
}

address address::loopback(std::uint16_t port) noexcept {
  return of_v4(of_number(INADDR_LOOPBACK), port);
}
address address::any(std::uint16_t port) noexcept { return of_v4(of_number(INADDR_ANY), port); }
address address::loopback_v6(std::uint16_t port) noexcept {
  return of_v6(in6addr_loopback, port, 0);
}
address address::any_v6(std::uint16_t port) noexcept { return of_v6(in6addr_any, port, 0); }

std::optional<address> address::unix_path(std::string_view path) noexcept {
  sockaddr_un a{};
  a.sun_family = AF_UNIX;
  const bool is_abstract = path.starts_with('@');
  if (path.size() >= sizeof a.sun_path) return std::nullopt;
  if (!is_abstract && path.find('\0') != path.npos) return std::nullopt;
  if (!path.empty()) std::memcpy(a.sun_path, path.data(), path.size());
  if (is_abstract) a.sun_path[0] = '\0';
  const std::size_t ending = path.empty() || is_abstract ? 0 : 1;
  return address(plain(a),
                 static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + ending));
}

address address::local_of(int fd) noexcept {
  return ask([fd](sockaddr* a, socklen_t* size) { return ::getsockname(fd, a, size); });
}
address address::peer_of(int fd) noexcept {
  return ask([fd](sockaddr* a, socklen_t* size) { return ::getpeername(fd, a, size); });
}

std::uint16_t address::port() const noexcept {
  if (is_ipv4()) return ntohs(v4(data()).sin_port);
  return is_ipv6() ? ntohs(v6(data()).sin6_port) : std::uint16_t{0};
}

address address::with_port(std::uint16_t port) const noexcept {
  if (is_ipv4()) return of_v4(v4(data()).sin_addr, port);
  if (is_ipv6()) return of_v6(v6(data()).sin6_addr, port, v6(data()).sin6_scope_id);
  return *this;
}

std::string address::host() const {
  char text[INET6_ADDRSTRLEN] = "";
  if (is_ipv4()) return ::inet_ntop(AF_INET, &v4(data()).sin_addr, text, sizeof text);
  if (is_unix()) {
    std::string path(path_of(data(), size_));
    if (!path.empty() && path[0] == '\0') path[0] = '@';
    return path;
  }
  if (!is_ipv6()) return "none";
  std::string all = ::inet_ntop(AF_INET6, &v6(data()).sin6_addr, text, sizeof text);
  const std::uint32_t zone = v6(data()).sin6_scope_id;
  if (zone == 0) return all;
  char name[IF_NAMESIZE];
  all += '%';
  return all + (::if_indextoname(zone, name) != nullptr ? name : std::to_string(zone));
}

std::string address::to_string() const {
  if (is_unix()) return "unix:" + host();
  if (is_ipv4()) return host() + ":" + std::to_string(port());
  if (is_ipv6()) return "[" + host() + "]:" + std::to_string(port());
  return "none";
}

bool operator==(const address& a, const address& b) noexcept {
  if (a.family() != b.family()) return false;
  if (a.is_unix()) return path_of(a.data(), a.size_) == path_of(b.data(), b.size_);
  if (a.port() != b.port()) return false;
  if (a.is_ipv4()) return v4(a.data()).sin_addr.s_addr == v4(b.data()).sin_addr.s_addr;
  if (!a.is_ipv6()) return true;
  const sockaddr_in6 &x = v6(a.data()), &y = v6(b.data());
  return std::memcmp(&x.sin6_addr, &y.sin6_addr, sizeof x.sin6_addr) == 0 &&
         x.sin6_scope_id == y.sin6_scope_id;
}

}  // namespace eddy
