// What goes beside the bytes of a message, made and taken apart.
#pragma once

#include <sys/socket.h>
#include <eddy/ancillary.hpp>

#include <cstddef>
#include <vector>

namespace eddy::detail {

// A type: GCC 12 forgets how a variable of a coroutine is to be aligned, but not a type.
struct alignas(cmsghdr) ancillary_room {
  unsigned char bytes[CMSG_SPACE(most_descriptors * sizeof(int)) + CMSG_SPACE(sizeof(ucred))];
};

// Both must stay until the message is gone, or has come.
void put_descriptors(msghdr& m, ancillary_room& room, const std::vector<int>& fds) noexcept;
inline void make_room(msghdr& m, ancillary_room& room) noexcept {
  m.msg_control = &room;
  m.msg_controllen = sizeof room;
}
// What came with it. `fds` has room for `most_descriptors`, so that none can get lost.
void take_ancillary(msghdr& m, std::vector<owned_descriptor>& fds,
                    std::optional<credentials>& sender) noexcept;

// Throws.
void set_passes_credentials(int fd, bool on);

}  // namespace eddy::detail
