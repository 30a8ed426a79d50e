// Operations on a loop: the verbs, started and stopped.
//
// On a completion backend the kernel performs them; on the others, and where the kernel's way would
// break a promise, the readiness adapter does (adapter.h). The results are the same. All functions
// are for the loop's own thread.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>

#include "backend/operation.h"
#include "loop/loop.h"

namespace eddy::engine {

// Fill in what `op` is to do. The callback (`on_self`, `argument`, `priority`) is the caller's.
//
// The new connection, non-blocking and close-on-exec. `address` may be null; else `*size` is its
// room on the way in and its length on the way out. On readiness backends the listener becomes
// non-blocking.
void prepare_accept(operation& op, int listener, sockaddr* address, socklen_t* size);
// 0 when connected. On readiness backends the socket becomes non-blocking.
void prepare_connect(operation& op, int socket, const sockaddr* address, socklen_t size);
// How many bytes came; 0 = end of stream (or `size` 0).
void prepare_recv(operation& op, int socket, void* data, std::size_t size, int flags);
// How many bytes the kernel took, which may be fewer than `size`. Never raises SIGPIPE.
void prepare_send(operation& op, int socket, const void* data, std::size_t size, int flags);
// The same with all that recvmsg(2) and sendmsg(2) take and give: the message, and everything that
// it names, must stay until the end.
void prepare_recvmsg(operation& op, int socket, msghdr* message, int flags);
void prepare_sendmsg(operation& op, int socket, const msghdr* message, int flags);
// As recv and send for any descriptor. `offset` for files: where; -1 = the current position, for
// the rest.
void prepare_read(operation& op, int fd, void* data, std::size_t size, std::int64_t offset);
void prepare_write(operation& op, int fd, const void* data, std::size_t size, std::int64_t offset);
// One of the verbs of files; see operation.h for what counts.
void prepare_on_file(operation& op, verb what, int fd, const void* path, int flags,
                     std::size_t size, std::int64_t offset, void* second);
// Which of `wanted` (watch_read, watch_write) is ready.
void prepare_poll(operation& op, int fd, interest wanted);
// 0 at `deadline`, in ns of the loop's clock; never before.
void prepare_timeout(operation& op, std::int64_t deadline);

// Starts `op`, which must be idle (is_idle; another is left alone, with a message). Several at a
// time on one descriptor in one direction are allowed, but it is not promised which of them gets
// the next bytes: Linux wakes the last one first.
//
// Its callback runs once, from the loop, never from in here, with
// `result`: what is said above, or minus an errno. In a child after fork, before the loop was told
// (after_fork), it ends with -EOWNERDEAD.
void submit(loop& on, operation& op);

// Asks `op` to stop: it ends with -ECANCELED, or with what it had done by then. Nothing for one
// that is not in flight.
void cancel(loop& on, operation& op);
// The same for all; the loop then has to run until `operations_in_flight` is 0.
void cancel_all(loop& on);

}  // namespace eddy::engine
