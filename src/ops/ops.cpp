#include "ops/ops.h"

#include <sys/stat.h>

#include <cerrno>

#include "ops/adapter.h"

namespace eddy::engine {
namespace {

void prepare(operation& op, verb what, int fd) {
  op.what = what;
  op.fd = fd;
  op.data = nullptr;
  op.size = 0;
  op.verb_flags = 0;
  op.address_size = nullptr;
  op.offset = -1;
  op.result = 0;
}

void prepare_transfer(operation& op, verb what, int fd, const void* data, std::size_t size) {
  prepare(op, what, fd);
  op.data = const_cast<void*>(data);
  op.size = size;
}

// Whether the kernel may perform it. Its read of a non-blocking pipe does not wait, and its write
// to a pipe or a socket raises SIGPIPE: sockets are written with its send, everything else but
// files by the adapter, which keeps the signal away.
bool for_kernel(const loop& on, operation& op) {
  if (op.what == verb::timeout) return on.has_system_clock();
  if (op.what != verb::write && op.what != verb::read) return true;
  struct stat status {};
  if (::fstat(op.fd, &status) != 0) return true;  // EBADF comes from the operation
  if (S_ISSOCK(status.st_mode)) op.what = op.what == verb::read ? verb::recv : verb::send;
  return S_ISSOCK(status.st_mode) || S_ISREG(status.st_mode) || S_ISBLK(status.st_mode);
}

}  // namespace

void prepare_accept(operation& op, int listener, sockaddr* address, socklen_t* size) {
  prepare(op, verb::accept, listener);
  op.data = address;
  op.address_size = size;
}

void prepare_connect(operation& op, int socket, const sockaddr* address, socklen_t size) {
  prepare_transfer(op, verb::connect, socket, address, static_cast<std::size_t>(size));
}

void prepare_recv(operation& op, int socket, void* data, std::size_t size, int flags) {
  prepare_transfer(op, verb::recv, socket, data, size);
  op.verb_flags = flags;
}

void prepare_send(operation& op, int socket, const void* data, std::size_t size, int flags) {
  prepare_transfer(op, verb::send, socket, data, size);
  op.verb_flags = flags;
}

void prepare_recvmsg(operation& op, int socket, msghdr* message, int flags) {
  prepare_transfer(op, verb::recvmsg, socket, message, 0);
  op.verb_flags = flags;
}

void prepare_sendmsg(operation& op, int socket, const msghdr* message, int flags) {
  prepare_transfer(op, verb::sendmsg, socket, message, 0);
  op.verb_flags = flags;
}

void prepare_read(operation& op, int fd, void* data, std::size_t size, std::int64_t offset) {
  prepare_transfer(op, verb::read, fd, data, size);
  op.offset = offset;
}

void prepare_write(operation& op, int fd, const void* data, std::size_t size, std::int64_t offset) {
  prepare_transfer(op, verb::write, fd, data, size);
  op.offset = offset;
}

void prepare_on_file(operation& op, verb what, int fd, const void* path, int flags,
                     std::size_t size, std::int64_t offset, void* second) {
  prepare_transfer(op, what, fd, path, size);
  op.verb_flags = flags;
  op.offset = offset;
  op.second = second;
}

void prepare_poll(operation& op, int fd, interest wanted) {
  prepare(op, verb::poll, fd);
  op.verb_flags = wanted;
}

void prepare_timeout(operation& op, std::int64_t deadline) {
  prepare(op, verb::timeout, -1);
  op.deadline = deadline;
}

void submit(loop& on, operation& op) {
  if (!on.operation_submitted(&op)) return;
  op.handle = 0;
  completion_backend* kernel = on.completions();
  if (kernel != nullptr && for_kernel(on, op)) {
    const int error = kernel->submit(&op);
    if (error == 0) return;
    op.handle = 0;
    if (error == EOWNERDEAD) {
      op.result = -EOWNERDEAD;
      on.complete(&op);
      return;
    }
    // No ring to be had (descriptors, memory, a filter set since): as on a readiness backend.
    if (error != ENOMEM) on.completions_refused(error);
  }
  adapter::start(on, op);
}

void cancel(loop& on, operation& op) {
  if (op.state != progress::in_flight) return;
  op.state = progress::cancelling;
  if (op.handle != 0 && on.completions() != nullptr)
    on.completions()->cancel(&op);
  else
    adapter::cancel(on, op);
}

void cancel_all(loop& on) {
  on.for_each_operation([&](callback* c) { cancel(on, *static_cast<operation*>(c)); });
}

}  // namespace eddy::engine
