// What goes beside the bytes of a message, made and taken apart.
#pragma once

#include <sys/socket.h>
#include <eddy/ancillary.hpp>

#include <cstddef>
#include <vector>

namespace eddy::detail {

inline constexpr std::size_t ancillary_size =
    CMSG_SPACE(most_descriptors * sizeof(int)) + CMSG_SPACE(sizeof(ucred));

// Puts the descriptors into `room`, of `ancillary_size` bytes and aligned for a cmsghdr.
void put_descriptors(msghdr& m, unsigned char* room, const std::vector<int>& fds) noexcept;
// For a message that is to be received.
inline void make_room(msghdr& m, unsigned char* room) noexcept {
  m.msg_control = room;
  m.msg_controllen = ancillary_size;
}
// What came with it. `fds` has room for `most_descriptors`, so that none can get lost.
void take_ancillary(msghdr& m, std::vector<owned_descriptor>& fds,
                    std::optional<credentials>& sender) noexcept;

// Throws.
void set_passes_credentials(int fd, bool on);

}  // namespace eddy::detail
