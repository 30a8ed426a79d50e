// Waiting in the ring, and what comes out of it.
#include <cerrno>
#include <utility>

#include "backend/uring.h"
#include "base/sys.h"

namespace eddy::engine {
namespace {

// When the epoll set cannot be waited for through the ring, whatever the reason, it is looked at so
// often.
constexpr int most_epoll_failures = 8;
constexpr std::int64_t look_again_after = 10'000'000;

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
  if (has_news_) timeout = 0;
  if (const int error = std::exchange(take_over_error_, 0)) return error;
  if (!ring_open_ || forked()) return epoll_->wait(timeout, fired_now);
  // A request in the ring would take events away from the epoll set's own wait.
  if (!in_use_ && epoll_request_ == epoll_request::none) return epoll_->wait(timeout, fired_now);
  // Room for what the request may bring: events that were taken out of the set must not be lost.
  if (!fired_now.ready.reserve(fired_now.ready.size() + most_epoll_events)) return ENOMEM;
  const bool look = epoll_request_ == epoll_request::none;
  if (look && (timeout < 0 || timeout > look_again_after)) timeout = look_again_after;
  if (const int error = enter(timeout)) {
    if (error != EEXIST) return error;
    thread_ = pthread_t{};  // of one that is gone, by the same name: the next wait takes over
    return EINTR;
  }
  epoll_came_ = look;
  waited_ = true;
  return 0;
}

void uring_backend::before_wait() {
  in_use_ = is_used();
  if (ring_open_ && !forked() && (in_use_ || epoll_request_ != epoll_request::none)) {
    if (!of_this_thread()) take_over_error_ = take_over();
    if (ring_open_ && take_over_error_ == 0 && is_used()) {
      retry_cancels();
      operations_.give_waiting(*this);
      transfers_.give_receives(*this);
      transfers_.give_sends(*this);
      transfers_.give_accepts(*this);
      if (blocks_ != nullptr) blocks_->refill();
      watch_epoll();
      submit_shared();
    }
  }
  has_news_ = transfers_.has_news() || operations_.has_finished() || epoll_count_ != 0;
}

// A request names a descriptor by its number until the kernel has taken it. From the end of
// before_wait on, another thread may close one and get the same number for something else: those
// requests go now, under the loop's lock, at the price of a system call.
void uring_backend::submit_shared() {
  if (!std::exchange(names_shared_, false)) return;
  if (sys::allowed(sys::call::uring_enter, ring_.ring_fd)) (void)::io_uring_submit(&ring_);
}

int uring_backend::collect(fired_list& fired_now) {
  const bool waited = std::exchange(waited_, false);
  if (waited) (void)reap();
  while (operation* op = operations_.take_finished()) fired_now.completed.push(op);
  if (const int error = take_epoll_events(fired_now)) return error;
  return waited && epoll_came_ ? epoll_->wait(0, fired_now) : 0;
}

// The first wait, or the first on another thread. ESTALE: what the ring held of the epoll set's
// events may be lost.
int uring_backend::take_over() {
  if (enabled_) {
    const bool watched = epoll_request_ != epoll_request::none;
    const int error = move_to_this_thread();
    return watched ? ESTALE : error;
  }
  const int error = enable_ring();
  if (error == 0) return 0;
  close_ring();
  operations_.finish_all(-error);
  return 0;
}

void uring_backend::watch_epoll() {
  if (epoll_request_ != epoll_request::none || epoll_failures_ >= most_epoll_failures) return;
  if (epoll_count_ != 0) return;  // where the next would be put
  io_uring_sqe* sqe = next_sqe();
  if (sqe == nullptr) return;
  if (has_epoll_wait_) {
    ::io_uring_prep_rw(op_epoll_wait, sqe, epoll_->descriptor(), epoll_events_, most_epoll_events,
                       0);
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

// For who cannot go on before the kernel has ended something. False when that failed too often in a
// row, other than by interruptions.
bool uring_backend::enter_again(int& failures) {
  constexpr int most_failures = 100;
  const int error = enter(1'000'000);
  if (error == 0) (void)reap();
  failures = error == 0 || error == EINTR ? 0 : failures + 1;
  return failures < most_failures;
}

int uring_backend::reap() {
  int reaped = 0;
  io_uring_cqe* cqe = nullptr;
  while (::io_uring_peek_cqe(&ring_, &cqe) == 0 && cqe != nullptr) {
    // Copied and given back first: what follows may submit, which may need room.
    const io_uring_cqe seen = *cqe;
    ::io_uring_cqe_seen(&ring_, cqe);
    ++reaped;
    if (seen.user_data & any_transfer) {
      came(seen.user_data, seen.res, seen.flags);
    } else if (seen.user_data == of_epoll) {
      epoll_came(seen.res);
    } else if (operation* op = operations_.of(seen.user_data)) {
      operations_.finish(op, result_of(op, seen.res));
    }
  }
  return reaped;
}

// The request ended: with events, or because it was told to, or because an old kernel's epoll set
// became readable. It is made again by the next wait that has operations in flight.
void uring_backend::epoll_came(int result) {
  const epoll_request request = epoll_request_;
  epoll_request_ = epoll_request::none;
  if (result == -EINVAL || result == -EOPNOTSUPP) has_epoll_wait_ = false;
  if (result < 0) {
    if (result != -ECANCELED) ++epoll_failures_;
    epoll_came_ = true;
    return;
  }
  epoll_failures_ = 0;
  if (request == epoll_request::poll) {
    epoll_came_ = true;
    return;
  }
  epoll_count_ = result;
}

int uring_backend::take_epoll_events(fired_list& fired_now) {
  if (epoll_count_ == 0) return 0;
  const auto count = static_cast<std::size_t>(epoll_count_);
  if (!fired_now.ready.reserve(fired_now.ready.size() + count)) return ENOMEM;
  epoll_event* list = epoll_backend::as_epoll_events(fired_now.ready.end());
  for (std::size_t i = 0; i < count; ++i) list[i] = epoll_events_[i];
  epoll_backend::translate(fired_now.ready.end(), std::exchange(epoll_count_, 0));
  (void)fired_now.ready.grow_reserved(count);
  return 0;
}

}  // namespace eddy::engine
