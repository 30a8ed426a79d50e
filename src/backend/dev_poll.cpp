#include "backend/dev_poll.h"

#include <sys/devpoll.h>

#include <algorithm>
#include <cerrno>

#include "base/memory.h"
#include "base/sys.h"
#include "base/sys_dev_poll.h"

namespace eddy::engine {
namespace {

constexpr std::size_t most_capacity = 4096;

// What can pass, or is not one entry's fault.
bool concerns_all(int error) {
  return error == EINTR || error == EAGAIN || error == ENOMEM || error == EACCES;
}

}  // namespace

dev_poll_backend* dev_poll_backend::create() {
  const int device = sys::dev_poll_open();
  if (device < 0) return nullptr;
  auto* made = memory::create<dev_poll_backend>(device);
  if (made != nullptr) return made;
  sys::close(device);
  errno = ENOMEM;
  return nullptr;
}

dev_poll_backend::~dev_poll_backend() {
  if (device_ >= 0) sys::close(device_);
}

// A descriptor that is not open is found out by the wait: also the device takes it, and answers
// POLLNVAL later.
int dev_poll_backend::update(int fd, bool known, interest wanted, std::uint32_t tag) {
  (void)known;
  const auto index = static_cast<std::size_t>(fd);
  if (index >= entries_.size()) {
    if (wanted == 0) return 0;
    if (!entries_.resize(index + 1, entry{})) return ENOMEM;
  }
  entry& e = entries_[index];
  if (!e.queued && !changed_.push_back(fd)) return ENOMEM;
  e.queued = true;
  e.wanted = to_poll(wanted);
  e.tag = tag;
  return 0;
}

// POLLREMOVE first: what is written for a descriptor that is in the set is added to what is wanted
// there, it does not replace it (poll(4D)). Both go in one write; also for a new registration (by
// its tag) that wants what was wanted before, since the descriptor may have been closed and opened
// again in between.
int dev_poll_backend::write_changes(fired_list& fired_now) {
  if (changed_.empty()) return 0;
  if (!entries_to_write_.reserve(changed_.size() * 2) ||
      !fired_now.ready.reserve(fired_now.ready.size() + changed_.size()))
    return ENOMEM;
  entries_to_write_.clear();
  for (const int fd : changed_) {
    const entry& e = entries_[static_cast<std::size_t>(fd)];
    if (e.is_settled()) continue;
    if (e.written != 0) entries_to_write_.push_reserved(pollfd{fd, POLLREMOVE, 0});
    if (e.wanted != 0) entries_to_write_.push_reserved(pollfd{fd, e.wanted, 0});
  }
  if (!entries_to_write_.empty() &&
      sys::dev_poll_write(device_, entries_to_write_.data(), entries_to_write_.size()) != 0) {
    if (concerns_all(errno)) return errno;
    // The answer does not say which entry was refused, nor whether those before it were taken.
    for (const int fd : changed_)
      if (const int error = write_one(fd, fired_now)) return error;
  }
  settled();
  return 0;
}

int dev_poll_backend::write_one(int fd, fired_list& fired_now) {
  entry& e = entries_[static_cast<std::size_t>(fd)];
  if (e.is_settled()) return 0;
  // Refused where the descriptor was closed: then it is in no set any more.
  const pollfd removal{fd, POLLREMOVE, 0};
  (void)sys::dev_poll_write(device_, &removal, 1);
  const pollfd addition{fd, e.wanted, 0};
  if (e.wanted == 0 || sys::dev_poll_write(device_, &addition, 1) == 0) return 0;
  if (concerns_all(errno)) return errno;
  // As poll(2) does with what is not open: its owner is told once, and the next call says why.
  fired_now.ready.push_reserved(fired{watch_read | watch_write, fd, e.tag});
  e.wanted = 0;
  return 0;
}

void dev_poll_backend::settled() {
  for (const int fd : changed_) {
    entry& e = entries_[static_cast<std::size_t>(fd)];
    e.queued = false;
    e.written = e.wanted;
    e.written_tag = e.tag;
  }
  changed_.clear();
}

int dev_poll_backend::wait(std::int64_t timeout, fired_list& fired_now) {
  const std::size_t before = fired_now.ready.size();
  if (const int error = write_changes(fired_now)) return error;
  if (fired_now.ready.size() != before) timeout = 0;
  // EINVAL for as many as a process may have open (poll(4D): dp_nfds, OPEN_MAX).
  const std::size_t most = std::min(capacity_, static_cast<std::size_t>(sys::get_fd_limit() - 1));
  if (!polled_.reserve(most) || !fired_now.ready.reserve(fired_now.ready.size() + most))
    return ENOMEM;
  const int count = sys::dev_poll_wait(device_, polled_.data(), most, timeout);
  if (count < 0) return errno;
  for (int i = 0; i < count; ++i) {
    const pollfd& one = polled_.data()[i];
    const auto index = static_cast<std::size_t>(one.fd);
    if (index >= entries_.size()) continue;
    fired_now.ready.push_reserved(fired{from_poll(one.revents), one.fd, entries_[index].tag});
    if (one.revents & POLLNVAL) forget(one.fd);
  }
  if (static_cast<std::size_t>(count) == most) {
    fired_now.more = true;
    if (capacity_ < most_capacity) capacity_ *= 2;
  }
  return 0;
}

// It was closed and is in the set still, or each wait would return at once (poll(4D): "you should
// remove a closed file descriptor").
void dev_poll_backend::forget(int fd) { (void)update(fd, true, 0, 0); }

// The set belongs to the process that opened the device: a child's writes and ioctls are refused
// with EACCES (poll(4D)).
int dev_poll_backend::after_fork() {
  const int fresh = sys::dev_poll_open();
  if (fresh < 0) return errno;
  sys::close(device_);
  device_ = fresh;
  entries_.clear();
  changed_.clear();
  return 0;
}

}  // namespace eddy::engine
