// eddy/ancillary.hpp - what goes through a Unix socket beside bytes: descriptors, and who sends.
//
// Sources: unix(7), cmsg(3).
#pragma once

#include <eddy/descriptor.hpp>

#include <optional>
#include <vector>

#include <eddy/sockets.hpp>

namespace eddy {

// Of a process, as the kernel knows it when it sends, or connects.
struct credentials {
  // Its number, and whom it runs as.
  pid_t pid = 0;
  uid_t uid = static_cast<uid_t>(-1);
  gid_t gid = static_cast<gid_t>(-1);
};

// How many descriptors go with one message at most (the kernel's SCM_MAX_FD).
inline constexpr std::size_t most_descriptors = 253;

}  // namespace eddy
