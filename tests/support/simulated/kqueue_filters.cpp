// The filters of the simulated kqueue, after the list in kqueue(2).
//
// NOTE_LOWAT counts for sockets only. A pipe that nobody reads any more cannot be watched for
// writing (EPIPE), as in FreeBSD, of which the page says nothing.
//
// Not simulated: EVFILT_AIO, VNODE, PROC, PROCDESC and EMPTY (all EINVAL). The
// socket's error in fflags is a guess, because Linux tells it only by taking it away: ECONNREFUSED
// on a socket that was never seen connected and on a datagram socket, ECONNRESET on others. EV_EOF
// of a writer whose own half was shut down (FreeBSD's comes at once) comes when the peer's is too.
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "kqueue_knote.h"
#include "kqueue_signals.h"

namespace eddy::simulated {
namespace {

int option_of(int fd, int which) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, which, &value, &size) == 0 ? value : 0;
}

// Connections that wait to be accepted, where the kernel tells, else one.
std::int64_t backlog(int listener) {
  tcp_info info = {};
  socklen_t size = sizeof info;
  if (::getsockopt(listener, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return 1;
  return std::max<std::int64_t>(1, info.tcpi_unacked);
}

std::int64_t bytes_to_read(const knote& k) {
  const int fd = k.descriptor();
  if (k.is_socket && option_of(fd, SO_ACCEPTCONN) != 0) return backlog(fd);
  int bytes = 0;
  return ::ioctl(fd, FIONREAD, &bytes) == 0 ? bytes : 1;
}

std::int64_t room_to_write(const knote& k) {
  const int fd = k.descriptor();
  int queued = 0;
  if (k.is_socket)
    return ::ioctl(fd, SIOCOUTQ, &queued) == 0 ? std::max(1, option_of(fd, SO_SNDBUF) - queued) : 1;
  const int size = ::fcntl(fd, F_GETPIPE_SZ);
  return size >= 0 && ::ioctl(fd, FIONREAD, &queued) == 0 ? std::max(1, size - queued) : 1;
}

unsigned likely_error(knote& k, short ready) {
  if (!k.is_socket || (ready & POLLERR) == 0) return 0;
  const bool refused = !k.was_connected || option_of(k.descriptor(), SO_TYPE) == SOCK_DGRAM;
  return refused ? ECONNREFUSED : ECONNRESET;
}

// Linux says POLLHUP of a socket that is not connected yet; there it is nothing.
bool is_fresh(const knote& k, short ready) {
  return k.is_socket && (ready & POLLHUP) != 0 && (ready & (POLLRDHUP | POLLERR)) == 0;
}

void see_connection(knote& k) {
  sockaddr_storage peer;
  socklen_t size = sizeof peer;
  if (k.is_socket && !k.was_connected)
    k.was_connected = ::getpeername(k.descriptor(), reinterpret_cast<sockaddr*>(&peer), &size) == 0;
}

bool file_fires(const knote& k, struct kevent& told) {
  struct statx facts;
  if (!look_at(k.descriptor(), facts)) return false;
  told.data = static_cast<std::int64_t>(facts.stx_size) - ::lseek(k.descriptor(), 0, SEEK_CUR);
  return told.data != 0 || (k.set.fflags & NOTE_FILE_POLL) != 0;
}

bool is_below_mark(const knote& k, std::int64_t amount) {
  return k.is_socket && (k.set.fflags & NOTE_LOWAT) != 0 && amount < k.set.data;
}

bool read_fires(knote& k, short ready, struct kevent& told) {
  if (k.is_regular) return file_fires(k, told);
  see_connection(k);
  const bool ended = (ready & (k.is_socket ? POLLRDHUP : POLLHUP)) != 0;
  if (is_fresh(k, ready) || (!ended && (ready & (POLLIN | POLLERR | POLLHUP)) == 0)) return false;
  told.data = bytes_to_read(k);
  if (!ended && (ready & POLLERR) == 0 && is_below_mark(k, told.data)) return false;
  if (ended) told.flags |= EV_EOF;
  told.fflags = likely_error(k, ready);
  return true;
}

bool write_fires(knote& k, short ready, struct kevent& told) {
  see_connection(k);
  const bool ended = (ready & (k.is_socket ? POLLHUP : POLLERR | POLLHUP)) != 0;
  if (is_fresh(k, ready) || (!ended && (ready & (POLLOUT | POLLERR)) == 0)) return false;
  told.data = room_to_write(k);
  if (!ended && (ready & POLLERR) == 0 && is_below_mark(k, told.data)) return false;
  if (ended) told.flags |= EV_EOF;
  told.fflags = likely_error(k, ready);
  return true;
}

bool signal_fires(const knote& k, struct kevent& told) {
  told.data = signals_so_far(static_cast<int>(k.set.ident)) - k.seen;
  return told.data != 0;
}

std::int64_t expirations(const knote& k) {
  const std::int64_t at = now(k.clock);
  if (k.next > at) return 0;
  return k.period == 0 ? 1 : (at - k.next) / k.period + 1;
}

bool timer_fires(const knote& k, struct kevent& told) {
  told.fflags = 0;
  told.data = expirations(k);
  return told.data != 0;
}

bool user_fires(const knote& k, struct kevent& told) {
  told.fflags = k.set.fflags;
  told.data = k.set.data;
  return k.active;
}

std::int64_t unit_of(unsigned flags) {
  switch (flags & ~static_cast<unsigned>(NOTE_ABSTIME)) {
    case NOTE_SECONDS:
      return 1'000'000'000;
    case 0:
    case NOTE_MSECONDS:
      return 1'000'000;
    case NOTE_USECONDS:
      return 1'000;
    case NOTE_NSECONDS:
      return 1;
    default:
      return 0;
  }
}

}  // namespace

short knote::poll_events() const {
  return set.filter == EVFILT_READ ? POLLIN | POLLRDHUP : POLLOUT;
}

int check_descriptor(knote& k) {
  struct statx facts;
  if (k.set.ident > INT32_MAX || !k.file.take(k.descriptor()) || !look_at(k.descriptor(), facts))
    return EBADF;
  k.is_socket = S_ISSOCK(facts.stx_mode);
  k.is_regular = S_ISREG(facts.stx_mode) || S_ISDIR(facts.stx_mode);
  if (k.is_regular && k.set.filter == EVFILT_WRITE) return EINVAL;
  if (S_ISFIFO(facts.stx_mode) && k.set.filter == EVFILT_WRITE) {
    pollfd end = {k.descriptor(), POLLOUT, 0};
    if (::poll(&end, 1, 0) == 1 && (end.revents & POLLERR) != 0) return EPIPE;
  }
  see_connection(k);
  return 0;
}

int start_timer(knote& k) {
  const std::int64_t unit = unit_of(k.set.fflags);
  std::int64_t nanoseconds = 0;
  if (unit == 0 || k.set.data < 0 || __builtin_mul_overflow(k.set.data, unit, &nanoseconds))
    return EINVAL;
  const bool absolute = (k.set.fflags & NOTE_ABSTIME) != 0;
  // The page does not say whose time is meant; FreeBSD's is the time of day.
  k.clock = absolute ? CLOCK_REALTIME : CLOCK_MONOTONIC;
  k.period = absolute ? 0 : std::max(nanoseconds, unit);
  const std::int64_t base = absolute ? 0 : now(k.clock);
  if (__builtin_add_overflow(base, nanoseconds, &k.next)) k.next = forever;
  return 0;
}

bool fires(knote& k, short ready, struct kevent& told) {
  told = k.set;
  told.fflags = 0;
  told.data = 0;
  switch (k.set.filter) {
    case EVFILT_READ:
      return read_fires(k, ready, told);
    case EVFILT_WRITE:
      return write_fires(k, ready, told);
    case EVFILT_SIGNAL:
      return signal_fires(k, told);
    case EVFILT_TIMER:
      return timer_fires(k, told);
    default:
      return user_fires(k, told);
  }
}

void was_told(knote& k) {
  if (k.set.filter == EVFILT_SIGNAL)
    k.seen = signals_so_far(static_cast<int>(k.set.ident));
  else if (k.set.filter == EVFILT_TIMER)
    k.next = k.period == 0 ? forever : k.next + expirations(k) * k.period;
  else if (k.by_edge())
    k.active = false;
}

void touch_user(knote& k, const struct kevent& change) {
  const unsigned flags = change.fflags & NOTE_FFLAGSMASK;
  if ((change.fflags & NOTE_FFCTRLMASK) == NOTE_FFAND) k.set.fflags &= flags;
  if ((change.fflags & NOTE_FFCTRLMASK) == NOTE_FFOR) k.set.fflags |= flags;
  if ((change.fflags & NOTE_FFCTRLMASK) == NOTE_FFCOPY) k.set.fflags = flags;
  k.set.data = change.data;
  if ((change.fflags & NOTE_TRIGGER) != 0) k.active = true;
}

}  // namespace eddy::simulated
