// Looking names of hosts up, for coroutines. What is behind it may change: getaddrinfo(3) on a
// thread now.
#pragma once

#include <eddy/address.hpp>
#include <eddy/task.hpp>

#include <string>
#include <vector>

namespace eddy::detail {

// At least one, in the order in which they are to be tried, each with the port. Throws, with a code
// of lookup_category or of the system.
task<std::vector<address>> look_up(std::string host, std::uint16_t port);

}  // namespace eddy::detail
