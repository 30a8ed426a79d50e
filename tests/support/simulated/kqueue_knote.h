// One registered event of a simulated kqueue, and what its filter says of it.
#pragma once

#include <sys/event.h>

#include <cstdint>

#include "descriptors.h"

namespace eddy::simulated {

struct knote {
  struct kevent set = {};  // as it was registered first, but for what may be changed
  std::uint32_t serial = 0;
  bool disabled = false;
  bool active = false;   // EV_CLEAR: something new came. EVFILT_USER: triggered
  bool stalled = false;  // poll(2) says ready, the filter does not

  // Of a descriptor.
  identity file;
  bool is_socket = false;
  bool is_regular = false;
  bool was_connected = false;

  // EVFILT_SIGNAL: how many had come when it was told last.
  unsigned seen = 0;

  // EVFILT_TIMER, in ns.
  clockid_t clock = CLOCK_MONOTONIC;
  std::int64_t next = forever;
  std::int64_t period = 0;  // 0: once

  int descriptor() const { return static_cast<int>(set.ident); }
  bool is_descriptor() const { return set.filter == EVFILT_READ || set.filter == EVFILT_WRITE; }
  bool by_edge() const { return (set.flags & EV_CLEAR) != 0; }
  // What poll(2) is asked for to sleep until it fires.
  short poll_events() const;
};

// 0 or the errno for which it cannot be registered.
int check_descriptor(knote& k);
int start_timer(knote& k);

// Whether it is to be told, and then what. `ready`: what poll(2) says of the descriptor.
bool fires(knote& k, short ready, struct kevent& told);
// It was told: counts start again.
void was_told(knote& k);

// The user's trigger and flags.
void touch_user(knote& k, const struct kevent& change);

}  // namespace eddy::simulated
