// What every system has, by POSIX's names; sys_linux.cpp and sys_windows.cpp have the rest.
#include "base/sys.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>

namespace eddy::engine::sys {
namespace {

std::atomic<interceptor*> installed{nullptr};

// False, with errno, when a test wants this call to fail; may shorten `length`.
inline bool may(call which, int fd, std::size_t& length) {
  interceptor* chosen = installed.load(std::memory_order_acquire);
  if (chosen == nullptr) [[likely]]
    return true;
  const int error = chosen->before(which, fd, length);
  if (error == 0) return true;
  errno = error;
  return false;
}

inline bool may(call which, int fd) {
  std::size_t unused = 0;
  return may(which, fd, unused);
}

}  // namespace

void set_interceptor(interceptor* chosen) { installed.store(chosen, std::memory_order_release); }

bool allowed(call which, int fd) { return may(which, fd); }
bool allowed(call which, int fd, std::size_t& length) { return may(which, fd, length); }

ssize_t read(int fd, void* data, std::size_t size) {
  return may(call::read, fd, size) ? ::read(fd, data, size) : -1;
}

ssize_t write(int fd, const void* data, std::size_t size) {
  return may(call::write, fd, size) ? ::write(fd, data, size) : -1;
}

ssize_t recv(int fd, void* data, std::size_t size, int flags) {
  return may(call::recv, fd, size) ? ::recv(fd, data, size, flags) : -1;
}

ssize_t send(int fd, const void* data, std::size_t size, int flags) {
  return may(call::send, fd, size) ? ::send(fd, data, size, flags | MSG_NOSIGNAL) : -1;
}

ssize_t recvmsg(int fd, msghdr* message, int flags) {
  return may(call::recv, fd) ? ::recvmsg(fd, message, flags) : -1;
}

ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  return may(call::send, fd) ? ::sendmsg(fd, message, flags | MSG_NOSIGNAL) : -1;
}

int accept(int fd, sockaddr* address, socklen_t* size) {
  return may(call::accept, fd) ? ::accept4(fd, address, size, SOCK_NONBLOCK | SOCK_CLOEXEC) : -1;
}

int connect(int fd, const sockaddr* address, socklen_t size) {
  return may(call::connect, fd) ? ::connect(fd, address, size) : -1;
}

int close(int fd) { return may(call::close, fd) ? ::close(fd) : -1; }

int poll(pollfd* fds, std::size_t count, int timeout_ms) {
  return may(call::poll, -1) ? ::poll(fds, count, timeout_ms) : -1;
}

int pipe(int ends[2]) { return may(call::pipe, -1) ? ::pipe2(ends, O_CLOEXEC | O_NONBLOCK) : -1; }

std::int64_t monotonic_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

const char* trusted_environment(const char* name) {
  return secure_mode() ? nullptr : std::getenv(name);
}

}  // namespace eddy::engine::sys
