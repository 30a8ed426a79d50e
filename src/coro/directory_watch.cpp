#include <sys/inotify.h>
#include <unistd.h>
#include <eddy/directory.hpp>
#include <eddy/operation.hpp>

#include <cerrno>
#include <cstring>
#include <deque>
#include <map>

#include "base/sys.h"
#include "coro/file_info.h"

namespace eddy {
namespace detail {

struct watched_directories {
  owned_descriptor fd{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
  std::map<int, std::string> names;
  std::deque<change> changes;
  // One that left under this number, and may come in again as the next thing that is told.
  std::uint32_t move = 0;
  change left;

  void take(const char* bytes, std::size_t size);
  void end_move();
};

void end_watching::operator()(watched_directories* w) const noexcept { delete w; }

}  // namespace detail

namespace {

constexpr std::uint32_t wanted = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                                 IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;

struct kind_of_event {
  std::uint32_t mask;
  change_kind kind;
};
constexpr kind_of_event kinds[] = {{IN_CREATE, change_kind::created},
                                   {IN_MOVED_TO, change_kind::created},
                                   {IN_DELETE, change_kind::removed},
                                   {IN_CLOSE_WRITE, change_kind::written},
                                   {IN_ATTRIB, change_kind::attributes}};

// None in one that was moved from.
detail::watched_directories& checked(
    const std::unique_ptr<detail::watched_directories, detail::end_watching>& state) {
  if (state == nullptr) error::of_errno(EBADF, "watch directories").raise();
  return *state;
}

}  // namespace

directory_watch::directory_watch() : state_(new detail::watched_directories) {
  if (!state_->fd) error::of_errno(errno, "watch directories").raise();
}

void directory_watch::add(const std::string& path) {
  auto& s = checked(state_);
  detail::refuse_zeroes(path, "watch");
  const int number = ::inotify_add_watch(s.fd.get(), path.c_str(), wanted);
  if (number < 0) error::of_errno(errno, "watch", path).raise();
  s.names[number] = path;
}

void directory_watch::remove(const std::string& path) noexcept {
  if (state_ == nullptr) return;
  for (auto one = state_->names.begin(); one != state_->names.end();) {
    if (one->second != path) {
      ++one;
      continue;
    }
    (void)::inotify_rm_watch(state_->fd.get(), one->first);
    one = state_->names.erase(one);
  }
}

task<change> directory_watch::next() {
  auto& s = checked(state_);
  while (s.changes.empty()) {
    struct alignas(inotify_event) {
      char bytes[16 << 10];
    } room;
    const ssize_t got = engine::sys::read(s.fd.get(), room.bytes, sizeof room.bytes);
    if (got > 0) {
      s.take(room.bytes, static_cast<std::size_t>(got));
      continue;
    }
    if (got < 0 && errno != EAGAIN && errno != EINTR)
      error::of_errno(errno, "watch directories by", s.fd.get()).raise();
    // The kernel tells both halves of a move together: what has not come by now went elsewhere.
    if (s.move != 0) {
      s.end_move();
      continue;
    }
    co_await readable(s.fd.get());
  }
  change first = std::move(s.changes.front());
  s.changes.pop_front();
  co_return first;
}

namespace detail {

void watched_directories::end_move() {
  if (move == 0) return;
  move = 0;
  changes.push_back(std::move(left));
}

void watched_directories::take(const char* bytes, std::size_t size) {
  for (std::size_t at = 0; at + sizeof(inotify_event) <= size;) {
    inotify_event e;
    std::memcpy(&e, bytes + at, sizeof e);
    const char* name = bytes + at + sizeof e;
    at += sizeof e + e.len;
    change c;
    c.is_directory = (e.mask & IN_ISDIR) != 0;
    if (e.len != 0) c.name = name;  // (padded with zeroes)
    if (e.mask & IN_Q_OVERFLOW) {
      end_move();
      changes.push_back(std::move(c));
      continue;
    }
    const auto where = names.find(e.wd);
    if (where == names.end()) continue;
    c.directory = where->second;
    if ((e.mask & IN_MOVED_TO) && move != 0 && e.cookie == move) {
      c.kind = change_kind::renamed;
      c.from_directory = std::move(left.directory);
      c.from_name = std::move(left.name);
      move = 0;
      changes.push_back(std::move(c));
      continue;
    }
    end_move();
    if (e.mask & IN_MOVED_FROM) {
      c.kind = change_kind::removed;
      left = std::move(c);
      move = e.cookie;
      continue;
    }
    if (e.mask & IN_MOVE_SELF) {  // its name is not where it is any more
      (void)::inotify_rm_watch(fd.get(), e.wd);
      continue;
    }
    if (e.mask & IN_IGNORED) {
      c.kind = change_kind::gone;
      changes.push_back(std::move(c));
      names.erase(where);
      continue;
    }
    for (const kind_of_event& k : kinds)
      if (e.mask & k.mask) {
        c.kind = k.kind;
        changes.push_back(std::move(c));
        break;
      }
  }
}

}  // namespace detail
}  // namespace eddy
