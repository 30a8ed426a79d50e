// Waiting in the ring, and what comes out of it.
#include <cerrno>

#include "backend/uring.h"
#include "base/sys.h"

namespace eddy {
namespace {

constexpr std::uint64_t of_epoll = 1;
constexpr std::uint8_t op_epoll_wait = 59;  // IORING_OP_EPOLL_WAIT, Linux 6.15

// What the kernel says, as every backend says it.
std::int64_t result_of(const operation* op, int result) {
  if (op->what == verb::timeout) return result == -ETIME ? 0 : result;
  if (op->what != verb::poll || result < 0) return result;
  std::int64_t ready = 0;
  if (result & (POLLIN | POLLERR | POLLHUP)) ready |= watch_read;
  if (result & (POLLOUT | POLLERR | POLLHUP)) ready |= watch_write;
  return ready & op->verb_flags;
}

}  // namespace

int uring_backend::wait(std::int64_t timeout, fired_list& fired_now) {
  while (operation* op = finished_.pop()) {
    fired_now.completed.push(op);
    timeout = 0;
  }
  if (!ring_open_ || forked()) return epoll_->wait(timeout, fired_now);
  if (ring_of_another_thread()) {
    // The kernel takes requests of the thread only that made the ring. What was in flight ends.
    close_ring();
    end_all(-ECANCELED);
    return wait(0, fired_now);
  }
  // A request in the ring would take events away from the epoll set's own wait.
  if (operations_.size() == 0 && epoll_request_ == epoll_request::none)
    return epoll_->wait(timeout, fired_now);
  if (cancels_waiting_ != 0) {
    cancels_waiting_ = 0;
    operations_.for_each([this](operation* op) {
      if (op->state == progress::cancelling) cancel(op);
    });
  }
  submit_backlog();
  watch_epoll();
  if (const int error = enter(timeout)) return error;
  return reap(fired_now);
}

void uring_backend::watch_epoll() {
  if (epoll_request_ != epoll_request::none) return;
  io_uring_sqe* sqe = next_sqe();
  if (sqe == nullptr) return;
  if (has_epoll_wait_) {
    ::io_uring_prep_rw(op_epoll_wait, sqe, epoll_->descriptor(), epoll_events_,
                       sizeof epoll_events_ / sizeof epoll_events_[0], 0);
    epoll_request_ = epoll_request::epoll_wait;
  } else {
    ::io_uring_prep_poll_add(sqe, epoll_->descriptor(), POLLIN);
    epoll_request_ = epoll_request::poll;
  }
  ::io_uring_sqe_set_data64(sqe, of_epoll);
}

// Hands over what was prepared and waits, in one system call. 0, or an errno.
int uring_backend::enter(std::int64_t timeout) {
  if (!sys::allowed(sys::call::uring_enter, ring_.ring_fd)) return errno;
  __kernel_timespec limit{timeout / 1'000'000'000, timeout % 1'000'000'000};
  io_uring_cqe* first = nullptr;
  const int result = ::io_uring_submit_and_wait_timeout(&ring_, &first, 1,
                                                        timeout < 0 ? nullptr : &limit, nullptr);
  // EBUSY: completions must be reaped before more can be submitted, which is what comes next.
  if (result >= 0 || result == -ETIME || result == -EBUSY || result == -EAGAIN) return 0;
  return -result;
}

int uring_backend::reap(fired_list& fired_now) {
  int error = 0;
  io_uring_cqe* cqe = nullptr;
  while (::io_uring_peek_cqe(&ring_, &cqe) == 0 && cqe != nullptr) {
    // Copied and given back first: what follows may submit, which may need room.
    const io_uring_cqe seen = *cqe;
    ::io_uring_cqe_seen(&ring_, cqe);
    if (seen.user_data == of_epoll) {
      const int failed = epoll_came(seen.res, fired_now);
      if (error == 0) error = failed;
    } else if (operation* op = operations_.find(seen.user_data)) {
      operations_.remove(seen.user_data);
      op->result = result_of(op, seen.res);
      fired_now.completed.push(op);
    }
  }
  return error;
}

// The request ended: with events, or because it was told to, or because an old kernel's epoll set
// became readable. It is made again by the next wait that has operations in flight.
int uring_backend::epoll_came(int result, fired_list& fired_now) {
  const epoll_request request = epoll_request_;
  epoll_request_ = epoll_request::none;
  if (result < 0) {
    if (result == -EINVAL || result == -EOPNOTSUPP) has_epoll_wait_ = false;
    return 0;
  }
  if (request == epoll_request::poll) return epoll_->wait(0, fired_now);
  const auto count = static_cast<std::size_t>(result);
  if (!fired_now.ready.reserve(fired_now.ready.size() + count)) return ENOMEM;
  epoll_event* list = epoll_backend::as_epoll_events(fired_now.ready.end());
  for (std::size_t i = 0; i < count; ++i) list[i] = epoll_events_[i];
  epoll_backend::translate(fired_now.ready.end(), result);
  (void)fired_now.ready.grow_reserved(count);
  return 0;
}

}  // namespace eddy
