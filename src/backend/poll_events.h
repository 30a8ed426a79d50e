// Interest in the terms of poll(2), which poll, event ports and /dev/poll have in common.
#pragma once

#include <poll.h>

#include <cstdint>

#include "backend/backend.h"

namespace eddy::engine {

// Linux, FreeBSD 13 and illumos tell a peer's close apart; where they do not, nobody can ask for
// it.
#ifdef POLLRDHUP
constexpr int poll_closed = POLLRDHUP;
constexpr std::uint32_t poll_features = feature_any_fd | feature_early_close;
#else
constexpr int poll_closed = 0;
constexpr std::uint32_t poll_features = feature_any_fd;
#endif

inline short to_poll(interest wanted) {
  int events = 0;
  if (wanted & watch_read) events |= POLLIN;
  if (wanted & watch_write) events |= POLLOUT;
  if (wanted & watch_closed) events |= poll_closed;
  return static_cast<short>(events);
}

// An error or a hang-up makes both directions ready, so that whoever reads or writes finds it out.
inline interest from_poll(int events) {
  if (events & (POLLERR | POLLNVAL)) return watch_read | watch_write;
  if ((events & POLLHUP) && !(events & poll_closed)) return watch_read | watch_write;
  interest what = 0;
  if (events & POLLIN) what |= watch_read;
  if (events & POLLOUT) what |= watch_write;
  if (events & poll_closed) what |= watch_closed;
  return what;
}

}  // namespace eddy::engine
