// epoll (Linux; epoll(7)), with a wait in nanoseconds.
#pragma once

#include <cstdint>

struct epoll_event;

namespace eddy::engine::sys {

int epoll_create();
int epoll_ctl(int epoll, int operation, int fd, std::uint32_t events, std::uint64_t data);
// `timeout` in ns, negative = without end. Where the kernel knows milliseconds only, it is rounded
// up.
int epoll_wait(int epoll, epoll_event* events, int capacity, std::int64_t timeout);

}  // namespace eddy::engine::sys
