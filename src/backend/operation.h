// An operation: a verb as data, for the kernel or for the readiness adapter to perform.
//
// The caller owns it and everything that it names, from `submit` (src/ops/ops.h) until it has
// completed: memory, addresses and the descriptor. Nothing is allocated per operation. When it
// completes, the loop calls `on_self(op, argument)` in the turn's dispatch; by then it is idle
// again and may be submitted again, freed, or anything else. Exactly one call per submit.
#pragma once

#include <sys/socket.h>

#include <cstdint>

#include "base/callback.h"
#include "base/watcher.h"

namespace eddy::engine {

enum class verb : std::uint8_t {
  accept,
  connect,
  recv,
  send,
  recvmsg,
  sendmsg,
  read,
  write,
  poll,
  timeout,
  // Of files, which may take as long as a disk: on readiness backends they keep the loop waiting.
  openat,
  close,
  fsync,
  statx,
  renameat,
  unlinkat,
  mkdirat,
  fallocate
};
constexpr int verb_count = 18;
constexpr bool is_of_files(verb v) { return v >= verb::openat; }

enum class progress : std::uint8_t {
  idle,        // with its owner
  in_flight,   // with the kernel or the adapter
  cancelling,  // the same, and asked to stop
};

// As struct __kernel_timespec.
struct time_of_kernel {
  std::int64_t seconds;
  long long nanoseconds;
};

struct operation : callback {
  verb what = verb::poll;
  progress state = progress::idle;
  int fd = -1;

  // recv, send, read, write: the memory. recvmsg, sendmsg: the msghdr. connect: the address.
  // accept: where the peer's address goes (may be null). openat, statx, unlinkat, mkdirat: the
  // path; renameat: the old one.
  void* data = nullptr;
  std::size_t size = 0;
  // recv, send, ...: MSG_*; poll: watch_read | watch_write; of files: O_*, AT_*, RENAME_*,
  // FALLOC_*; fsync: whether the data alone matter.
  int verb_flags = 0;
  union {
    socklen_t* address_size = nullptr;  // accept: in and out
    void* second;                       // statx: where it goes; renameat: the new path
  };
  // read, write: where in the file; -1 = its current position. fallocate: from where.
  std::int64_t offset = -1;
  std::int64_t deadline = 0;  // timeout: ns of the loop's clock

  // What happened: a count, a descriptor (accept: non-blocking, close-on-exec), the ready interest
  // (poll), 0 (connect, timeout), or minus an errno.
  std::int64_t result = 0;

  // With its owner: neither in flight nor completed with the callback yet to run.
  bool is_idle() const {
    return state == progress::idle && !(flags & (in_active | in_active_later));
  }

  // For whoever performs it.
  std::uint64_t handle = 0;           // what the kernel knows it by
  operation* next_waiting = nullptr;  // in a queue of operations
  watcher waiting;                    // of the readiness adapter
  union {
    time_of_kernel kernel_time{0, 0};
    void* packet;  // what it is known by to a completion port
  };
};

// Operations in a row, first in first out; linked by next_waiting.
class operation_queue {
 public:
  bool empty() const { return first_ == nullptr; }
  operation* front() const { return first_; }

  void push(operation* op) {
    op->next_waiting = nullptr;
    (first_ == nullptr ? first_ : last_->next_waiting) = op;
    last_ = op;
  }

  void push_front(operation* op) {
    op->next_waiting = first_;
    if (first_ == nullptr) last_ = op;
    first_ = op;
  }

  operation* pop() {
    operation* op = first_;
    if (op != nullptr) first_ = op->next_waiting;
    return op;
  }

  // False when it is not in the queue. O(n).
  bool remove(operation* op) {
    operation* before = nullptr;
    for (operation* at = first_; at != nullptr; before = at, at = at->next_waiting) {
      if (at != op) continue;
      (before == nullptr ? first_ : before->next_waiting) = op->next_waiting;
      if (last_ == op) last_ = before;
      return true;
    }
    return false;
  }

 private:
  operation* first_ = nullptr;
  operation* last_ = nullptr;
};

}  // namespace eddy::engine
