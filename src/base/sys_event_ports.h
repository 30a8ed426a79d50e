// Event ports: Solaris 10, illumos (port_create(3C)).
#pragma once

#include <poll.h>
#include <port.h>

#include <cstdint>

namespace eddy::engine::sys {

// Close-on-exec.
int port_create();
int port_associate_fd(int port, int fd, int events, void* user);
int port_dissociate_fd(int port, int fd);
// Waits for one event at least and takes at most `capacity`; `got` is how many there are, also
// where the answer is -1. `timeout` in ns, negative = without end.
int port_wait(int port, port_event_t* events, unsigned capacity, unsigned* got,
              std::int64_t timeout);

}  // namespace eddy::engine::sys
