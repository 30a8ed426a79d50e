#include "backend/event_ports.h"

#include <cerrno>
#include <cstddef>

#include "base/memory.h"
#include "base/sys.h"
#include "base/sys_event_ports.h"

namespace eddy::engine {
namespace {

constexpr unsigned most_capacity = 4096;

void* as_user(std::uint32_t tag) { return reinterpret_cast<void*>(std::uintptr_t{tag}); }

// EBADFD is the descriptor's fault, EBADF the port's (port_associate(3C)); callers know one only.
// EAGAIN: no more associations (the resource control project.max-port-ids and its like).
int meaning(int error) {
  if (error == EBADFD) return EBADF;
  return error == EAGAIN ? ENOSPC : error;
}

}  // namespace

event_ports_backend* event_ports_backend::create() {
  const int port = sys::port_create();
  if (port < 0) return nullptr;
  auto* made = memory::create<event_ports_backend>(port);
  if (made != nullptr) return made;
  sys::close(port);
  errno = ENOMEM;
  return nullptr;
}

event_ports_backend::~event_ports_backend() {
  if (port_ >= 0) sys::close(port_);
}

int event_ports_backend::update(int fd, bool known, interest wanted, std::uint32_t tag) {
  (void)known;
  return set(fd, wanted, tag, true);
}

int event_ports_backend::update_once(int fd, bool known, interest wanted, std::uint32_t tag) {
  (void)known;
  return set(fd, wanted, tag, false);
}

// To associate again replaces what was wanted and `user`, and is no error (port_associate(3C)); so
// it does not matter what became of the descriptor behind our back.
int event_ports_backend::set(int fd, interest wanted, std::uint32_t tag, bool again) {
  const auto index = static_cast<std::size_t>(fd);
  if (index >= entries_.size() && !entries_.resize(index + 1, entry{})) return ENOMEM;
  entry& e = entries_[index];
  if (wanted == 0) {
    e.events = 0;
    // ENOENT: its event came already, or closing it has ended the association.
    (void)sys::port_dissociate_fd(port_, fd);
    return 0;
  }
  const short events = to_poll(wanted);
  if (sys::port_associate_fd(port_, fd, events, as_user(tag)) != 0) return meaning(errno);
  e.tag = tag;
  e.events = again ? events : short{0};
  return 0;
}

// Here, not after the wait: what is ready still would bring the same event again before its owner
// has read anything. A system call for each event, which epoll and kqueue do without.
void event_ports_backend::before_wait() {
  std::size_t kept = 0;
  for (const int fd : ended_) {
    const entry e = entries_[static_cast<std::size_t>(fd)];
    if (e.events == 0) continue;
    if (sys::port_associate_fd(port_, fd, e.events, as_user(e.tag)) == 0) continue;
    // Closed while it was watched: its owner is told once (the next call on it gives EBADF). What
    // may pass (ENOMEM, EAGAIN) is told as well, and tried again in the next turn.
    const bool gone = meaning(errno) == EBADF;
    if (lost_.push_back(fired{watch_read | watch_write, fd, e.tag}) && gone)
      entries_[static_cast<std::size_t>(fd)].events = 0;
    else
      ended_[kept++] = fd;
  }
  ended_.truncate(kept);
}

int event_ports_backend::wait(std::int64_t timeout, fired_list& fired_now) {
  const std::size_t most = capacity_;
  if (!events_.reserve(most) || !ended_.reserve(ended_.size() + most) ||
      !fired_now.ready.reserve(fired_now.ready.size() + lost_.size() + most))
    return ENOMEM;
  if (!lost_.empty()) timeout = 0;
  for (const fired& lost : lost_) fired_now.ready.push_reserved(lost);
  lost_.clear();
  unsigned count = 0;
  int error = sys::port_wait(port_, events_.data(), capacity_, &count, timeout) == 0 ? 0 : errno;
  // ETIME is how a timeout ends, and there may be events all the same: as many as `nget` says
  // (port_getn(3C)). So it is with EINTR, which the loop need not hear of then.
  if (error == ETIME || count != 0) error = 0;
  for (unsigned i = 0; i < count; ++i) {
    const port_event_t& event = events_.data()[i];
    if (event.portev_source != PORT_SOURCE_FD) continue;
    const int fd = static_cast<int>(event.portev_object);
    const auto tag =
        static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(event.portev_user));
    fired_now.ready.push_reserved(fired{from_poll(event.portev_events), fd, tag});
    ended_.push_reserved(fd);
  }
  if (count == capacity_) {
    fired_now.more = true;
    if (capacity_ < most_capacity) capacity_ *= 2;
  }
  return error;
}

// A child has the descriptor, but the associations are its parent's (port_associate(3C): EACCES).
int event_ports_backend::after_fork() {
  const int fresh = sys::port_create();
  if (fresh < 0) return errno;
  sys::close(port_);
  port_ = fresh;
  entries_.clear();
  ended_.clear();
  lost_.clear();
  return 0;
}

}  // namespace eddy::engine
