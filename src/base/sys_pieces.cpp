// Reading into, and writing from, memory in pieces; sockets and other descriptors alike.
#include <sys/uio.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/sendfile.h>
#endif

#include <cerrno>
#include <csignal>

#include "base/sys.h"

namespace eddy::engine::sys {
namespace {

// What a test shortened a transfer to.
void cut(iovec* pieces, int& count, std::size_t size) {
  for (int i = 0; i < count; ++i) {
    if (pieces[i].iov_len >= size) {
      pieces[i].iov_len = size;
      count = i + 1;
      return;
    }
    size -= pieces[i].iov_len;
  }
}

bool may_move(call which, int fd, iovec* pieces, int& count) {
  std::size_t size = 0;
  for (int i = 0; i < count; ++i) size += pieces[i].iov_len;
  const std::size_t wanted = size;
  if (!allowed(which, fd, size)) return false;
  if (size < wanted) cut(pieces, count, size);
  return true;
}

// Whoever nobody reads from any more answers with SIGPIPE as well as EPIPE. The signal is held back
// for the call and taken away, unless one was waiting already.
template <class Call>
ssize_t without_signal(Call make) {
  sigset_t pipe_signal, waiting, before;
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  sigpending(&waiting);
  ::pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
  const ssize_t result = make();
  const int error = errno;
  if (result < 0 && error == EPIPE && !sigismember(&waiting, SIGPIPE)) {
    const timespec at_once{0, 0};
    (void)sigtimedwait(&pipe_signal, nullptr, &at_once);
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return result;
}

}  // namespace

ssize_t write_without_signal(int fd, const iovec* pieces, int count) {
  return without_signal([&] {
    return count == 1 ? sys::write(fd, pieces->iov_base, pieces->iov_len)
                      : ::writev(fd, pieces, count);
  });
}

ssize_t send_file(int fd, int file, std::int64_t offset, std::size_t size) {
  if (!allowed(call::sendfile, fd, size)) return -1;
#if defined(__linux__)
  return without_signal([&] {
    off_t from = offset;
    return ::sendfile(fd, file, &from, size);
  });
#else
  (void)file, (void)offset;
  errno = ENOSYS;
  return -1;
#endif
}

ssize_t read_pieces(int fd, iovec* pieces, int count) {
  if (!may_move(call::readv, fd, pieces, count)) return -1;
  return count == 1 ? ::read(fd, pieces[0].iov_base, pieces[0].iov_len)
                    : ::readv(fd, pieces, count);
}

ssize_t write_pieces(int fd, iovec* pieces, int count) {
  if (!may_move(call::writev, fd, pieces, count)) return -1;
  ssize_t sent = 0;
  if (count == 1) {
    sent = ::send(fd, pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL);
  } else {
    msghdr message{};
    message.msg_iov = pieces;
    message.msg_iovlen = static_cast<std::size_t>(count);
    sent = ::sendmsg(fd, &message, MSG_NOSIGNAL);
  }
  return sent < 0 && errno == ENOTSOCK ? write_without_signal(fd, pieces, count) : sent;
}

int stream_socket(int family) {
  return ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

int datagram_socket(int family) {
  return ::socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

}  // namespace eddy::engine::sys
