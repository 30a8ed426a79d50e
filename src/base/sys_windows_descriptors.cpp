// Descriptors that are sockets or files of the C library, and waiting for several sockets.
#include <cerrno>
#include <climits>

#include "base/sys_windows/errors.h"
#include "base/sys_windows/handles.h"
#include "base/sys_windows/socket_set.h"

namespace {

using namespace eddy::engine::sys;

// Of ours, for files; any other number is a socket's or one of the C library's.
bool is_of_handle(int fd) { return fd >= 0 && (fd & eddy::descriptor_bit) != 0; }

int set_inherited(int fd, bool inherited) {
  HANDLE object = handle_of_any(fd);
  if (object == INVALID_HANDLE_VALUE) return -1;
  if (::SetHandleInformation(object, HANDLE_FLAG_INHERIT, inherited ? HANDLE_FLAG_INHERIT : 0))
    return 0;
  errno = EBADF;
  return -1;
}

int inherited(int fd) {
  HANDLE object = handle_of_any(fd);
  DWORD flags = 0;
  if (object == INVALID_HANDLE_VALUE) return -1;
  if (::GetHandleInformation(object, &flags)) return flags & HANDLE_FLAG_INHERIT ? 0 : FD_CLOEXEC;
  errno = EBADF;
  return -1;
}

int set_blocking(int fd, bool blocks) {
  if (is_file(fd)) return 0;  // (files never wait)
  u_long value = blocks ? 0 : 1;
  if (::ioctlsocket(socket_of(fd), static_cast<long>(FIONBIO), &value) == 0) return 0;
  return winsock_failed();
}

int another_socket(SOCKET s) {
  WSAPROTOCOL_INFOW info;
  SOCKET made = INVALID_SOCKET;
  if (::WSADuplicateSocketW(s, ::GetCurrentProcessId(), &info) == 0)
    made = ::WSASocketW(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &info, 0,
                        WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
  return descriptor_of_socket(made);
}

// Another descriptor for the same thing, not inherited.
int another_descriptor(int fd) {
  if (is_socket(fd)) return another_socket(socket_of(fd));
  HANDLE file = handle_of_file(fd), made = INVALID_HANDLE_VALUE, self = ::GetCurrentProcess();
  if (file == INVALID_HANDLE_VALUE) return -1;
  if (!::DuplicateHandle(self, file, self, &made, 0, FALSE, DUPLICATE_SAME_ACCESS))
    return windows_failed();
  return descriptor_of_file(made);
}

// What poll(2) is asked of them.
struct polled {
  socket_set readable, writable, failed;

  bool add(const pollfd& p) {
    const SOCKET s = socket_of(p.fd);
    if ((p.events & POLLIN) && !readable.add(s)) return false;
    // What cannot be connected is told among the failed ones only.
    return !(p.events & POLLOUT) || (writable.add(s) && failed.add(s));
  }
  bool is_empty() const { return readable.size() + writable.size() == 0; }
  // (Another entry may have asked for the same socket's other direction.)
  short events(const pollfd& p) const {
    const SOCKET s = socket_of(p.fd);
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

// Sockets have no numbers of their own: a connection is known by both its ends, so that copies of a
// socket are alike. 0: it has none.
std::uint64_t connection_of(int fd) {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  using name_of_end = int(int, sockaddr*, socklen_t*);
  for (name_of_end* name :
       {static_cast<name_of_end*>(::getsockname), static_cast<name_of_end*>(::getpeername)}) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (name(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
    const auto* bytes = reinterpret_cast<const unsigned char*>(&address);
    for (socklen_t i = 0; i < size; ++i) hash = (hash ^ bytes[i]) * 0x100000001b3;
  }
  return hash | 1;
}

}  // namespace

namespace eddy::engine::sys {

// A number that does not fit, which no Windows gives, would be another socket's.
int descriptor_of_socket(SOCKET made) {
  if (made == INVALID_SOCKET) return winsock_failed();
  if (made <= INT_MAX) return static_cast<int>(made);
  ::closesocket(made);
  errno = EMFILE;
  return -1;
}

bool is_socket(int fd) {
  if (fd < 0 || is_of_handle(fd)) return false;
  int type = 0, size = sizeof type;
  return ::getsockopt(socket_of(fd), SOL_SOCKET, SO_TYPE, reinterpret_cast<char*>(&type), &size) ==
         0;
}

// (-2: the C library has a standard descriptor, and nothing behind it.)
HANDLE handle_of_file(int fd) {
  if (is_of_handle(fd)) return handle_of_descriptor(fd);
  const std::intptr_t of_library = fd < 0 ? -1 : ::_get_osfhandle(fd);
  if (of_library != -1 && of_library != -2) return reinterpret_cast<HANDLE>(of_library);
  errno = EBADF;
  return INVALID_HANDLE_VALUE;
}

HANDLE handle_of_any(int fd) {
  return is_socket(fd) ? reinterpret_cast<HANDLE>(socket_of(fd)) : handle_of_file(fd);
}

bool is_file(int fd) {
  DWORD unused = 0;
  HANDLE file = is_socket(fd) ? INVALID_HANDLE_VALUE : handle_of_file(fd);
  return file != INVALID_HANDLE_VALUE && ::GetHandleInformation(file, &unused);
}

}  // namespace eddy::engine::sys

int close(int fd) {
  if (is_of_handle(fd)) return ::CloseHandle(eddy::handle_of_descriptor(fd)) ? 0 : windows_failed();
  if (const auto told = socket_closes.load(std::memory_order_acquire)) told(fd);
  if (::closesocket(socket_of(fd)) == 0) return 0;
  if (::WSAGetLastError() == WSAENOTSOCK && is_file(fd)) return ::_close(fd);
  errno = EBADF;
  return -1;
}

ssize_t read(int fd, void* data, std::size_t size) {
  if (!is_of_handle(fd)) {
    const ssize_t got = recv(fd, data, size, 0);
    if (got >= 0 || (errno != ENOTSOCK && errno != EBADF)) return got;
  }
  HANDLE file = handle_of_file(fd);
  return file == INVALID_HANDLE_VALUE ? -1 : read_file(file, data, size, nullptr);
}

ssize_t write(int fd, const void* data, std::size_t size) {
  if (!is_of_handle(fd)) {
    const ssize_t sent = send(fd, data, size, 0);
    if (sent >= 0 || (errno != ENOTSOCK && errno != EBADF)) return sent;
  }
  HANDLE file = handle_of_file(fd);
  return file == INVALID_HANDLE_VALUE ? -1 : write_file(file, data, size, nullptr);
}

ssize_t pread(int fd, void* data, std::size_t size, std::int64_t offset) {
  HANDLE file = handle_of_file(fd);
  return file == INVALID_HANDLE_VALUE ? -1 : read_file(file, data, size, &offset);
}

ssize_t pwrite(int fd, const void* data, std::size_t size, std::int64_t offset) {
  HANDLE file = handle_of_file(fd);
  return file == INVALID_HANDLE_VALUE ? -1 : write_file(file, data, size, &offset);
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
      return handle_of_any(fd) == INVALID_HANDLE_VALUE ? -1 : O_RDWR;
    case F_SETFL:
      return set_blocking(fd, (argument & O_NONBLOCK) == 0);
    case F_DUPFD_CLOEXEC:
      return another_descriptor(fd);
    default:
      errno = ENOSYS;
      return -1;
  }
}

int fstat(int fd, struct stat* about) {
  if (!is_socket(fd)) {
    HANDLE file = handle_of_file(fd);
    return file == INVALID_HANDLE_VALUE ? -1 : ask_about_file(file, about);
  }
  *about = {};
  about->st_mode = static_cast<unsigned short>(S_IFSOCK);
  const std::uint64_t which = connection_of(fd);
  about->st_dev = static_cast<unsigned>(which == 0 ? static_cast<unsigned>(fd) : which);
  about->st_ino = static_cast<unsigned short>(which >> 32);
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
