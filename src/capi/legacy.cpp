// event2/event_compat.h: the interface without a base, which means the one of the last event_init.
#include <event2/event_compat.h>

#include "capi/base.h"
#include "capi/settings.h"

using namespace eddy::engine::capi;

extern "C" {

void event_set(event* ev, evutil_socket_t fd, short events,
               void (*function)(evutil_socket_t, short, void*), void* argument) {
  if (event_assign(ev, current_base, fd, events, function, argument) != 0)
    log_warnx("event_set: the event could not be set up");
}

int event_dispatch() { return event_base_loop(current_base, 0); }
int event_loop(int flags) { return event_base_loop(current_base, flags); }
int event_loopexit(const timeval* after) { return event_base_loopexit(current_base, after); }
int event_loopbreak() { return event_base_loopbreak(current_base); }

int event_once(evutil_socket_t fd, short events, void (*function)(evutil_socket_t, short, void*),
               void* argument, const timeval* timeout) {
  return event_base_once(current_base, fd, events, function, argument, timeout);
}

const char* event_get_method() { return event_base_get_method(current_base); }

int event_priority_init(int count) { return event_base_priority_init(current_base, count); }

}  // extern "C"
