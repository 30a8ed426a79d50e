// Waiting in an epoll set, in nanoseconds.
#pragma once

#include <cstdint>

struct epoll_event;

namespace eddy::engine::sys {

// `timeout` in ns, negative = without end. Where the kernel knows milliseconds only, it is rounded
// up.
int epoll_wait(int epoll, epoll_event* events, int capacity, std::int64_t timeout);

}  // namespace eddy::engine::sys
