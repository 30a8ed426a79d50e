// Accepting: one multishot request for a listener (Linux 5.19), which brings one connection after
// the other, without its address.
//
// Only on rings with DEFER_TASKRUN, as transfers: connections are taken inside our own waits and
// nowhere else, all that are there. The kernel wakes one such request for each connection, always
// the first that was made for the socket: who waits there by another ring hears of none while that
// one is busy. So it is for sockets from which nobody else accepts.
//
// With getpeername for each connection it costs less than accept4 until EAGAIN where few come at a
// time, and as much where many do. The server's CPU for a short connection, in us (bench `accept`;
// a socket that evconnlistener_new is given is accepted from by calls):
//
//   open at a time, who closes     64, client   64, server   waves of 16   waves of 512
//   accept4                           28.6         19.4          22.3           18.2
//   multishot, getpeername            28.0         18.9          21.2           18.0
#include <cerrno>
#include <utility>

#include "backend/accepted_row.h"
#include "backend/uring.h"
#include "base/sys.h"

namespace eddy::engine {

bool uring_backend::is_transferring() const {
  return blocks_ != nullptr && !forked() && receives_.size() + sends_.size() != 0;
}

int uring_backend::accept(watcher* w) {
  const std::uint64_t number = accepts_.add(w);
  if (number == 0) return ENOMEM;
  // Places for its start, its end and its news, so that none of them can fail.
  const std::size_t all = accepts_.size();
  if (!accepts_to_start_.reserve(all) || !accepts_to_stop_.reserve(accepts_to_stop_.size() + all) ||
      !moved_.reserve(moved_.size() + transfer_count())) {
    accepts_.remove(number);
    return ENOMEM;
  }
  w->here.moved.number = static_cast<std::uint32_t>(number) + 1;
  w->here.moved.outcome = goes_on;
  accepts_to_start_.push_reserved(number);  // just before the wait, as receives
  return 0;
}

// The address of each connection is asked for when it is handed over: where the kernel writes it,
// the next one that is there overwrites it.
void uring_backend::start_accepting() {
  while (!accepts_to_stop_.empty()) {
    const std::size_t before = accepts_to_stop_.size();
    cancel_accept(accepts_to_stop_.pop_back());
    if (accepts_to_stop_.size() == before) return;  // no room: it is there again
  }
  while (!accepts_to_start_.empty()) {
    const std::uint64_t number = accepts_to_start_[accepts_to_start_.size() - 1];
    io_uring_sqe* sqe = next_sqe();
    if (sqe == nullptr) return;
    ::io_uring_prep_multishot_accept(sqe, accepts_.find(number)->fd, nullptr, nullptr,
                                     SOCK_NONBLOCK | SOCK_CLOEXEC);
    ::io_uring_sqe_set_data64(sqe, number | of_accept);
    names_shared_ |= accepts_.find(number)->is(is_shared);
    (void)accepts_to_start_.pop_back();
  }
}

// For the next start_accepting, if there is no room.
void uring_backend::cancel_accept(std::uint64_t number) {
  if (accepts_.find(number) == nullptr) return;
  if (io_uring_sqe* sqe = next_sqe()) {
    ::io_uring_prep_cancel64(sqe, number | of_accept, 0);
    ::io_uring_sqe_set_data64(sqe, of_nobody);
    return;
  }
  stop_accepting_later(number);
}

// On the loop's thread the kernel has let go of the socket when this returns, for the socket may be
// closed next, and its port be wanted again.
void uring_backend::stop_accepting(watcher* w, bool waiting) {
  const std::uint64_t number = accepts_.number_at(w->here.moved.number - 1);
  for (std::uint64_t& there : accepts_to_start_) {
    if (there != number) continue;  // the kernel has not seen it
    there = *(accepts_to_start_.end() - 1);
    (void)accepts_to_start_.pop_back();
    w->here.moved.number = 0;
    return accepts_.remove(number);
  }
  if (waiting || !of_this_thread() || forked()) return stop_accepting_later(number);
  cancel_accept(number);
  int failures = 0;
  while (accepts_.find(number) != nullptr) {
    start_accepting();
    if (!enter_again(failures)) return;
  }
}

void uring_backend::stop_accepting_later(std::uint64_t number) {
  for (const std::uint64_t there : accepts_to_stop_)
    if (there == number) return;
  accepts_to_stop_.push_reserved(number);
}

void uring_backend::abandon_accepting(std::uint32_t place) {
  accepts_.replace(accepts_.number_at(place), &nobody);
}

void uring_backend::accepted(std::uint64_t number, int result, unsigned flags) {
  watcher* w = accepts_.find(number);
  const bool ended = !(flags & IORING_CQE_F_MORE);
  if (ended) accepts_.remove(number);
  if (w == nullptr || w == &nobody) {
    if (result >= 0) (void)sys::close(result);
    return;
  }
  transfer& t = w->here.moved;
  if (result >= 0) t.row->push(result);
  if (ended) {
    t.number = 0;
    t.outcome = result >= 0 || result == -ECANCELED ? ended_early : result;
  }
  has_news(w);
}

void uring_backend::forget_accepts() {
  accepts_.for_each([this](watcher* w) {
    if (w == &nobody) return;
    const std::uint64_t number = accepts_.number_at(w->here.moved.number - 1);
    w->here.moved.number = 0;
    w->flags = static_cast<std::int16_t>(w->flags & (is_initialised | is_internal | is_shared));
    accepts_.replace(number, &nobody);
    stop_accepting_later(number);
  });
  for (const std::uint64_t number : accepts_to_start_) accepts_.remove(number);
  accepts_to_start_.clear();
}

// The ring is gone, perhaps with the parent's, or only soon; until then it may be the one that is
// woken.
void uring_backend::give_up_accepts() {
  accepts_to_start_.clear();
  accepts_to_stop_.clear();
  accepts_.for_each([this](watcher* w) {
    if (w == &nobody) return;
    w->here.moved.number = 0;
    w->here.moved.outcome = -EOWNERDEAD;
    has_news(w);
  });
  accepts_.clear();
}

}  // namespace eddy::engine
