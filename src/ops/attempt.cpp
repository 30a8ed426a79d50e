#include "ops/attempt.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

#include "base/sys.h"
#include "ops/file_attempt.h"

namespace eddy::engine {
namespace {

constexpr std::size_t most_bytes = 0x7ffff000;  // the kernel's own limit; see read(2)

std::int64_t outcome(ssize_t result) {
  if (result >= 0) return result;
  return errno == EAGAIN || errno == EWOULDBLOCK ? not_yet : -errno;
}

template <class Call>
ssize_t uninterrupted(Call call) {
  ssize_t result = 0;
  do result = call();
  while (result < 0 && errno == EINTR);
  return result;
}

// Readiness of the descriptor, in bits of poll(2); POLLNVAL for one that is not open.
int ready_now(int fd, int events) {
  pollfd one{fd, static_cast<short>(events), 0};
  if (uninterrupted([&] { return sys::poll(&one, 1, 0); }) < 0) return POLLERR;
  return one.revents;
}

// Reading from a pipe or terminal that is in blocking mode is only safe when it would not block.
bool may_block(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  return flags >= 0 && (flags & O_NONBLOCK) == 0;
}

bool is_file(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && (S_ISREG(status.st_mode) || S_ISBLK(status.st_mode));
}

std::int64_t attempt_read(const operation& op, std::size_t size) {
  if (op.offset >= 0)
    return outcome(uninterrupted([&] { return ::pread(op.fd, op.data, size, op.offset); }));
  if (may_block(op.fd) && !is_file(op.fd) && ready_now(op.fd, POLLIN) == 0) return not_yet;
  return outcome(uninterrupted([&] { return sys::read(op.fd, op.data, size); }));
}

std::int64_t attempt_write(const operation& op, std::size_t size) {
  if (op.offset >= 0)
    return outcome(uninterrupted([&] { return ::pwrite(op.fd, op.data, size, op.offset); }));
  if (may_block(op.fd) && !is_file(op.fd)) {
    if (ready_now(op.fd, POLLOUT) == 0) return not_yet;
    // Writable means that so much fits without blocking; see pipe(7).
    if (size > PIPE_BUF) size = PIPE_BUF;
  }
  const iovec piece{op.data, size};
  return outcome(uninterrupted([&] { return sys::write_without_signal(op.fd, &piece, 1); }));
}

std::int64_t attempt_connect(const operation& op, bool first) {
  if (first) {
    const auto* address = static_cast<const sockaddr*>(op.data);
    if (sys::connect(op.fd, address, static_cast<socklen_t>(op.size)) == 0) return 0;
    // After EINTR the attempt goes on by itself, as after EINPROGRESS. EAGAIN is final for AF_UNIX:
    // the listener's queue is full, and no event will tell.
    return errno == EINPROGRESS || errno == EINTR ? not_yet : -errno;
  }
  if (ready_now(op.fd, POLLOUT) == 0) return not_yet;
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(op.fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return -errno;
  return -error;
}

std::int64_t attempt_poll(const operation& op) {
  if (op.fd < 0) return -EBADF;  // poll(2) passes over it
  int events = 0;
  if (op.verb_flags & watch_read) events |= POLLIN;
  if (op.verb_flags & watch_write) events |= POLLOUT;
  const int seen = ready_now(op.fd, events);
  if (seen & POLLNVAL) return -EBADF;
  int ready = 0;
  if (seen & (POLLIN | POLLERR | POLLHUP)) ready |= watch_read;
  if (seen & (POLLOUT | POLLERR | POLLHUP)) ready |= watch_write;
  ready &= op.verb_flags;
  return ready != 0 ? ready : not_yet;
}

}  // namespace

int make_attemptable(const operation& op) {
  if (op.what != verb::accept && op.what != verb::connect) return 0;
  const int flags = ::fcntl(op.fd, F_GETFL);
  if (flags < 0) return errno;
  if (flags & O_NONBLOCK) return 0;
  return ::fcntl(op.fd, F_SETFL, flags | O_NONBLOCK) == 0 ? 0 : errno;
}

std::int64_t attempt(operation& op, bool first) {
  const std::size_t size = op.size > most_bytes ? most_bytes : op.size;
  switch (op.what) {
    case verb::accept:
      return outcome(uninterrupted(
          [&] { return sys::accept(op.fd, static_cast<sockaddr*>(op.data), op.address_size); }));
    case verb::connect:
      return attempt_connect(op, first);
    case verb::recv:
      return outcome(uninterrupted(
          [&] { return sys::recv(op.fd, op.data, size, op.verb_flags | MSG_DONTWAIT); }));
    case verb::send:
      return outcome(uninterrupted(
          [&] { return sys::send(op.fd, op.data, size, op.verb_flags | MSG_DONTWAIT); }));
    case verb::recvmsg:
      return outcome(uninterrupted([&] {
        return sys::recvmsg(op.fd, static_cast<msghdr*>(op.data), op.verb_flags | MSG_DONTWAIT);
      }));
    case verb::sendmsg:
      return outcome(uninterrupted([&] {
        return sys::sendmsg(op.fd, static_cast<msghdr*>(op.data), op.verb_flags | MSG_DONTWAIT);
      }));
    case verb::read:
      return attempt_read(op, size);
    case verb::write:
      return attempt_write(op, size);
    case verb::poll:
      return attempt_poll(op);
    case verb::timeout:
      return not_yet;
    default:
      return attempt_on_file(op);
  }
}

interest awaited_by(const operation& op) {
  switch (op.what) {
    case verb::accept:
    case verb::recv:
    case verb::recvmsg:
    case verb::read:
      return watch_read;
    case verb::poll:
      return static_cast<interest>(op.verb_flags & (watch_read | watch_write));
    default:
      return watch_write;
  }
}

}  // namespace eddy::engine
