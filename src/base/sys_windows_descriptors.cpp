// Descriptors that are sockets or files of the C library, and waiting for several sockets.
#include <cerrno>
#include <climits>

#include "base/sys_windows/errors.h"
#include "base/sys_windows/socket_set.h"

namespace {

using eddy::engine::sys::socket_set;
using eddy::engine::sys::winsock_failed;

SOCKET handle(int fd) { return fd < 0 ? INVALID_SOCKET : static_cast<SOCKET>(fd); }

bool is_socket(int fd) {
  int type = 0, size = sizeof type;
  return ::getsockopt(handle(fd), SOL_SOCKET, SO_TYPE, reinterpret_cast<char*>(&type), &size) == 0;
}

bool is_file(int fd) { return fd >= 0 && ::_get_osfhandle(fd) != -1; }

HANDLE kernel_object(int fd) {
  if (is_socket(fd)) return reinterpret_cast<HANDLE>(handle(fd));
  const std::intptr_t of_file = fd < 0 ? -1 : ::_get_osfhandle(fd);
  if (of_file == -1) errno = EBADF;
  return of_file == -1 ? INVALID_HANDLE_VALUE : reinterpret_cast<HANDLE>(of_file);
}

int set_inherited(int fd, bool inherited) {
  HANDLE object = kernel_object(fd);
  if (object == INVALID_HANDLE_VALUE) return -1;
  if (::SetHandleInformation(object, HANDLE_FLAG_INHERIT, inherited ? HANDLE_FLAG_INHERIT : 0))
    return 0;
  errno = EBADF;
  return -1;
}

int inherited(int fd) {
  HANDLE object = kernel_object(fd);
  DWORD flags = 0;
  if (object == INVALID_HANDLE_VALUE) return -1;
  if (::GetHandleInformation(object, &flags)) return flags & HANDLE_FLAG_INHERIT ? 0 : FD_CLOEXEC;
  errno = EBADF;
  return -1;
}

int set_blocking(int fd, bool blocks) {
  u_long value = blocks ? 0 : 1;
  if (::ioctlsocket(handle(fd), static_cast<long>(FIONBIO), &value) == 0) return 0;
  if (::WSAGetLastError() == WSAENOTSOCK && is_file(fd)) return 0;  // (files never wait)
  return winsock_failed();
}

// Moves the file's position there and back.
template <class Move>
ssize_t at_place(int fd, std::int64_t offset, Move move) {
  const std::int64_t before = ::_telli64(fd);
  if (before < 0 || ::_lseeki64(fd, offset, SEEK_SET) < 0) return -1;
  const ssize_t moved = move();
  const int error = errno;
  (void)::_lseeki64(fd, before, SEEK_SET);
  errno = error;
  return moved;
}

unsigned clamped(std::size_t size) {
  return size > INT_MAX ? INT_MAX : static_cast<unsigned>(size);
}

// What poll(2) is asked of them.
struct polled {
  socket_set readable, writable, failed;

  bool add(const pollfd& p) {
    const SOCKET s = handle(p.fd);
    if ((p.events & POLLIN) && !readable.add(s)) return false;
    // What cannot be connected is told among the failed ones only.
    return !(p.events & POLLOUT) || (writable.add(s) && failed.add(s));
  }
  bool is_empty() const { return readable.size() + writable.size() == 0; }
  // (Another entry may have asked for the same socket's other direction.)
  short events(const pollfd& p) const {
    const SOCKET s = handle(p.fd);
    int seen = 0;
    if ((p.events & POLLIN) && readable.contains(s)) seen |= POLLIN;
    if ((p.events & POLLOUT) && writable.contains(s)) seen |= POLLOUT;
    if ((p.events & POLLOUT) && failed.contains(s)) seen |= POLLOUT | POLLERR;
    return static_cast<short>(seen);
  }
};

int count_ready(const pollfd* fds, std::size_t count) {
  int ready = 0;
  for (std::size_t i = 0; i < count; ++i) ready += fds[i].revents != 0;
  return ready;
}

// What is no socket fails the call for all: of those is told (of files, that they are ready), and
// the others are asked another time.
int tell_other_ones(pollfd* fds, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    if (fds[i].fd >= 0 && !is_socket(fds[i].fd))
      fds[i].revents =
          is_file(fds[i].fd) ? static_cast<short>(fds[i].events & (POLLIN | POLLOUT)) : POLLNVAL;
  return count_ready(fds, count);
}

}  // namespace

int close(int fd) {
  if (::closesocket(handle(fd)) == 0) return 0;
  if (::WSAGetLastError() == WSAENOTSOCK && is_file(fd)) return ::_close(fd);
  errno = EBADF;
  return -1;
}

ssize_t read(int fd, void* data, std::size_t size) {
  const ssize_t got = recv(fd, data, size, 0);
  if (got >= 0 || errno != ENOTSOCK) return got;
  if (is_file(fd)) return ::_read(fd, data, clamped(size));
  errno = EBADF;
  return -1;
}

ssize_t write(int fd, const void* data, std::size_t size) {
  const ssize_t sent = send(fd, data, size, 0);
  if (sent >= 0 || errno != ENOTSOCK) return sent;
  if (is_file(fd)) return ::_write(fd, data, clamped(size));
  errno = EBADF;
  return -1;
}

ssize_t pread(int fd, void* data, std::size_t size, std::int64_t offset) {
  return at_place(fd, offset, [&] { return ::_read(fd, data, clamped(size)); });
}

ssize_t pwrite(int fd, const void* data, std::size_t size, std::int64_t offset) {
  return at_place(fd, offset, [&] { return ::_write(fd, data, clamped(size)); });
}

int pipe(int ends[2]) { return pipe2(ends, 0); }

int pipe2(int ends[2], int flags) {
  const int blocking = flags & O_NONBLOCK ? SOCK_NONBLOCK : 0;
  const int kept = flags & O_CLOEXEC ? SOCK_CLOEXEC : 0;
  return socketpair(AF_INET, SOCK_STREAM | blocking | kept, 0, ends);
}

int fcntl(int fd, int command, int argument) {
  switch (command) {
    case F_GETFD:
      return inherited(fd);
    case F_SETFD:
      return set_inherited(fd, (argument & FD_CLOEXEC) == 0);
    case F_GETFL:
      return kernel_object(fd) == INVALID_HANDLE_VALUE ? -1 : O_RDWR;
    case F_SETFL:
      return set_blocking(fd, (argument & O_NONBLOCK) == 0);
    default:
      errno = ENOSYS;
      return -1;
  }
}

int fstat(int fd, struct stat* about) {
  if (!is_socket(fd)) {
    if (is_file(fd)) return ::_fstat64(fd, about);
    errno = EBADF;
    return -1;
  }
  *about = {};
  about->st_mode = static_cast<unsigned short>(S_IFSOCK);
  about->st_dev = static_cast<unsigned>(fd);  // (so that two sockets differ)
  return 0;
}

int poll(pollfd* fds, std::size_t count, int timeout_ms) {
  polled all;
  for (std::size_t i = 0; i < count; ++i) {
    fds[i].revents = 0;
    if (fds[i].fd >= 0 && !all.add(fds[i])) {
      errno = ENOMEM;
      return -1;
    }
  }
  if (all.is_empty()) {
    if (const int others = tell_other_ones(fds, count)) return others;
    ::Sleep(timeout_ms < 0 ? INFINITE : static_cast<DWORD>(timeout_ms));
    return 0;
  }
  timeval time{timeout_ms / 1000, timeout_ms % 1000 * 1000};
  const int ready = ::select(0, all.readable.get(), all.writable.get(), all.failed.get(),
                             timeout_ms < 0 ? nullptr : &time);
  if (ready == SOCKET_ERROR) {
    if (::WSAGetLastError() != WSAENOTSOCK) return winsock_failed();
    return tell_other_ones(fds, count);
  }
  if (ready == 0) return 0;
  for (std::size_t i = 0; i < count; ++i)
    if (fds[i].fd >= 0) fds[i].revents = all.events(fds[i]);
  return count_ready(fds, count);
}
