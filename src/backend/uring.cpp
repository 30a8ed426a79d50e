// What is asked of the kernel.
#include "backend/uring.h"
#include "backend/uring_files.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/sys.h"

namespace eddy::engine {

int uring_backend::after_fork() {
  if (const int error = epoll_->after_fork()) return error;
  if (!forked()) {
    // Not a child: the loop wants a new epoll set, and the old one may stand in the ring.
    if (epoll_request_ != epoll_request::none) cancel_epoll_request();
    return 0;
  }
  ::close(ring_.ring_fd);  // its memory is the parent's
  transfers_.give_up(false);
  forget_ring();
  operations_.finish_all(-ECANCELED);
  return 0;
}

int uring_backend::submit(operation* op) {
  if (forked()) return EOWNERDEAD;
  if (!ring_open_) {
    // Another errno than that of a failure that concerns this operation alone.
    if (const int error = open_ring()) return error == ENOMEM ? ENOBUFS : error;
  }
  return operations_.submit(*this, op);
}

// A free entry; when there is none, what stands in the queue is given to the kernel first.
io_uring_sqe* uring_backend::next_sqe() {
  io_uring_sqe* sqe = ::io_uring_get_sqe(&ring_);
  if (sqe != nullptr || !of_this_thread()) return sqe;
  if (!sys::allowed(sys::call::uring_enter, ring_.ring_fd)) return nullptr;
  (void)::io_uring_submit(&ring_);  // EBUSY, EAGAIN: the next wait reaps, then there is room
  return ::io_uring_get_sqe(&ring_);
}

bool uring_backend::give(operation* op) {
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
    case verb::recvmsg:
      ::io_uring_prep_recvmsg(sqe, op->fd, static_cast<msghdr*>(op->data),
                              static_cast<unsigned>(op->verb_flags));
      break;
    case verb::sendmsg:
      ::io_uring_prep_sendmsg(sqe, op->fd, static_cast<msghdr*>(op->data),
                              static_cast<unsigned>(op->verb_flags) | MSG_NOSIGNAL);
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
    default:
      fill_of_files(sqe, op);
  }
}

// Those that found no room.
void uring_backend::retry_cancels() {
  transfers_.give_cancels(*this);
  if (std::exchange(epoll_is_old_, false)) cancel_epoll_request();
  operations_.give_cancels(*this);
}

void uring_backend::cancel(operation* op) {
  if (!forked()) operations_.cancel(*this, op);
}

void uring_backend::cancel_epoll_request() {
  if (!give_cancel(of_epoll)) epoll_is_old_ = true;
}

// The answer of the request itself says nothing that the completion of the other does not say.
bool uring_backend::give_cancel(std::uint64_t number) {
  io_uring_sqe* sqe = next_sqe();
  if (sqe == nullptr) return false;
  ::io_uring_prep_cancel64(sqe, number, 0);
  ::io_uring_sqe_set_data64(sqe, of_nobody);
  return true;
}

}  // namespace eddy::engine
