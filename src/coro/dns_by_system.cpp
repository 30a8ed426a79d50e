// Without c-ares: what the system's own functions look up, on threads.
#include <netdb.h>
#include <eddy/blocking.hpp>

#include "coro/dns_backend.h"
#include "coro/lookup.h"

namespace eddy::detail {

const bool resolver_has_dns = false;

struct resolver_state {
  resolver_options options;
};

resolver_state* new_resolver(const resolver_options& options) {
  return new resolver_state{options};
}
void end_resolver(resolver_state* r) noexcept { delete r; }
std::chrono::milliseconds deadline_of(const resolver_state& r) noexcept {
  return r.options.deadline;
}

namespace {

void refuse(const resolver_state& r, const std::string& name) {
  if (!r.options.servers.empty())
    error(std::make_error_code(std::errc::operation_not_supported),
          "ask a server of one's own choice, without c-ares, for", name)
        .raise();
}

std::error_code code_of(int status) noexcept {
  if (status == EAI_NONAME) return make_error_code(dns_error::no_such_name);
  if (status == EAI_FAIL) return make_error_code(dns_error::servers_failed);
  return std::error_code(status, lookup_category());
}

}  // namespace

task<std::vector<address_record>> ask_addresses(resolver_state& r, std::string host, int family,
                                                std::uint16_t port) {
  refuse(r, host);
  std::vector<address_record> all;
  try {
    for (const address& a : co_await look_up(host, port))
      if (family == AF_UNSPEC || a.family() == family) all.push_back({a, {}});
  } catch (const exception& e) {
    if (e.code() != std::error_code(EAI_NONAME, lookup_category())) throw;
    error(dns_error::no_such_name, "look up", host).raise();
  }
  if (all.empty()) error(dns_error::no_such_record, "look up", host).raise();
  co_return all;
}

task<std::vector<name_record>> ask_names_in_files(resolver_state& r, address of) {
  refuse(r, of.host());
  struct found {
    int status;
    std::string name;
  };
  found f = co_await blocking([of] {
    char name[NI_MAXHOST] = "";
    const int status =
        ::getnameinfo(of.data(), of.size(), name, sizeof name, nullptr, 0, NI_NAMEREQD);
    return found{status, name};
  });
  if (f.status != 0) error(code_of(f.status), "look up", of.host()).raise();
  std::vector<name_record> all;
  all.push_back({std::move(f.name), {}});
  co_return all;
}

task<std::string> ask_records(resolver_state&, std::string name, record_type) {
  error(std::make_error_code(std::errc::operation_not_supported),
        "look up, without c-ares, records of", name)
      .raise();
  co_return std::string();
}

}  // namespace eddy::detail
