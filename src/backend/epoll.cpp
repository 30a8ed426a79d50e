#include "backend/epoll.h"

#include <cerrno>

#include "base/memory.h"
#include "base/sys.h"
#include "base/sys_epoll.h"

namespace eddy {
namespace {

constexpr std::size_t first_capacity = 64;
constexpr std::size_t most_capacity = 4096;

std::uint32_t to_epoll(interest wanted) {
  std::uint32_t events = 0;
  if (wanted & watch_read) events |= EPOLLIN;
  if (wanted & watch_write) events |= EPOLLOUT;
  if (wanted & watch_closed) events |= EPOLLRDHUP;
  if (wanted & watch_edge) events |= EPOLLET;
  return events;
}

// An error or a hang-up makes both directions ready, so that whoever reads or writes finds it out.
interest from_epoll(std::uint32_t events) {
  interest what = 0;
  if (events & EPOLLERR) {
    what = watch_read | watch_write;
  } else if ((events & EPOLLHUP) && !(events & EPOLLRDHUP)) {
    what = watch_read | watch_write;
  } else {
    if (events & EPOLLIN) what |= watch_read;
    if (events & EPOLLOUT) what |= watch_write;
    if (events & EPOLLRDHUP) what |= watch_closed;
  }
  return what;
}

}  // namespace

epoll_backend* epoll_backend::create() {
  const int epoll = sys::epoll_create();
  if (epoll < 0) return nullptr;
  auto* made = memory::create<epoll_backend>(epoll);
  if (made == nullptr || !made->events_.resize(first_capacity, epoll_event{})) {
    if (made != nullptr)
      memory::destroy(made);
    else
      sys::close(epoll);
    errno = ENOMEM;
    return nullptr;
  }
  return made;
}

epoll_backend::~epoll_backend() {
  if (epoll_ >= 0) sys::close(epoll_);
}

// The descriptor may have been closed and opened again behind our back, in either direction; so each
// answer that contradicts what we believe is followed by the opposite request.
int epoll_backend::set(int fd, std::uint32_t events, std::uint32_t tag, bool known) {
  const std::uint64_t data = static_cast<std::uint64_t>(tag) << 32 | static_cast<std::uint32_t>(fd);
  if (sys::epoll_ctl(epoll_, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, events, data) == 0) return 0;
  if (known && errno == ENOENT)
    return sys::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, events, data) == 0 ? 0 : errno;
  if (!known && errno == EEXIST)
    return sys::epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, events, data) == 0 ? 0 : errno;
  return errno;
}

int epoll_backend::update(int fd, bool known, interest wanted, std::uint32_t tag) {
  if (wanted == 0) {
    // A descriptor that its user closed first has left the set already (or cannot be reached).
    sys::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, 0, 0);
    return 0;
  }
  return set(fd, to_epoll(wanted), tag, known);
}

int epoll_backend::update_once(int fd, bool known, interest wanted, std::uint32_t tag) {
  return set(fd, to_epoll(wanted) | EPOLLONESHOT, tag, known);
}

void epoll_backend::translate(const epoll_event* events, int count, fired_list& fired_now) {
  for (int i = 0; i < count; ++i) {
    const std::uint64_t data = events[i].data.u64;
    fired_now.ready.push_reserved(fired{static_cast<int>(static_cast<std::uint32_t>(data)),
                                        static_cast<std::uint32_t>(data >> 32),
                                        from_epoll(events[i].events)});
  }
}

int epoll_backend::wait(std::int64_t timeout, fired_list& fired_now) {
  if (!fired_now.ready.reserve(fired_now.ready.size() + events_.size())) return ENOMEM;
  const int count =
      sys::epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), timeout);
  if (count < 0) return errno;
  translate(events_.data(), count, fired_now);
  if (static_cast<std::size_t>(count) == events_.size()) {
    fired_now.more = true;
    // Failing to grow costs another turn, nothing else.
    if (events_.size() < most_capacity) (void)events_.resize(events_.size() * 2, epoll_event{});
  }
  return 0;
}

int epoll_backend::after_fork() {
  const int fresh = sys::epoll_create();
  if (fresh < 0) return errno;
  sys::close(epoll_);
  epoll_ = fresh;
  return 0;
}

}  // namespace eddy
