#include "coro/ancillary.h"

#include <eddy/error.hpp>

#include <cerrno>
#include <cstring>

namespace eddy {

namespace detail {

void put_descriptors(msghdr& m, ancillary_room& room, const std::vector<int>& fds) noexcept {
  const std::size_t size = fds.size() * sizeof(int);
  if (size == 0) return;
  m.msg_control = &room;
  m.msg_controllen = CMSG_SPACE(size);
  cmsghdr* c = CMSG_FIRSTHDR(&m);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(size);
  std::memcpy(CMSG_DATA(c), fds.data(), size);
}

void take_ancillary(msghdr& m, std::vector<owned_descriptor>& fds,
                    std::optional<credentials>& sender) noexcept {
  for (cmsghdr* c = CMSG_FIRSTHDR(&m); c != nullptr; c = CMSG_NXTHDR(&m, c)) {
    if (c->cmsg_level != SOL_SOCKET) continue;
    if (c->cmsg_type == SCM_CREDENTIALS) {
      ucred from;
      std::memcpy(&from, CMSG_DATA(c), sizeof from);
      sender = credentials{from.pid, from.uid, from.gid};
    } else if (c->cmsg_type == SCM_RIGHTS) {
      const std::size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (std::size_t i = 0; i < count; ++i) {
        int fd = -1;
        std::memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
        fds.emplace_back(fd);
      }
    }
  }
}

void set_passes_credentials(int fd, bool on) {
  const int value = on;
  if (::setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &value, sizeof value) != 0)
    error::of_errno(errno, "ask for the credentials of senders on", fd).raise();
}

}  // namespace detail
}  // namespace eddy
