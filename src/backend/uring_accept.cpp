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
#include "backend/uring.h"

namespace eddy::engine {

bool uring_backend::is_transferring() const {
  return blocks_ != nullptr && !forked() && transfers_.is_transferring();
}

// The address of each connection is asked for when it is handed over: where the kernel writes it,
// the next one that is there overwrites it.
bool uring_backend::give_accept(watcher* w, std::uint64_t number) {
  io_uring_sqe* sqe = next_sqe();
  if (sqe == nullptr) return false;
  ::io_uring_prep_multishot_accept(sqe, w->fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  ::io_uring_sqe_set_data64(sqe, number | of_accept);
  names_shared_ |= w->is(is_shared);
  return true;
}

// On the loop's thread the kernel has let go of the socket when this returns, for the socket may be
// closed next, and its port be wanted again.
void uring_backend::stop_accepting(watcher* w, bool waiting) {
  const bool later = waiting || !of_this_thread() || forked();
  const std::uint64_t number = transfers_.stop_accepting(*this, w, later);
  int failures = 0;
  while (transfers_.is_accepting(number)) {
    transfers_.give_accepts(*this);
    if (!enter_again(failures)) return;
  }
}

}  // namespace eddy::engine
