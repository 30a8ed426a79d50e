// Who asks for a resolver: dns_channel.cpp by c-ares, or dns_by_system.cpp where that is not there.
#pragma once

#include <eddy/dns.hpp>

#include <string>
#include <vector>

#include "coro/dns_answer.h"

namespace eddy::detail {

struct loop_state;

// One that asks as the options say. Throws.
resolver_state* new_resolver(const resolver_options& options);
// What waits for it ends with operation_canceled.
void end_resolver(resolver_state* r) noexcept;
std::chrono::milliseconds deadline_of(const resolver_state& r) noexcept;

// Each throws an error that names what was looked up.
//
// Of a family, or (AF_UNSPEC) of both in the order in which they are to be tried; with the port.
task<std::vector<address_record>> ask_addresses(resolver_state& r, std::string host, int family,
                                                std::uint16_t port);
// The names that the system has in files; what there is beside DNS.
task<std::vector<name_record>> ask_names_in_files(resolver_state& r, address of);
// The bytes of the answer.
task<std::string> ask_records(resolver_state& r, std::string name, record_type type);

extern const bool resolver_has_dns;

}  // namespace eddy::detail
