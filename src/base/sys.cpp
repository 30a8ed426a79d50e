#include "base/sys.h"

#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
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

int recvmmsg(int fd, mmsghdr* messages, unsigned count, int flags) {
  return may(call::recv, fd) ? ::recvmmsg(fd, messages, count, flags, nullptr) : -1;
}

int sendmmsg(int fd, mmsghdr* messages, unsigned count, int flags) {
  return may(call::send, fd) ? ::sendmmsg(fd, messages, count, flags | MSG_NOSIGNAL) : -1;
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

int select(int count, fd_set* readable, fd_set* writable, fd_set* exceptional, timeval* timeout) {
  return may(call::select, -1) ? ::select(count, readable, writable, exceptional, timeout) : -1;
}

int eventfd() { return may(call::eventfd, -1) ? ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : -1; }

int pipe(int ends[2]) { return may(call::pipe, -1) ? ::pipe2(ends, O_CLOEXEC | O_NONBLOCK) : -1; }

int get_fd_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > 1 << 20) return 1 << 20;
  return static_cast<int>(limit.rlim_cur);
}

std::int64_t monotonic_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

bool secure_mode() { return ::getauxval(AT_SECURE) != 0; }

const char* trusted_environment(const char* name) {
  return secure_mode() ? nullptr : std::getenv(name);
}

}  // namespace eddy::engine::sys
