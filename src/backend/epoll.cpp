#include "backend/epoll.h"

#include <bit>
#include <cerrno>
#include <cstddef>

#include "base/memory.h"
#include "base/sys.h"
#include "base/sys_epoll.h"

namespace eddy::engine {
namespace {

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
constexpr interest from_epoll(std::uint32_t events) {
  if ((events & EPOLLERR) || ((events & EPOLLHUP) && !(events & EPOLLRDHUP)))
    return watch_read | watch_write;
  interest what = 0;
  if (events & EPOLLIN) what |= watch_read;
  if (events & EPOLLOUT) what |= watch_write;
  if (events & EPOLLRDHUP) what |= watch_closed;
  return what;
}

// The five low bits and EPOLLRDHUP, which is all that is asked for and so all that is told, as an
// index: the branches above cost 26 instructions per event, the table 4.
constexpr std::uint32_t index_of(std::uint32_t events) {
  static_assert(EPOLLRDHUP == 0x2000);
  return (events | events >> 8) & 0x3f;
}

struct meaning_table {
  interest what[64] = {};
  constexpr meaning_table() {
    for (std::uint32_t i = 0; i < 64; ++i)
      what[i] = from_epoll((i & 0x1f) | ((i & 0x20) ? std::uint32_t{EPOLLRDHUP} : 0u));
  }
};

constexpr meaning_table meanings;

}  // namespace

epoll_event* epoll_backend::as_epoll_events(fired* list) {
  static_assert(sizeof(fired) == sizeof(epoll_event));
  static_assert(offsetof(fired, what) == offsetof(epoll_event, events));
  static_assert(offsetof(fired, fd) == offsetof(epoll_event, data));
  static_assert(std::endian::native == std::endian::little);  // the data is tag << 32 | fd
  return reinterpret_cast<epoll_event*>(list);
}

epoll_backend* epoll_backend::create() {
  const int epoll = sys::epoll_create();
  if (epoll < 0) return nullptr;
  auto* made = memory::create<epoll_backend>(epoll);
  if (made != nullptr) return made;
  sys::close(epoll);
  errno = ENOMEM;
  return nullptr;
}

epoll_backend::~epoll_backend() {
  if (epoll_ >= 0) sys::close(epoll_);
}

// The descriptor may have been closed and opened again behind our back, in either direction; so
// each answer that contradicts what we believe is followed by the opposite request.
int epoll_backend::set(int fd, std::uint32_t events, std::uint32_t tag, bool known) {
  const std::uint64_t data = static_cast<std::uint64_t>(tag) << 32 | static_cast<std::uint32_t>(fd);
  if (sys::epoll_ctl(epoll_, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, events, data) == 0)
    return 0;
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

// epoll_wait has written to the list itself, which saves a copy: only the meaning is put right.
void epoll_backend::translate(fired* list, int count) {
  for (fired* f = list; f != list + count; ++f) f->what = meanings.what[index_of(f->what)];
}

int epoll_backend::wait(std::int64_t timeout, fired_list& fired_now) {
  if (!fired_now.ready.reserve(fired_now.ready.size() + capacity_)) return ENOMEM;
  fired* const list = fired_now.ready.end();
  const int count =
      sys::epoll_wait(epoll_, as_epoll_events(list), static_cast<int>(capacity_), timeout);
  if (count < 0) return errno;
  translate(list, count);
  (void)fired_now.ready.grow_reserved(static_cast<std::size_t>(count));
  if (static_cast<std::size_t>(count) == capacity_) {
    fired_now.more = true;
    if (capacity_ < most_capacity) capacity_ *= 2;
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

}  // namespace eddy::engine
