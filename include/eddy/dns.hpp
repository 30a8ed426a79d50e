// eddy/dns.hpp - the domain name system: `resolver`, which looks up A, AAAA, PTR, SRV, MX and TXT.
//
//   eddy::resolver names;   // as /etc/resolv.conf says
//   for (const eddy::mail_record& m : co_await names.mail("example.org"))
//     std::printf("%d %s\n", m.priority, m.host.c_str());
//   eddy::tcp_stream peer = co_await names.connect("example.org", 80);
//
// tcp_stream::connect(host, port) asks the system (getaddrinfo), as every program does: nsswitch
// counts there, with what the machine has beside DNS. A resolver asks servers of DNS and the file
// of hosts, on the loop, without a thread: for what getaddrinfo cannot look up, for times to live,
// for servers of one's own choice, and for many lookups at a time.
//
// What is looked up: the addresses of a name, and the names of an address, in /etc/hosts and then
// in DNS; the rest in DNS alone. Names without a dot get the domains that resolv.conf says to
// search, in lookups of addresses only. Nothing is kept: each lookup asks, and `ttl` says how long
// an answer may be kept. What comes from a file has a ttl of 0. An answer that does not fit into a
// datagram is asked for again by TCP. Answers are not authenticated (DNSSEC): who can answer in a
// server's place can lie.
//
// A lookup fails with a code of dns_category: "look up no.example: there is no such name". A name
// that exists without records of that type is dns_error::no_such_record, never an empty list. It
// fails with timed_out when no server answers in time, and with operation_canceled when it is
// cancelled, which it is at once.
//
// A resolver belongs to the loop on which it is first used, and to its thread. It must outlive the
// tasks of its lookups that have not begun; those that wait when it is destroyed end with
// operation_canceled. It must be destroyed before its loop. It keeps the loop running only while
// it is asked.
//
// Built without c-ares (`resolver::is_complete`), a resolver looks addresses and their names up by
// getaddrinfo(3) and getnameinfo(3) on threads, with a ttl of 0; all else, and one that was given
// servers, fails with operation_not_supported.
//
// Sources: RFC 1034, 1035, 2181, 2782 (SRV), 3596 (AAAA), 6724 (the order of addresses), 6761
// (localhost); resolv.conf(5), hosts(5); c-ares' documentation.
#pragma once

#include <eddy/address.hpp>
#include <eddy/task.hpp>
#include <eddy/tcp.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace eddy {

// What DNS says instead of an answer.
enum class dns_error {
  no_such_name = 1,  // NXDOMAIN
  no_such_record,    // the name exists, without records of this type
  malformed_name,    // it cannot be asked for
  malformed_query,   // says the server (FORMERR)
  servers_failed,    // none would answer: each is away, failed (SERVFAIL) or refused (REFUSED)
  malformed_answer,
};
// Of the codes of dns_error.
EDDY_API const std::error_category& dns_category() noexcept;
inline std::error_code make_error_code(dns_error e) noexcept {
  return {static_cast<int>(e), dns_category()};
}

// Whom a resolver asks, and for how long.
struct resolver_options {
  // Asked in this order, each with its port. None: those of /etc/resolv.conf, which is read again
  // when it has changed.
  std::vector<address> servers{};
  // How long one server is waited for in the first round; each further round waits longer. 0: as
  // resolv.conf says, 5 s without.
  std::chrono::milliseconds attempt{0};
  // How many rounds through all servers. 0: as resolv.conf says, or c-ares' own number.
  unsigned rounds = 0;
  // How long a lookup may take, whatever the above makes of it; then it fails with timed_out.
  std::chrono::milliseconds deadline{15'000};
};

// An A or AAAA record.
struct address_record {
  address where;                // with port 0
  std::chrono::seconds ttl{0};  // how long it may be kept
};
// A PTR record.
struct name_record {
  std::string name;             // the host
  std::chrono::seconds ttl{0};  // how long it may be kept
};
// A SRV record: where a service is.
struct service_record {
  std::string host;             // a name, to be looked up
  std::uint16_t port = 0;       // where it listens
  std::uint16_t priority = 0;   // the lowest is to be tried first
  std::uint16_t weight = 0;     // among equals, the share of clients that it wants
  std::chrono::seconds ttl{0};  // how long it may be kept
};
struct mail_record {
  std::string host;             // a name, to be looked up
  std::uint16_t priority = 0;   // the lowest is to be tried first
  std::chrono::seconds ttl{0};  // how long it may be kept
};
// Any bytes; the pieces of one record are put together.
struct text_record {
  std::string text;             // may have zeroes in it
  std::chrono::seconds ttl{0};  // how long it may be kept
};

namespace detail {
struct resolver_state;
}

class resolver {
 public:
  // The loop's own, which all that are made like this on one loop share.
  resolver() noexcept = default;
  // Throws when there is no memory, or with invalid_argument when a server is no address with a
  // port.
  EDDY_API explicit resolver(const resolver_options& options);
  resolver(resolver&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  resolver& operator=(resolver other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~resolver() {
    if (state_ != nullptr) close();
  }

  // The addresses of a host, IPv4 or IPv6, in the order of the answer. Digits are their own address
  // (with no_such_record where they are of the other family).
  task<std::vector<address_record>> ipv4(std::string host) {
    return addresses_of(state_, std::move(host), AF_INET);
  }
  task<std::vector<address_record>> ipv6(std::string host) {
    return addresses_of(state_, std::move(host), AF_INET6);
  }
  // Both, in the order in which they are to be tried (RFC 6724), with that port.
  task<std::vector<address>> addresses(std::string host, std::uint16_t port) {
    return in_order(state_, std::move(host), port);
  }
  // As tcp_stream::connect does it, with these addresses.
  task<tcp_stream> connect(std::string host, std::uint16_t port, connect_options options = {}) {
    return connect_by(state_, std::move(host), port, options);
  }
  // What an address is called; its port does not count.
  task<std::vector<name_record>> names(address of) { return names_of(state_, of); }
  // As "_imaps._tcp.example.org"; sorted by priority, and the greater weight first. A host of "."
  // says that the service is not offered.
  task<std::vector<service_record>> services(std::string name) {
    return services_of(state_, std::move(name));
  }
  // Sorted by priority. A host of "." says that no mail is taken (RFC 7505).
  task<std::vector<mail_record>> mail(std::string name) { return mail_of(state_, std::move(name)); }
  // In the order of the answer.
  task<std::vector<text_record>> texts(std::string name) {
    return texts_of(state_, std::move(name));
  }

  // Whether eddy was built with c-ares.
  EDDY_API static bool is_complete() noexcept;

 private:
  using state = detail::resolver_state*;
  EDDY_API static task<std::vector<address_record>> addresses_of(state s, std::string host,
                                                                 int family);
  EDDY_API static task<std::vector<address>> in_order(state s, std::string host,
                                                      std::uint16_t port);
  EDDY_API static task<tcp_stream> connect_by(state s, std::string host, std::uint16_t port,
                                              connect_options options);
  EDDY_API static task<std::vector<name_record>> names_of(state s, address of);
  EDDY_API static task<std::vector<service_record>> services_of(state s, std::string name);
  EDDY_API static task<std::vector<mail_record>> mail_of(state s, std::string name);
  EDDY_API static task<std::vector<text_record>> texts_of(state s, std::string name);
  EDDY_API void close() noexcept;

  detail::resolver_state* state_ = nullptr;
};

}  // namespace eddy

template <>
struct std::is_error_code_enum<eddy::dns_error> : std::true_type {};
