// event2/event.h: events.
#include <event2/event.h>
#include <event2/event_compat.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstddef>
#include <new>

#include "capi/base.h"
#include "capi/settings.h"

using namespace eddy::engine;
using namespace eddy::engine::capi;

// A program's struct event is a watcher, byte for byte.
static_assert(sizeof(event) == sizeof(watcher) && alignof(event) == alignof(watcher));
static_assert(sizeof(event_callback) == sizeof(callback));
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winvalid-offsetof"
static_assert(offsetof(event, ev_fd) == offsetof(watcher, fd));
static_assert(offsetof(event, ev_base) == offsetof(watcher, owner));
static_assert(offsetof(event, ev_events) == offsetof(watcher, events));
static_assert(offsetof(event, ev_res) == offsetof(watcher, fired));
static_assert(own_part_offset == offsetof(watcher, own));
static_assert(offsetof(event, ev_timeout_pos) == offsetof(watcher, timeout_at));
static_assert(offsetof(event_callback, evcb_flags) == offsetof(callback, flags));
static_assert(offsetof(event_callback, evcb_pri) == offsetof(callback, priority));
static_assert(offsetof(event_callback, evcb_closure) == offsetof(callback, kind));
static_assert(offsetof(event_callback, evcb_cb_union) == offsetof(callback, on_event));
static_assert(offsetof(event_callback, evcb_arg) == offsetof(callback, argument));
#pragma GCC diagnostic pop

namespace {

// event_new with this as the argument means the event itself.
char self_argument;

event_base* base_of(const event* ev) {
  return static_cast<event_base*>(const_cast<loop*>(to_watcher(ev)->owner));
}

int refuse(const char* message) {
  log_warnx("%s", message);
  return -1;
}

int as_result(int error) {
  if (error == 0) return 0;
  errno = error;
  return -1;
}

int add_failed(const watcher* w, int error) {
  errno = error;
  if (w->is(is_finalizing))
    log_warnx("event_add: the event is being finalized and cannot be added any more");
  else if (!(w->events & EV_SIGNAL))
    log_warn("event_add: %s cannot watch descriptor %d", w->owner->backend_name(), w->fd);
  return -1;
}

// Neither negative, nor enormous, nor the name of a common timeout.
bool is_ordinary(const timeval& tv) {
  return static_cast<unsigned long>(tv.tv_sec) < INT_MAX &&
         static_cast<unsigned long>(tv.tv_usec) < 1'000'000;
}

std::int64_t ordinary_timeout(const timeval& tv) {
  return tv.tv_sec * nanoseconds_per_second + tv.tv_usec * 1000;
}

// Less than nothing is due at once, but, unlike nothing, it is a period for a persistent event.
std::int64_t timeout_of(const timeval& tv) {
  if (is_ordinary(tv)) return ordinary_timeout(tv);
  const bool negative = tv.tv_sec < 0 || tv.tv_usec < 0;
  const std::int64_t timeout = to_nanoseconds(tv);
  return negative && timeout == 0 ? 1 : timeout;
}

void look_at_del(event* ev, const char* function) {
  debug_require_assigned(ev, function);
  debug_note_del(ev);
  if (debug_logging_enabled())
    log_message(EVENT_LOG_DEBUG, "%s: event %p (descriptor %d)", function, static_cast<void*>(ev),
                to_watcher(ev)->fd);
}

void look_at_add(event* ev, bool with_timeout) {
  debug_require_assigned(ev, "event_add");
  const watcher* w = to_watcher(ev);
  if (debug_logging_enabled())
    log_message(EVENT_LOG_DEBUG, "event_add: event %p (descriptor %d)%s%s%s%s%s, callback %p",
                static_cast<void*>(ev), w->fd, w->events & EV_READ ? " read" : "",
                w->events & EV_WRITE ? " write" : "", w->events & EV_CLOSED ? " closed" : "",
                w->events & EV_SIGNAL ? " signal" : "", with_timeout ? " timeout" : "",
                reinterpret_cast<void*>(w->on_event));
}

int add_event(watcher* w, const timeval* timeout) {
  if (timeout == nullptr) return w->owner->add(w, forever);
  if (is_common(timeout)) {
    const int queue = common_queue_of(
        timeout, static_cast<const event_base*>(static_cast<const loop*>(w->owner)));
    if (queue >= 0) return w->owner->add_with_common_timeout(w, queue);
  }
  return w->owner->add(w, timeout_of(*timeout));
}

// With all that is asked of a call now and then.
[[gnu::noinline]] int add_with_care(event* ev, const timeval* timeout) {
  watcher* w = to_watcher(ev);
  if (w->owner == nullptr) return refuse("event_add: the event has no event_base");
  if (calls_are_looked_at) look_at_add(ev, timeout != nullptr);
  if (const int error = add_event(w, timeout)) return add_failed(w, error);
  if (calls_are_looked_at) debug_note_add(ev);
  return 0;
}

[[gnu::noinline]] int delete_with_care(event* ev, removal how, const char* function) {
  watcher* w = to_watcher(ev);
  if (w->owner == nullptr) return refuse("an event that has no event_base was deleted");
  if (calls_are_looked_at) look_at_del(ev, function);
  return as_result(w->owner->remove(w, how));
}

int delete_event(event* ev, removal how, const char* function) {
  watcher* w = to_watcher(ev);
  if (w->owner == nullptr || calls_are_looked_at) [[unlikely]]
    return delete_with_care(ev, how, function);
  return as_result(w->owner->remove(w, how));
}

}  // namespace

extern "C" {

void* event_self_cbarg() { return &self_argument; }

int event_assign(event* ev, event_base* base, evutil_socket_t fd, short events,
                 event_callback_fn callback_function, void* argument) {
  if (base == nullptr) base = current_base;
  debug_require_not_added(ev, "event_assign");
  if (events & EV_SIGNAL) {
    if (events & (EV_READ | EV_WRITE | EV_CLOSED))
      return refuse(
          "event_assign: EV_SIGNAL cannot be combined with EV_READ, EV_WRITE or EV_CLOSED");
  }
  watcher* w = new (ev) watcher;
  w->flags = is_initialised;
  w->on_event = callback_function;
  w->argument = argument == &self_argument ? ev : argument;
  w->fd = fd;
  w->owner = base;
  w->events = events;
  if (events & EV_SIGNAL)
    w->kind = closure::signal;
  else
    w->kind = events & EV_PERSIST ? closure::persistent_event : closure::event;
  if (base != nullptr) w->priority = static_cast<std::uint8_t>(base->priorities() / 2);
  debug_note_assign(ev);
  debug_require_nonblocking(ev, "event_assign");
  return 0;
}

event* event_new(event_base* base, evutil_socket_t fd, short events, event_callback_fn function,
                 void* argument) {
  auto* ev = static_cast<event*>(mm_malloc(sizeof(event)));
  if (ev == nullptr) return nullptr;
  if (event_assign(ev, base, fd, events, function, argument) < 0) {
    mm_free(ev);
    return nullptr;
  }
  return ev;
}

void event_free(event* ev) {
  event_del(ev);
  debug_note_unassign(ev);
  mm_free(ev);
}

void event_debug_unassign(event* ev) {
  debug_require_not_added(ev, "event_debug_unassign");
  debug_note_unassign(ev);
  to_watcher(ev)->clear(is_initialised);
}

int event_add(event* ev, const timeval* timeout) {
  watcher* w = to_watcher(ev);
  if (w->owner == nullptr || calls_are_looked_at || (timeout != nullptr && !is_ordinary(*timeout)))
      [[unlikely]]
    return add_with_care(ev, timeout);
  const int error = w->owner->add(w, timeout == nullptr ? forever : ordinary_timeout(*timeout));
  return error == 0 ? 0 : add_failed(w, error);
}

int event_del(event* ev) { return delete_event(ev, removal::wait_unless_finalizing, "event_del"); }
int event_del_block(event* ev) { return delete_event(ev, removal::wait, "event_del_block"); }
int event_del_noblock(event* ev) {
  return delete_event(ev, removal::do_not_wait, "event_del_noblock");
}

int event_remove_timer(event* ev) {
  watcher* w = to_watcher(ev);
  if (w->owner == nullptr) return refuse("event_remove_timer: the event has no event_base");
  debug_require_assigned(ev, "event_remove_timer");
  return w->owner->remove_timeout(w);
}

void event_active(event* ev, int result, short calls) {
  watcher* w = to_watcher(ev);
  if (w->owner == nullptr) {
    refuse("event_active: the event has no event_base");
    return;
  }
  debug_require_assigned(ev, "event_active");
  w->owner->activate(w, result, calls);
}

int event_pending(const event* ev, short events, timeval* tv) {
  const watcher* w = to_watcher(ev);
  if (w->owner == nullptr) return refuse("event_pending: the event has no event_base"), 0;
  debug_require_assigned(ev, "event_pending");
  loop_guard guard(*w->owner);
  int found = 0;
  if (w->is(in_watch_list)) found |= w->events & (EV_READ | EV_WRITE | EV_CLOSED | EV_SIGNAL);
  if (w->is(in_active) || w->is(in_active_later)) found |= w->fired;
  if (w->is(in_timers)) found |= EV_TIMEOUT;
  found &= events & (EV_TIMEOUT | EV_READ | EV_WRITE | EV_CLOSED | EV_SIGNAL);
  if (tv != nullptr && (found & EV_TIMEOUT) && w->is(in_timers)) {
    // The caller's clock is the time of day, the loop's is monotonic.
    timeval today{};
    event_base_gettimeofday_cached(base_of(ev), &today);
    const std::int64_t left = w->deadline - const_cast<watcher*>(w)->owner->now();
    *tv = to_timeval(saturating_add(to_nanoseconds(today), left));
  }
  return found;
}

int event_initialized(const event* ev) { return to_watcher(ev)->is(is_initialised) ? 1 : 0; }

int event_base_set(event_base* base, event* ev) {
  debug_require_assigned(ev, "event_base_set");
  watcher* w = to_watcher(ev);
  if (w->flags != is_initialised) return -1;
  w->owner = base;
  w->priority = static_cast<std::uint8_t>(base->priorities() / 2);
  return 0;
}

int event_priority_set(event* ev, int priority) {
  debug_require_assigned(ev, "event_priority_set");
  watcher* w = to_watcher(ev);
  if (w->owner == nullptr) return -1;
  return w->owner->set_priority(w, priority) == 0 ? 0 : -1;
}

evutil_socket_t event_get_fd(const event* ev) {
  debug_require_assigned(ev, "event_get_fd");
  return to_watcher(ev)->fd;
}

event_base* event_get_base(const event* ev) {
  debug_require_assigned(ev, "event_get_base");
  return base_of(ev);
}

short event_get_events(const event* ev) {
  debug_require_assigned(ev, "event_get_events");
  return to_watcher(ev)->events;
}

event_callback_fn event_get_callback(const event* ev) {
  debug_require_assigned(ev, "event_get_callback");
  return to_watcher(ev)->on_event;
}

void* event_get_callback_arg(const event* ev) {
  debug_require_assigned(ev, "event_get_callback_arg");
  return to_watcher(ev)->argument;
}

int event_get_priority(const event* ev) {
  debug_require_assigned(ev, "event_get_priority");
  return to_watcher(ev)->priority;
}

void event_get_assignment(const event* ev, event_base** base, evutil_socket_t* fd, short* events,
                          event_callback_fn* function, void** argument) {
  debug_require_assigned(ev, "event_get_assignment");
  const watcher* w = to_watcher(ev);
  if (base != nullptr) *base = base_of(ev);
  if (fd != nullptr) *fd = w->fd;
  if (events != nullptr) *events = w->events;
  if (function != nullptr) *function = w->on_event;
  if (argument != nullptr) *argument = w->argument;
}

std::size_t event_get_struct_event_size() { return sizeof(event); }

int event_finalize(unsigned flags, event* ev, event_finalize_callback_fn function) {
  (void)flags;
  watcher* w = to_watcher(ev);
  if (w->owner == nullptr) return refuse("event_finalize: the event has no event_base");
  return w->owner->finalize(w, reinterpret_cast<finalize_function>(function), false);
}

int event_free_finalize(unsigned flags, event* ev, event_finalize_callback_fn function) {
  (void)flags;
  watcher* w = to_watcher(ev);
  if (w->owner == nullptr) return refuse("event_free_finalize: the event has no event_base");
  return w->owner->finalize(w, reinterpret_cast<finalize_function>(function), true);
}

}  // extern "C"
