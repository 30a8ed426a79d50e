// The seam on Windows: what sys.cpp leaves to the system. What Linux alone has fails with ENOSYS.
#include <cerrno>
#include <cstring>

#include "base/sys.h"
#include "base/sys_epoll.h"
#include "base/sys_fork.h"
#include "base/sys_watchable.h"
#include "base/sys_windows/errors.h"
#include "base/sys_windows/handles.h"

namespace eddy::engine::sys {
namespace {

int lacking() {
  errno = ENOSYS;
  return -1;
}

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

template <class Move>
int one_by_one(mmsghdr* messages, unsigned count, Move move) {
  unsigned done = 0;
  for (; done < count; ++done) {
    const ssize_t size = move(&messages[done].msg_hdr);
    if (size < 0) break;
    messages[done].msg_len = static_cast<unsigned>(size);
  }
  return done == 0 && count != 0 ? -1 : static_cast<int>(done);
}

}  // namespace

int recvmmsg(int fd, mmsghdr* messages, unsigned count, int flags) {
  if (!allowed(call::recv, fd)) return -1;
  return one_by_one(messages, count, [&](msghdr* m) { return ::recvmsg(fd, m, flags); });
}

int sendmmsg(int fd, mmsghdr* messages, unsigned count, int flags) {
  if (!allowed(call::send, fd)) return -1;
  return one_by_one(messages, count, [&](msghdr* m) { return ::sendmsg(fd, m, flags); });
}

// There is no SIGPIPE here.
ssize_t write_without_signal(int fd, const iovec* pieces, int count) {
  return count == 1 ? sys::write(fd, pieces->iov_base, pieces->iov_len)
                    : ::writev(fd, pieces, count);
}

ssize_t read_pieces(int fd, iovec* pieces, int count) {
  if (!may_move(call::readv, fd, pieces, count)) return -1;
  return count == 1 ? ::read(fd, pieces[0].iov_base, pieces[0].iov_len)
                    : ::readv(fd, pieces, count);
}

ssize_t write_pieces(int fd, iovec* pieces, int count) {
  if (!may_move(call::writev, fd, pieces, count)) return -1;
  return count == 1 ? ::write(fd, pieces[0].iov_base, pieces[0].iov_len)
                    : ::writev(fd, pieces, count);
}

ssize_t send_file(int fd, int, std::int64_t, std::size_t size) {
  return allowed(call::sendfile, fd, size) ? lacking() : -1;
}

int stream_socket(int family) {
  return ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

int datagram_socket(int family) {
  return ::socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

int select(int, fd_set* readable, fd_set* writable, fd_set* exceptional, timeval* timeout) {
  if (!allowed(call::select, -1)) return -1;
  const int ready = ::select(0, readable, writable, exceptional, timeout);
  return ready == SOCKET_ERROR ? winsock_failed() : ready;
}

int epoll_create() { return lacking(); }
int epoll_ctl(int, int, int, std::uint32_t, std::uint64_t) { return lacking(); }
int epoll_wait(int, epoll_event*, int, std::int64_t) { return lacking(); }
int eventfd() { return allowed(call::eventfd, -1) ? lacking() : -1; }

bool can_be_watched(int, unsigned mode) { return S_ISSOCK(mode); }

int refuse_to_watch(int fd) {
  if (is_socket(fd)) return 0;
  return is_file(fd) ? EPERM : EBADF;
}

// Memory is the only limit.
int get_fd_limit() { return 1 << 20; }

bool secure_mode() { return false; }

void tell_socket_error(int error) { ::WSASetLastError(winsock_of_errno(error)); }

std::uint64_t process_mark() { return 1; }  // there is no fork

}  // namespace eddy::engine::sys
