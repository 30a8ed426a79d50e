#include "net/listener.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "base/memory.h"
#include "base/sys.h"
#include "base/sys_fork.h"

namespace eddy::engine {
namespace {

constexpr int most_at_once = 64;  // so that other events get their turn
constexpr std::int64_t shortest_pause = 5'000'000, longest_pause = 100'000'000;
constexpr std::int64_t once_in = 1'000'000'000;

// Locked, and kept alive.
class listener_hold {
 public:
  explicit listener_hold(listener& l) : listener_(l) {
    if (l.lock != nullptr) l.lock->acquire();
    alive_ = l.references++ != 0;
  }
  ~listener_hold();
  // False: another thread freed it, and the loop is about to destroy it.
  bool alive() const { return alive_; }
  listener_hold(const listener_hold&) = delete;
  listener_hold& operator=(const listener_hold&) = delete;

 private:
  listener& listener_;
  bool alive_;
};

// The backend fills the row on the loop's thread, under the loop's lock, whoever holds the
// listener's.
bool has_accepted(const listener& l) {
  loop_guard guard(*l.owner);
  return !l.row.empty();
}

int take_accepted(listener& l) {
  loop_guard guard(*l.owner);
  return l.row.take();
}

std::uint64_t take_lost(listener& l) {
  loop_guard guard(*l.owner);
  return l.row.take_lost();
}

void destroy(listener& l) {
  drop_shared_lock(l.lock);
  l.destroy(&l);
}

void finalized(watcher*, void* argument) { destroy(*static_cast<listener*>(argument)); }

// With a lock, the loop's thread may be about to take it: then the loop tells when it is not.
void end(listener& l) {
  shared_lock* lock = l.lock;
  loop* owner = l.owner;
  (void)owner->remove(&l.pause, removal::do_not_wait);
  (void)owner->remove(&l.readiness, removal::do_not_wait);
  owner->forget_transfer(&l.readiness);
  owner->forget_after_close(&l.pause);
  for (int fd = take_accepted(l); fd >= 0; fd = take_accepted(l)) (void)owner->close_descriptor(fd);
  if (l.spare >= 0) (void)owner->close_descriptor(l.spare);
  if (l.closes_socket) (void)owner->close_descriptor(l.readiness.fd);
  if (lock == nullptr) return destroy(l);
  lock->release();
  (void)owner->finalize(&l.readiness, finalized, false);
}

listener_hold::~listener_hold() {
  if (--listener_.references == 0 && alive_)
    end(listener_);
  else if (listener_.lock != nullptr)
    listener_.lock->release();
}

bool concerns_one_connection(int error) {
  switch (error) {
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case EINTR:
    case EPERM:  // a firewall
      return true;
    default:
      return false;
  }
}

bool waits(const listener& l) { return l.enabled && l.wanted; }

// Its callback may disable and free it.
bool hands_over(const listener& l) { return waits(l) && l.references > 1; }

// A child of fork has the socket together with its parent.
bool has_socket_alone(const listener& l) {
  return l.has_socket_alone && l.process == sys::process_mark();
}

int watch(listener& l) {
  if (!has_socket_alone(l) && l.owner->is_transferred(&l.readiness)) {
    (void)l.owner->remove(&l.readiness, removal::do_not_wait);
    l.owner->forget_transfer(&l.readiness);
  }
  return l.owner->add(&l.readiness, forever);
}

int follow(listener& l) {
  if (waits(l) && !l.pause.is(in_timers)) {
    const int error = watch(l);
    if (has_accepted(l)) l.owner->activate(&l.readiness, watch_read, 1);
    return error;
  }
  if (!waits(l)) {
    (void)l.owner->remove(&l.pause, removal::do_not_wait);
    l.owner->forget_after_close(&l.pause);
    l.pausing = 0;
  }
  return l.owner->remove(&l.readiness, removal::do_not_wait);
}

int open_spare() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

// One connection is accepted in the spare descriptor's place and closed. 0 or an errno; EAGAIN:
// nobody waits (which accept4 does not look at when it lacks a descriptor).
int shed_one(listener& l) {
  if (l.spare < 0) l.spare = open_spare();
  if (l.spare < 0) return errno;
  (void)sys::close(l.spare);
  const int fd = sys::accept(l.readiness.fd, nullptr, nullptr);
  const int error = fd < 0 ? errno : 0;
  if (fd >= 0) (void)sys::close(fd);
  l.spare = open_spare();
  l.shed += error == 0;
  return error;
}

void failed(listener& l, int error) {
  l.pausing = l.pausing == 0 ? shortest_pause : std::min(2 * l.pausing, longest_pause);
  if (l.owner->add(&l.pause, l.pausing) == 0)
    (void)l.owner->remove(&l.readiness, removal::do_not_wait);
  l.owner->call_after_close(&l.pause);
  const std::int64_t now = l.owner->now();
  if (l.told_at >= 0 && now - l.told_at < once_in) return;
  l.told_at = now;
  if (l.calls->failed != nullptr) l.calls->failed(&l, error);
}

void hand_over(listener& l, int fd, sockaddr_storage& address, socklen_t size) {
  l.pausing = 0;
  if (l.leaves_blocking) (void)::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) & ~O_NONBLOCK);
  l.calls->accepted(&l, fd, reinterpret_cast<sockaddr*>(&address), size);
}

// A peer that is gone again has no name any more: then its family is all that is told.
void hand_over_unnamed(listener& l, int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    size = sizeof address;
    (void)::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    std::memset(reinterpret_cast<char*>(&address) + sizeof address.ss_family, 0,
                sizeof address - sizeof address.ss_family);
  }
  hand_over(l, fd, address, size);
}

void let_the_kernel_accept(listener& l) {
  if (!has_socket_alone(l) || !l.owner->is_transferring()) return;
  (void)l.owner->remove(&l.readiness, removal::do_not_wait);
  l.owner->make_acceptor(&l.readiness, l.row);
  if (const int error = l.owner->add(&l.readiness, forever)) failed(l, error);
}

void accept_by_calls(listener& l, int most) {
  for (int i = 0; i < most && hands_over(l); ++i) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    const int fd = sys::accept(l.readiness.fd, reinterpret_cast<sockaddr*>(&address), &size);
    if (fd >= 0) {
      hand_over(l, fd, address, size);
      continue;
    }
    int error = errno;
    if (error == EAGAIN || error == EWOULDBLOCK) return let_the_kernel_accept(l);
    if ((error == EMFILE || error == ENFILE) && l.sheds) {
      error = shed_one(l);
      if (error == EAGAIN || error == EWOULDBLOCK) return;
      if (error == 0) continue;
    }
    if (!concerns_one_connection(error)) return failed(l, error);
    ++l.passed_over;
  }
}

void return_to_calls(listener& l) {
  (void)l.owner->remove(&l.readiness, removal::do_not_wait);
  l.owner->forget_transfer(&l.readiness);
  if (const int error = l.owner->add(&l.readiness, forever)) failed(l, error);
}

// The row is empty: whether the kernel goes on. It reports a lack of descriptors also when nobody
// waits for one, and on and on when it is asked again, so that is left to calls as all else.
bool kernel_goes_on(listener& l) {
  const std::int32_t outcome = l.owner->take_outcome(&l.readiness);
  if (outcome == goes_on) return l.owner->is_transferring();
  if (outcome == ended_early || outcome == 0) return l.owner->receive_on(&l.readiness) == 0;
  if (concerns_one_connection(-outcome))
    ++l.passed_over;
  else if (outcome != -EMFILE && outcome != -ENFILE && outcome != -ENOMEM && outcome != -ENOBUFS)
    l.has_socket_alone = false;
  return false;
}

// Gives how many more may be handed over in this turn.
int hand_over_row(listener& l) {
  int left = most_at_once;
  for (; left > 0 && hands_over(l); --left) {
    const int fd = take_accepted(l);
    if (fd < 0) break;
    hand_over_unnamed(l, fd);
  }
  l.passed_over += take_lost(l);
  return left;
}

// The next turn goes on, also when a callback threw.
struct next_turn {
  listener& of;
  bool is_wanted = true;
  ~next_turn() {
    if (!is_wanted || !waits(of)) return;
    of.owner->activate_later(&of.readiness, watch_read);
  }
};

void came(int, short, void* argument) {
  auto& l = *static_cast<listener*>(argument);
  listener_hold held(l);
  if (!held.alive()) return;
  next_turn next{l};
  const int left = hand_over_row(l);
  const bool by_kernel = l.owner->is_transferred(&l.readiness);
  next.is_wanted = has_accepted(l);
  if (!hands_over(l) || (by_kernel && !next.is_wanted && kernel_goes_on(l))) return;
  if (by_kernel)
    return_to_calls(l);
  else if (!next.is_wanted)
    accept_by_calls(l, left);
}

void go_on(listener& l) {
  listener_hold held(l);
  if (!held.alive()) return;
  (void)l.owner->remove(&l.pause, removal::do_not_wait);
  l.owner->forget_after_close(&l.pause);
  if (waits(l)) (void)watch(l);
}

void pause_over(int, short, void* argument) { go_on(*static_cast<listener*>(argument)); }

}  // namespace

int open_listener(listener& l, loop& on, int fd, bool thread_safe) {
  l.owner = &on;
  l.process = sys::process_mark();
  for (watcher* w : {&l.readiness, &l.pause}) {
    w->flags = is_initialised;
    w->owner = &on;
    w->argument = &l;
    w->priority = static_cast<std::uint8_t>(on.priorities() / 2);
  }
  l.readiness.fd = fd;
  l.readiness.events = watch_read | watch_persist;
  l.readiness.kind = closure::persistent_event;
  l.readiness.on_event = came;
  l.pause.kind = closure::event;
  l.pause.on_event = pause_over;
  if (!thread_safe || on.threads() == nullptr) return 0;
  l.lock = make_shared_lock(on.threads());
  if (l.lock == nullptr) return ENOMEM;
  l.readiness.set(is_shared);
  return 0;
}

int enable_listener(listener& l, bool enabled) {
  listener_hold held(l);
  l.enabled = enabled;
  return follow(l);
}

int set_wanted(listener& l, bool wanted) {
  listener_hold held(l);
  l.wanted = wanted;
  return follow(l);
}

int shed_connections(listener& l) {
  listener_hold held(l);
  l.sheds = true;
  if (l.spare < 0) l.spare = open_spare();
  return l.spare < 0 ? errno : 0;
}

void free_listener(listener& l) {
  listener_hold held(l);
  l.enabled = false;
  (void)follow(l);
  --l.references;
}

}  // namespace eddy::engine
