// eddy/unix_datagram.hpp - datagrams on one machine: `unix_datagram`.
//
//   eddy::unix_datagram log(*eddy::address::unix_path("/run/log"));
//   eddy::datagram d = co_await log.receive(space);
//
// Sending and receiving are explained in eddy/datagram.hpp. Here nothing is lost and nothing comes
// out of order: who sends waits while the receiver's queue is full. The file of a bound socket
// stays when it is closed; one that is there already is an error (address_in_use).
//
// Windows has none: operation_not_supported.
//
// Sources: unix(7).
#pragma once

#include <eddy/ancillary.hpp>
#include <eddy/datagram.hpp>

namespace eddy {

class unix_datagram : public datagram_socket {
 public:
  using datagram_socket::datagram_socket;
  // Bound to a file or an abstract name. Throws: "bind to unix:/run/log: Address already in use".
  EDDY_API explicit unix_datagram(const address& at);
  // Without a name: it can send, and nobody can answer. Throws.
  EDDY_API static unix_datagram unnamed();
  // Two that are connected to each other. Throws.
  EDDY_API static std::pair<unix_datagram, unix_datagram> pair();

  // Whether `receive_all` tells who sent (SO_PASSCRED). Throws.
  EDDY_API void set_passes_credentials(bool on);

  // With up to 253 descriptors, of which the receiver gets its own; those here stay the caller's,
  // and open until this has ended. `to` none: where the socket is connected to.
  EDDY_API task<> send_fds(byte_view bytes, std::vector<int> fds, address to = {});

  // What came, and with what.
  struct received : datagram {
    std::vector<owned_descriptor> fds;  // those that came with it
    bool fds_lost = false;              // more came than this process could have
    std::optional<credentials> sender;  // see set_passes_credentials
  };
  // The next datagram, with all that came with it. (`receive` drops descriptors.)
  EDDY_API task<received> receive_all(std::span<char> to);
};

}  // namespace eddy
