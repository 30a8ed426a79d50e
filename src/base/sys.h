// The one seam through which system calls pass.
//
// Every wrapper returns what the system returns, with errno. A test can install an interceptor that
// sees each call before it is made: it may fail it with an errno of its choice, or shorten its
// length. Without one, the cost is a load and a branch that is never taken.
#pragma once

#include <poll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <ctime>

namespace eddy::engine::sys {

enum class call : std::uint8_t {
  read,
  write,
  readv,
  writev,
  recv,
  send,
  sendfile,
  accept,
  connect,
  close,
  poll,
  select,
  epoll_create,
  epoll_ctl,
  epoll_wait,
  kqueue_create,
  kevent_change,
  kevent_wait,
  port_create,
  port_associate,  // an event port's; whether a completion port's loop can watch a socket
  port_wait,       // an event port's, or a completion port's
  dev_poll_open,
  dev_poll_write,
  dev_poll_wait,
  eventfd,
  pipe,
  pidfd,
  socketpair,
  fcntl,
  sigaction,
  uring_setup,
  uring_enter,
  uring_register,
};

// Sees each call. Must be thread-safe when several threads make calls.
class interceptor {
 public:
  virtual ~interceptor() = default;
  // Returns 0 to let the call happen (with `length` possibly made smaller), or the errno to fail
  // with.
  virtual int before(call which, int fd, std::size_t& length) = 0;
};

// Installs an interceptor for the whole process, or none (null). For tests; the caller keeps it
// alive.
void set_interceptor(interceptor* chosen);

// For code that reaches the kernel through another library (liburing): true when the call may
// happen; otherwise errno is set.
bool allowed(call which, int fd);

ssize_t read(int fd, void* data, std::size_t size);
ssize_t write(int fd, const void* data, std::size_t size);
ssize_t recv(int fd, void* data, std::size_t size, int flags);
// Never raises SIGPIPE: MSG_NOSIGNAL is always set.
ssize_t send(int fd, const void* data, std::size_t size, int flags);
ssize_t recvmsg(int fd, msghdr* message, int flags);
ssize_t sendmsg(int fd, const msghdr* message, int flags);
int recvmmsg(int fd, mmsghdr* messages, unsigned count, int flags);
int sendmmsg(int fd, mmsghdr* messages, unsigned count, int flags);
// The same for a call that may be told to move less.
bool allowed(call which, int fd, std::size_t& length);
// writev(2) to anything, without SIGPIPE.
ssize_t write_without_signal(int fd, const iovec* pieces, int count);
// One piece or several, from and to any kind of descriptor; no SIGPIPE either.
ssize_t read_pieces(int fd, iovec* pieces, int count);
ssize_t write_pieces(int fd, iovec* pieces, int count);
// sendfile(2) from a place of `file`, which it leaves where it is; no SIGPIPE. EINVAL, ENOSYS: not
// between these two, or not on this system.
ssize_t send_file(int fd, int file, std::int64_t offset, std::size_t size);
// The new descriptor is non-blocking and close-on-exec.
int accept(int fd, sockaddr* address, socklen_t* size);
int connect(int fd, const sockaddr* address, socklen_t size);
// A socket for `family`'s streams, non-blocking and close-on-exec.
int stream_socket(int family);
int datagram_socket(int family);
// Not retried on EINTR: Linux has closed the descriptor by then.
int close(int fd);

int poll(pollfd* fds, std::size_t count, int timeout_ms);
int select(int count, fd_set* readable, fd_set* writable, fd_set* exceptional, timeval* timeout);

// An eventfd, non-blocking and close-on-exec; where there is none, -1 with ENOSYS.
int eventfd();
// Both ends non-blocking and close-on-exec.
int pipe(int ends[2]);

int get_fd_limit();

// What the system's monotonic clock says, in ns.
std::int64_t monotonic_now();

// True in a program that runs with more rights than its user (AT_SECURE): its environment is not
// to be trusted.
bool secure_mode();
// getenv, but null in secure mode.
const char* trusted_environment(const char* name);

// A callback is about to be told of the errno `error`: where sockets have errors of their own
// (Windows), that is the last one.
#if defined(_WIN32)
void tell_socket_error(int error);
#else
inline void tell_socket_error(int error) { (void)error; }
#endif

}  // namespace eddy::engine::sys
