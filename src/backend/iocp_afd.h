// Readiness on Windows: polls of the Ancillary Function Driver, on which Winsock stands. Microsoft
// documents neither the device nor its codes; wepoll, libuv, mio and Wine are what is known of it.
//
// A poll is one request for one socket, which ends with what is ready and brings a packet to the
// port: also when it could be answered at once. It can be cancelled, which brings a packet as well.
#pragma once

#include "backend/iocp_system.h"
#include "backend/poll_states.h"

namespace eddy::engine {

class afd_device final : public poll_kernel {
 public:
  // Opens the device; its packets will come to `port` with `key`. 0 or an errno.
  int open(const iocp_calls* calls, HANDLE port, ULONG_PTR key);
  ~afd_device();

  int check(int fd) override;
  poll_request* make_request() override;
  void drop_request(poll_request* r) override;
  int give_poll(poll_request* r) override;
  void cancel_poll(poll_request* r) override;

  // Of a packet with the key: whose it is, and what is ready.
  static poll_request* request_of(const OVERLAPPED_ENTRY& packet);
  static interest ready_of(const poll_request* r);

 private:
  const iocp_calls* calls_ = nullptr;
  HANDLE device_ = INVALID_HANDLE_VALUE;
};

}  // namespace eddy::engine
