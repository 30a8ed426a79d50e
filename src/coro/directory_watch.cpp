#include <sys/inotify.h>
#include <unistd.h>
#include <eddy/directory.hpp>
#include <eddy/operation.hpp>

#include <cerrno>
#include <cstring>

#include "base/sys.h"
#include "coro/file_info.h"

namespace eddy {
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

}  // namespace

directory_watch::directory_watch() : fd_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  if (!fd_) error::of_errno(errno, "watch directories").raise();
}

void directory_watch::add(const std::string& path) {
  detail::refuse_zeroes(path, "watch");
  const int number = ::inotify_add_watch(fd_.get(), path.c_str(), wanted);
  if (number < 0) error::of_errno(errno, "watch", path).raise();
  watched_[number] = path;
}

void directory_watch::remove(const std::string& path) noexcept {
  for (auto one = watched_.begin(); one != watched_.end();) {
    if (one->second != path) {
      ++one;
      continue;
    }
    (void)::inotify_rm_watch(fd_.get(), one->first);
    one = watched_.erase(one);
  }
}

task<change> directory_watch::next() {
  while (changes_.empty()) {
    struct alignas(inotify_event) {
      char bytes[16 << 10];
    } room;
    const ssize_t got = engine::sys::read(fd_.get(), room.bytes, sizeof room.bytes);
    if (got > 0) {
      take(room.bytes, static_cast<std::size_t>(got));
      continue;
    }
    if (got < 0 && errno != EAGAIN && errno != EINTR)
      error::of_errno(errno, "watch directories by", fd_.get()).raise();
    // The kernel tells both halves of a move together: what has not come by now went elsewhere.
    if (move_ != 0) {
      end_move();
      continue;
    }
    co_await readable(fd_.get());
  }
  change first = std::move(changes_.front());
  changes_.pop_front();
  co_return first;
}

void directory_watch::end_move() {
  if (move_ == 0) return;
  move_ = 0;
  changes_.push_back(std::move(left_));
}

void directory_watch::take(const char* bytes, std::size_t size) {
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
      changes_.push_back(std::move(c));
      continue;
    }
    const auto where = watched_.find(e.wd);
    if (where == watched_.end()) continue;
    c.directory = where->second;
    if ((e.mask & IN_MOVED_TO) && move_ != 0 && e.cookie == move_) {
      c.kind = change_kind::renamed;
      c.from_directory = std::move(left_.directory);
      c.from_name = std::move(left_.name);
      move_ = 0;
      changes_.push_back(std::move(c));
      continue;
    }
    end_move();
    if (e.mask & IN_MOVED_FROM) {
      c.kind = change_kind::removed;
      left_ = std::move(c);
      move_ = e.cookie;
      continue;
    }
    if (e.mask & IN_MOVE_SELF) {  // its name is not where it is any more
      (void)::inotify_rm_watch(fd_.get(), e.wd);
      continue;
    }
    if (e.mask & IN_IGNORED) {
      c.kind = change_kind::gone;
      changes_.push_back(std::move(c));
      watched_.erase(where);
      continue;
    }
    for (const kind_of_event& k : kinds)
      if (e.mask & k.mask) {
        c.kind = k.kind;
        changes_.push_back(std::move(c));
        break;
      }
  }
}

}  // namespace eddy
