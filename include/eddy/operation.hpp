// eddy/operation.hpp - what the kernel is asked to do for a coroutine: the awaitables under eddy's
// verbs, over plain descriptors.
//
// For whoever writes a verb; the verbs themselves (eddy/tcp.hpp and so on) say what they are for.
// An awaitable *is* its operation: it lies in the frame that awaits it, with what the engine needs,
// and nothing is allocated. It may be moved until it has begun. Memory, addresses and the
// descriptor that it names must stay until it has ended, which it does exactly once, also when it
// is cancelled.
#pragma once

#include <eddy/context.hpp>
#include <eddy/sockets.hpp>

#include <cstddef>
#include <cstdint>

namespace eddy {

namespace detail {

// What is asked for. Which fields count is said at `verb`.
enum class verb : unsigned char {
  accept,   // fd; address (may be null) and address_size, in and out: a new descriptor
  connect,  // fd; address, size: 0
  recv,     // fd; data, size, flags (MSG_*): bytes, 0 = end of stream
  send,     // fd; data, size, flags: bytes, at least one
  recvmsg,  // fd; data: a msghdr, flags: bytes
  sendmsg,  // the same
  read,     // fd; data, size, offset (-1: the current position): bytes, 0 = the end
  write,    // the same: bytes
  poll,     // fd; flags, of poll_in and poll_out: those that are ready
  timeout,  // (the engine's)
  // Of files; fd: the directory that a path is relative to.
  openat,     // fd, data: the path, flags, size: the mode: a descriptor
  close,      // fd
  fsync,      // fd; flags: 1, if the data alone matter
  statx,      // fd, data: the path, flags, size: the mask, second: the answer
  renameat,   // fd, data: the old path, second: the new one, flags
  unlinkat,   // fd, data: the path, flags
  mkdirat,    // fd, data: the path, size: the mode
  fallocate,  // fd, flags, offset, size
};
inline constexpr int poll_in = 0x02;
inline constexpr int poll_out = 0x04;

struct request {
  verb what = verb::poll;
  int fd = -1;
  int flags = 0;
  void* data = nullptr;
  std::size_t size = 0;
  socklen_t* address_size = nullptr;
  std::int64_t offset = -1;
  void* second = nullptr;
};

// Room for the engine's operation.
inline constexpr std::size_t operation_size = 280;

class kernel_operation : public waiting {
 public:
  // `tried` as in `error`.
  kernel_operation(const request& r, const char* tried) noexcept
      : waiting(&stop), tried_(tried), fd_(r.fd), request_(r) {}
  kernel_operation(const kernel_operation& other) noexcept
      : kernel_operation(other.request_, other.tried_) {}
  ~kernel_operation() {
    if (in_flight_) [[unlikely]]
      die();
  }

  // False when it has ended at once: there was a cancellation already.
  EDDY_API bool begin(const awaiting& a) noexcept;
  // What came of it: a number as the verb says, or minus an errno.
  std::int64_t outcome() const noexcept { return outcome_; }
  // Where that is negative.
  eddy::error failure_of_kernel() const noexcept {
    return error::of_errno(static_cast<int>(-outcome_), tried_, fd_);
  }
  int fd() const noexcept { return fd_; }

 protected:
  // Before it begins, for who could not tell earlier where that would be.
  void set_data(void* data) noexcept { request_.data = data; }

 private:
  friend struct engine_access;
  EDDY_API static void stop(stoppable& s) noexcept;
  // Its memory would be the kernel's still.
  [[noreturn]] EDDY_API void die() const noexcept;

  const char* tried_;
  std::int64_t outcome_ = 0;
  int fd_;
  bool in_flight_ = false;
  union {
    request request_;  // until it begins
    alignas(8) unsigned char engine_[operation_size];
  };
};

}  // namespace detail

// Gives the kernel's number as a T.
template <class T>
class [[nodiscard("an operation does nothing until it is awaited")]] basic_operation
    : public awaitable<basic_operation<T>>,
      public detail::kernel_operation {
 public:
  using kernel_operation::kernel_operation;

  result<T> await_result() const {
    if (outcome() < 0) [[unlikely]]
      return failure_of_kernel();
    if constexpr (std::is_void_v<T>)
      return {};
    else
      return static_cast<T>(outcome());
  }
};

// Plain descriptors, as the system calls of the same names, but never blocking the thread and never
// raising SIGPIPE. The descriptor stays the caller's. A short count is a success.
inline basic_operation<std::size_t> read_fd(int fd, void* data, std::size_t size,
                                            std::int64_t offset = -1) noexcept {
  return {{detail::verb::read, fd, 0, data, size, nullptr, offset}, "read from"};
}
inline basic_operation<std::size_t> write_fd(int fd, const void* data, std::size_t size,
                                             std::int64_t offset = -1) noexcept {
  return {{detail::verb::write, fd, 0, const_cast<void*>(data), size, nullptr, offset}, "write to"};
}
inline basic_operation<std::size_t> recv_fd(int fd, void* data, std::size_t size,
                                            int flags = 0) noexcept {
  return {{detail::verb::recv, fd, flags, data, size, nullptr, -1}, "receive from"};
}
inline basic_operation<std::size_t> send_fd(int fd, const void* data, std::size_t size,
                                            int flags = 0) noexcept {
  return {{detail::verb::send, fd, flags, const_cast<void*>(data), size, nullptr, -1}, "send to"};
}
// A descriptor that is the caller's: non-blocking, close-on-exec. It is a number: where it is
// dropped, as by a when_any that another won, it stays open; listeners give what closes itself.
inline basic_operation<int> accept_fd(int listener, sockaddr* address = nullptr,
                                      socklen_t* size = nullptr) noexcept {
  return {{detail::verb::accept, listener, 0, address, 0, size, -1}, "accept on"};
}
// Until it is connected.
inline basic_operation<void> connect_fd(int fd, const sockaddr* address, socklen_t size) noexcept {
  return {{detail::verb::connect, fd, 0, const_cast<sockaddr*>(address),
           static_cast<std::size_t>(size), nullptr, -1},
          "connect"};
}
// Until it can be read from, or has ended.
inline basic_operation<void> readable(int fd) noexcept {
  return {{detail::verb::poll, fd, detail::poll_in, nullptr, 0, nullptr, -1}, "wait to read from"};
}
// Until it can be written to, or has failed.
inline basic_operation<void> writable(int fd) noexcept {
  return {{detail::verb::poll, fd, detail::poll_out, nullptr, 0, nullptr, -1}, "wait to write to"};
}

}  // namespace eddy
