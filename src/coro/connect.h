// Connecting to whichever of several addresses answers first.
#pragma once

#include <eddy/tcp.hpp>

#include <vector>

namespace eddy::detail {

// `all` has at least one; see tcp_stream::connect.
task<tcp_stream> connect_to_first(std::vector<address> all, connect_options options);

}  // namespace eddy::detail
