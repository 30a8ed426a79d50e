// Which completion port each socket belongs to.
//
// A socket belongs to the first port that it was given to, for as long as it lives, and Windows
// tells neither whether it has one nor which ("CreateIoCompletionPort function" of Microsoft's
// documentation). What comes of a request arrives there and nowhere else, so a request on a socket
// of another port would wait for ever. Each time a socket is asked about it is given to the port:
// where that works it had none, also when its number was another socket's before. Where it does
// not, the ports of this process know among them whose it is, if it is one of theirs, and if eddy
// closed the one that had its number before.
#pragma once

#include <winsock2.h>

#include <cstdint>

namespace eddy::engine {

// Traits.
constexpr unsigned socket_is_ours = 1;  // what comes of its requests arrives at this port
constexpr unsigned socket_skips = 2;    // but for those that succeed at once: they bring no packet
constexpr unsigned socket_is_stream = 4;

class iocp_sockets {
 public:
  iocp_sockets();
  // Makes `fd` belong to `port`, if it can be. Its traits; 0: another port's, or no such socket, or
  // no memory. Any thread.
  unsigned own(int fd, HANDLE port, ULONG_PTR key) const;
  // Of one that `own` was asked about just now.
  unsigned traits_of(int fd) const;

 private:
  std::uint32_t us_;  // no other port of this process, before or after, has that
};

}  // namespace eddy::engine
