#include "net/listener.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "base/memory.h"
#include "base/sys.h"

namespace eddy {
namespace {

constexpr int most_at_once = 64;  // so that other events get their turn
constexpr std::int64_t shortest_pause = 5'000'000, longest_pause = 100'000'000;

class listener_hold {
 public:
  explicit listener_hold(listener& l) : listener_(l) {
    if (l.lock != nullptr) l.lock->acquire();
    ++l.references;
  }
  ~listener_hold();
  listener_hold(const listener_hold&) = delete;
  listener_hold& operator=(const listener_hold&) = delete;

 private:
  listener& listener_;
};

void end(listener& l) {
  shared_lock* lock = l.lock;
  (void)l.owner->remove(&l.pause, removal::do_not_wait);
  (void)l.owner->remove(&l.readiness, removal::do_not_wait);
  if (l.closes_socket) (void)sys::close(l.readiness.fd);
  if (lock != nullptr) {
    lock->release();
    drop_shared_lock(lock);
  }
  l.destroy(&l);
}

listener_hold::~listener_hold() {
  if (--listener_.references == 0)
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

int follow(listener& l) {
  if (waits(l) && !l.pause.is(in_timers)) return l.owner->add(&l.readiness, forever);
  if (!waits(l)) {
    (void)l.owner->remove(&l.pause, removal::do_not_wait);
    l.pausing = 0;
  }
  return l.owner->remove(&l.readiness, removal::do_not_wait);
}

void failed(listener& l, int error) {
  const bool first = l.pausing == 0;
  l.pausing = first ? shortest_pause : std::min(2 * l.pausing, longest_pause);
  if (l.owner->add(&l.pause, l.pausing) == 0)
    (void)l.owner->remove(&l.readiness, removal::do_not_wait);
  if (first && l.calls->failed != nullptr) l.calls->failed(&l, error);
}

void came(int, short, void* argument) {
  auto& l = *static_cast<listener*>(argument);
  listener_hold held(l);
  for (int i = 0; i < most_at_once && waits(l) && l.references > 1; ++i) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    const int fd = sys::accept(l.readiness.fd, reinterpret_cast<sockaddr*>(&address), &size);
    if (fd < 0) {
      const int error = errno;
      if (error == EAGAIN || error == EWOULDBLOCK) return;
      if (concerns_one_connection(error)) {
        ++l.passed_over;
        continue;
      }
      return failed(l, error);
    }
    l.pausing = 0;
    if (l.leaves_blocking) (void)::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    l.calls->accepted(&l, fd, reinterpret_cast<sockaddr*>(&address), size);
  }
}

void pause_over(int fd, short, void* argument) {
  auto& l = *static_cast<listener*>(argument);
  {
    listener_hold held(l);
    if (!waits(l)) return;
    (void)l.owner->add(&l.readiness, forever);
  }
  (void)fd;
}

}  // namespace

int open_listener(listener& l, loop& on, int fd, bool thread_safe) {
  l.owner = &on;
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
  return l.lock != nullptr ? 0 : ENOMEM;
}

int enable_listener(listener& l, bool enabled) {
  listener_hold held(l);
  l.enabled = enabled;
  return follow(l);
}

void set_wanted(listener& l, bool wanted) {
  listener_hold held(l);
  l.wanted = wanted;
  (void)follow(l);
}

void free_listener(listener& l) {
  listener_hold held(l);
  l.enabled = false;
  (void)follow(l);
  --l.references;
}

}  // namespace eddy
