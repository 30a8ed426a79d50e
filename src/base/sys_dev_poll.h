// /dev/poll: Solaris 7, illumos (poll(4D)).
#pragma once

#include <poll.h>

#include <cstddef>
#include <cstdint>

namespace eddy::engine::sys {

// Close-on-exec.
int dev_poll_open();
// 0 when all entries were taken, else -1.
int dev_poll_write(int device, const pollfd* entries, std::size_t count);
// `timeout` in ns, rounded up to milliseconds; negative = without end.
int dev_poll_wait(int device, pollfd* entries, std::size_t capacity, std::int64_t timeout);

}  // namespace eddy::engine::sys
