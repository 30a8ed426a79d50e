#include "backend/uring.h"

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "base/memory.h"
#include "base/sys.h"

namespace eddy {
namespace {

// user_data of what is not an operation; handles are larger.
constexpr std::uint64_t of_nobody = 0;
constexpr std::uint64_t of_epoll = 1;

// Small, for those whose locked memory is limited; the userland queue takes what does not fit.
constexpr unsigned ring_entries = 64;
constexpr unsigned completion_entries = 256;

// Linux 6.15; not in the headers of Debian 12.
constexpr int op_epoll_wait = 59;

// Best first: completions run when the loop asks for them instead of interrupting it, and the
// kernel need not guard the ring against other threads (6.1); without the interrupts alone (5.19);
// plain.
constexpr unsigned flag_choices[] = {
    IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP | IORING_SETUP_SINGLE_ISSUER |
        IORING_SETUP_DEFER_TASKRUN,
    IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP | IORING_SETUP_COOP_TASKRUN,
    IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP,
};

std::atomic<unsigned> forks_seen{0};

// The child has none of the ring's memory (MADV_DONTFORK): touching it would be the end of it.
void count_forks() {
  static std::atomic<bool> registered{false};
  if (registered.exchange(true)) return;
  ::pthread_atfork(nullptr, nullptr, [] { forks_seen.fetch_add(1, std::memory_order_relaxed); });
}

int this_thread() { return static_cast<int>(::syscall(SYS_gettid)); }

}  // namespace

uring_backend::~uring_backend() {
  close_ring();
  memory::destroy(epoll_);
}

bool uring_backend::forked() const {
  return ring_open_ && fork_count_ != forks_seen.load(std::memory_order_relaxed);
}

bool uring_backend::ring_of_another_thread() const {
  return (ring_.flags & IORING_SETUP_SINGLE_ISSUER) != 0 && thread_ != this_thread();
}

int uring_backend::open_ring() {
  if (!sys::allowed(sys::call::uring_setup, -1)) return errno;
  count_forks();
  int result = -EINVAL;
  for (const unsigned flags : flag_choices) {
    io_uring_params params{};
    params.flags = flags;
    params.cq_entries = completion_entries;
    result = ::io_uring_queue_init_params(ring_entries, &ring_, &params);
    if (result != -EINVAL) break;
  }
  if (result < 0) return -result;
  ::io_uring_ring_dontfork(&ring_);
  fork_count_ = forks_seen.load(std::memory_order_relaxed);
  thread_ = this_thread();
  if (io_uring_probe* probe = ::io_uring_get_probe_ring(&ring_)) {
    has_epoll_wait_ = ::io_uring_opcode_supported(probe, op_epoll_wait);
    ::io_uring_free_probe(probe);
  }
  ring_open_ = true;
  return 0;
}

// Whatever is in flight is stopped by the kernel before the memory that it names may go.
void uring_backend::close_ring() {
  if (!ring_open_) return;
  if (forked()) {
    ::close(ring_.ring_fd);
  } else {
    operations_.for_each([this](operation* op) { cancel(op); });
    fired_list last;
    for (int turns = 0; operations_.size() != 0 && turns < 1000; ++turns) {
      if (enter(1'000'000) != 0) break;
      (void)reap(last);
    }
    ::io_uring_queue_exit(&ring_);
  }
  ring_open_ = false;
  epoll_request_ = epoll_request::none;
  cancels_waiting_ = 0;
}

// All operations end with `result`, without the kernel.
void uring_backend::end_all(std::int64_t result) {
  while (backlog_.pop() != nullptr) {
  }
  operations_.for_each([&](operation* op) {
    op->result = result;
    finished_.push(op);
  });
  operations_.clear();
}

int uring_backend::after_fork() {
  if (const int error = epoll_->after_fork()) return error;
  if (!forked()) {
    // Not a child: the loop wants a new epoll set, and the old one may stand in the ring.
    if (ring_open_ && epoll_request_ != epoll_request::none) {
      if (io_uring_sqe* sqe = next_sqe()) {
        ::io_uring_prep_cancel64(sqe, of_epoll, 0);
        ::io_uring_sqe_set_data64(sqe, of_nobody);
      }
    }
    return 0;
  }
  close_ring();
  end_all(-ECANCELED);
  return 0;
}

int uring_backend::submit(operation* op) {
  if (forked()) return EOWNERDEAD;
  if (!ring_open_) {
    if (const int error = open_ring()) return error;
  }
  op->handle = operations_.add(op);
  if (op->handle == 0) return ENOMEM;
  if (!backlog_.empty() || !prepare(op)) backlog_.push(op);
  return 0;
}

// A free entry; when there is none, what stands in the queue is given to the kernel first.
io_uring_sqe* uring_backend::next_sqe() {
  io_uring_sqe* sqe = ::io_uring_get_sqe(&ring_);
  if (sqe != nullptr || ring_of_another_thread()) return sqe;
  if (!sys::allowed(sys::call::uring_enter, ring_.ring_fd)) return nullptr;
  (void)::io_uring_submit(&ring_);  // EBUSY, EAGAIN: the next wait reaps, then there is room
  return ::io_uring_get_sqe(&ring_);
}

bool uring_backend::prepare(operation* op) {
  io_uring_sqe* sqe = next_sqe();
  if (sqe == nullptr) return false;
  fill(sqe, op);
  ::io_uring_sqe_set_data64(sqe, op->handle);
  return true;
}

void uring_backend::fill(io_uring_sqe* sqe, operation* op) {
  const auto size = static_cast<unsigned>(op->size > 0x7ffff000 ? 0x7ffff000 : op->size);
  const auto offset = static_cast<std::uint64_t>(op->offset);
  switch (op->what) {
    case verb::accept:
      ::io_uring_prep_accept(sqe, op->fd, static_cast<sockaddr*>(op->data), op->address_size,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
      break;
    case verb::connect:
      ::io_uring_prep_connect(sqe, op->fd, static_cast<sockaddr*>(op->data),
                              static_cast<socklen_t>(op->size));
      break;
    case verb::recv:
      ::io_uring_prep_recv(sqe, op->fd, op->data, size, op->verb_flags);
      break;
    case verb::send:
      ::io_uring_prep_send(sqe, op->fd, op->data, size, op->verb_flags | MSG_NOSIGNAL);
      break;
    case verb::read:
      ::io_uring_prep_read(sqe, op->fd, op->data, size, offset);
      break;
    case verb::write:
      ::io_uring_prep_write(sqe, op->fd, op->data, size, offset);
      break;
    case verb::poll: {
      unsigned mask = 0;
      if (op->verb_flags & watch_read) mask |= POLLIN;
      if (op->verb_flags & watch_write) mask |= POLLOUT;
      ::io_uring_prep_poll_add(sqe, op->fd, mask);
      break;
    }
    case verb::timeout:
      op->kernel_time = {op->deadline / 1'000'000'000, op->deadline % 1'000'000'000};
      static_assert(sizeof op->kernel_time == sizeof(__kernel_timespec));
      ::io_uring_prep_timeout(sqe, reinterpret_cast<__kernel_timespec*>(&op->kernel_time), 0,
                              IORING_TIMEOUT_ABS);
      break;
  }
}

void uring_backend::submit_backlog() {
  while (operation* op = backlog_.front()) {
    if (!prepare(op)) return;
    (void)backlog_.pop();
  }
}

// By its number, never by its descriptor: that may be closed and used by others already. The answer
// of the request itself says nothing that the operation's own completion does not say.
void uring_backend::cancel(operation* op) {
  if (operations_.find(op->handle) != op || forked()) return;
  if (backlog_.remove(op)) {
    operations_.remove(op->handle);
    op->result = -ECANCELED;
    finished_.push(op);
    return;
  }
  io_uring_sqe* sqe = next_sqe();
  if (sqe == nullptr) {
    ++cancels_waiting_;  // found again by its state, at the next wait
    return;
  }
  ::io_uring_prep_cancel64(sqe, op->handle, 0);
  ::io_uring_sqe_set_data64(sqe, of_nobody);
}

}  // namespace eddy
