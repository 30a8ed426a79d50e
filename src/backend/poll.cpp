#include "backend/poll.h"

#include <cerrno>
#include <climits>

#include "base/memory.h"
#include "base/sys.h"

namespace eddy::engine {
namespace {

// Rounded up, so that a timer is never early.
int to_milliseconds(std::int64_t timeout) {
  if (timeout <= 0) return timeout == 0 ? 0 : -1;
  const std::int64_t ms = timeout / 1'000'000 + (timeout % 1'000'000 != 0);
  return ms > INT_MAX ? INT_MAX : static_cast<int>(ms);
}

}  // namespace

poll_backend* poll_backend::create() { return memory::create<poll_backend>(); }

int poll_backend::update(int fd, bool known, interest wanted, std::uint32_t tag) {
  (void)known;
  if (wanted == 0) {
    forget(fd);
    return 0;
  }
  const int place = place_for(fd);
  if (place < 0) return ENOMEM;
  polled_[static_cast<std::size_t>(place)].events = to_poll(wanted);
  tags_[static_cast<std::size_t>(place)] = tag;
  return 0;
}

int poll_backend::place_for(int fd) {
  const auto index = static_cast<std::size_t>(fd);
  if (index >= place_.size() && !place_.resize(index + 1, -1)) return -1;
  if (place_[index] >= 0) return place_[index];
  if (!polled_.reserve(polled_.size() + 1) || !tags_.reserve(tags_.size() + 1)) return -1;
  place_[index] = static_cast<int>(polled_.size());
  polled_.push_reserved(pollfd{fd, 0, 0});
  tags_.push_reserved(0);
  return place_[index];
}

// The last one takes the free place.
void poll_backend::forget(int fd) {
  const auto index = static_cast<std::size_t>(fd);
  if (index >= place_.size() || place_[index] < 0) return;
  const auto place = static_cast<std::size_t>(place_[index]);
  place_[index] = -1;
  const pollfd last = polled_.pop_back();
  const std::uint32_t last_tag = tags_.pop_back();
  if (place == polled_.size()) return;
  polled_[place] = last;
  tags_[place] = last_tag;
  place_[static_cast<std::size_t>(last.fd)] = static_cast<int>(place);
}

int poll_backend::wait(std::int64_t timeout, fired_list& fired_now) {
  if (!fired_now.ready.reserve(fired_now.ready.size() + polled_.size())) return ENOMEM;
  int left = sys::poll(polled_.data(), polled_.size(), to_milliseconds(timeout));
  if (left < 0) return errno;
  const std::size_t count = polled_.size();
  const std::size_t first_new = fired_now.ready.size();
  bool some_closed = false;
  if (start_ >= count) start_ = 0;
  for (std::size_t i = 0, at = start_; i < count && left > 0; ++i, ++at) {
    if (at == count) at = 0;
    if (polled_[at].revents == 0) continue;
    --left;
    some_closed |= (polled_[at].revents & POLLNVAL) != 0;
    fired_now.ready.push_reserved(fired{from_poll(polled_[at].revents), polled_[at].fd, tags_[at]});
  }
  ++start_;
  if (some_closed) forget_closed(fired_now, first_new);
  return 0;
}

// A descriptor that was closed while it was watched: its owner is told once (the next call on it
// gives EBADF), and it is watched no longer, or each wait would return at once.
void poll_backend::forget_closed(const fired_list& fired_now, std::size_t first_new) {
  for (std::size_t i = first_new; i < fired_now.ready.size(); ++i) {
    const int fd = fired_now.ready[i].fd;
    const int place = place_[static_cast<std::size_t>(fd)];
    if (place >= 0 && (polled_[static_cast<std::size_t>(place)].revents & POLLNVAL)) forget(fd);
  }
}

int poll_backend::after_fork() {
  polled_.clear();
  tags_.clear();
  place_.clear();
  return 0;
}

}  // namespace eddy::engine
