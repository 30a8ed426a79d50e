// Waiting in an epoll set, in nanoseconds.
#pragma once

#include <cstdint>

struct epoll_event;

namespace eddy::engine::sys {

// `timeout` in ns, negative = without end. Where the kernel knows milliseconds only, it is rounded
// up.
int epoll_wait(int epoll, epoll_event* events, int capacity, std::int64_t timeout);
// False for what is always ready, and so cannot be in a set: regular files, /dev/null.
bool can_be_watched(int fd);

}  // namespace eddy::engine::sys
