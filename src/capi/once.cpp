// event_base_once: an event that the library owns until it has run.
#include "capi/base.h"
#include "capi/settings.h"

using namespace eddy::engine;
using namespace eddy::engine::capi;

namespace {

struct once_event {
  list_node link;
  event ev;
  event_callback_fn function;
  void* argument;
};

void run_once_event(evutil_socket_t fd, short what, void* argument) {
  auto* once = static_cast<once_event*>(argument);
  const event_callback_fn function = once->function;
  void* user_argument = once->argument;
  {
    loop_guard guard(*event_get_base(&once->ev));
    once->link.unlink();
  }
  function(fd, what, user_argument);
  event_debug_unassign(&once->ev);
  mm_free(once);
}

}  // namespace

namespace eddy::engine::capi {

void release_once_events(event_base* base) {
  while (!base->once_events.empty()) {
    auto* once = reinterpret_cast<once_event*>(base->once_events.front());
    once->link.unlink();
    debug_note_unassign(&once->ev);
    mm_free(once);
  }
}

}  // namespace eddy::engine::capi

extern "C" {

int event_base_once(event_base* base, evutil_socket_t fd, short events, event_callback_fn function,
                    void* argument, const timeval* timeout) {
  if (base == nullptr) base = current_base;
  // Nobody could take a signal back, and a persistent one would never be released.
  if (base == nullptr || (events & (EV_SIGNAL | EV_PERSIST))) return -1;
  auto* once = static_cast<once_event*>(mm_calloc(1, sizeof(once_event)));
  if (once == nullptr) return -1;
  once->function = function;
  once->argument = argument;
  int result = -1;
  bool at_once = false;
  if ((events & (EV_TIMEOUT | EV_SIGNAL | EV_READ | EV_WRITE | EV_CLOSED)) == EV_TIMEOUT) {
    result = event_assign(&once->ev, base, -1, 0, run_once_event, once);
    at_once = timeout == nullptr || (timeout->tv_sec == 0 && timeout->tv_usec == 0);
  } else if (events & (EV_READ | EV_WRITE | EV_CLOSED)) {
    result = event_assign(&once->ev, base, fd,
                          static_cast<short>(events & (EV_READ | EV_WRITE | EV_CLOSED)),
                          run_once_event, once);
  }
  loop_guard guard(*base);
  if (result == 0) {
    if (at_once)
      event_active(&once->ev, EV_TIMEOUT, 1);
    else
      result = event_add(&once->ev, timeout);
  }
  if (result != 0) {
    mm_free(once);
    return result;
  }
  base->once_events.push_front(&once->link);
  return 0;
}

}  // extern "C"
