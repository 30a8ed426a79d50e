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

enum class port_socket : std::uint8_t {
  not_ours,
  tells_all,        // what comes of its requests arrives at this port
  skips_successes,  // but of those that succeed at once: they bring no packet
};

class iocp_sockets {
 public:
  iocp_sockets();
  // Makes `fd` belong to `port`, if it can be. not_ours: another port's, or no such socket, or none
  // of streams, or no memory. (A datagram that is cut off at once fails, and yet brings a packet.)
  // Any thread.
  port_socket own(int fd, HANDLE port, ULONG_PTR key) const;
  // Of one that `own` was asked about just now.
  port_socket kind_of(int fd) const;

 private:
  std::uint32_t us_;  // no other port of this process, before or after, has that
};

}  // namespace eddy::engine
