// kqueue: FreeBSD, OpenBSD, NetBSD, macOS (kqueue(2)).
#pragma once

#include <sys/types.h>
// After it, on some systems.
#include <sys/event.h>

#include <cstdint>

namespace eddy::engine::sys {

// Close-on-exec.
int kqueue_create();
// Makes changes and waits for nothing; `results` has room for all of them. How many were told of.
int kevent_change(int queue, const struct kevent* changes, int count, struct kevent* results);
// Makes changes, then waits; `timeout` in ns, negative = without end.
int kevent_wait(int queue, const struct kevent* changes, int count, struct kevent* events,
                int capacity, std::int64_t timeout);

}  // namespace eddy::engine::sys
