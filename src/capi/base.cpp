// event2/event.h: bases - their end, priorities, counts, running and stopping.
#include <cerrno>

#include "capi/base.h"
#include "capi/settings.h"

using namespace eddy::engine;
using namespace eddy::engine::capi;

namespace {

void free_base(event_base* base, bool run_finalizers) {
  if (base == nullptr) {
    if (current_base == nullptr) {
      log_warnx("event_base_free: no base to free");
      return;
    }
    base = current_base;
  }
  if (base == current_base) current_base = nullptr;
  void* const coroutines = base->coroutines;
  const auto release_coroutines = base->release_coroutines;
  if (coroutines != nullptr) base->end_coroutines(coroutines);
  base->forget_everything(run_finalizers);
  release_once_events(base);
  release_hooks(base);
  for (timeval* tv : base->common_timevals) mm_free(tv);
  memory::destroy(base);
  if (coroutines != nullptr) release_coroutines(coroutines);
}

void end_loop(evutil_socket_t, short, void* argument) {
  static_cast<event_base*>(argument)->stop_after_turn();
}

}  // namespace

extern "C" {

void event_base_free(event_base* base) { free_base(base, true); }
void event_base_free_nofinalize(event_base* base) { free_base(base, false); }

int event_reinit(event_base* base) {
  if (base == nullptr) return -1;
  const int error = base->after_fork();
  if (error == 0) return 0;
  errno = error;
  log_warn("event_reinit: the loop could not start afresh after fork");
  return -1;
}

int event_base_priority_init(event_base* base, int count) {
  if (count < 1 || count >= EVENT_MAX_PRIORITIES) return -1;
  loop_guard guard(*base);
  return base->set_priorities(count) == 0 ? 0 : -1;
}

int event_base_get_npriorities(event_base* base) {
  if (base == nullptr) base = current_base;
  return base->priorities();
}

int event_base_get_num_events(event_base* base, unsigned int which) { return base->count(which); }

int event_base_get_max_events(event_base* base, unsigned int which, int clear) {
  return base->most(which, clear != 0);
}

int event_base_loop(event_base* base, int flags) { return static_cast<int>(base->run(flags)); }

int event_base_dispatch(event_base* base) { return event_base_loop(base, 0); }

int event_base_loopexit(event_base* base, const timeval* after) {
  return event_base_once(base, -1, EV_TIMEOUT, end_loop, base, after);
}

int event_base_loopbreak(event_base* base) {
  if (base == nullptr) return -1;
  base->stop_now();
  return 0;
}

int event_base_loopcontinue(event_base* base) {
  if (base == nullptr) return -1;
  base->restart_turn();
  return 0;
}

int event_base_got_exit(event_base* base) {
  loop_guard guard(*base);
  return base->stopped_after_turn() ? 1 : 0;
}

int event_base_got_break(event_base* base) {
  loop_guard guard(*base);
  return base->stopped_now() ? 1 : 0;
}

event* event_base_get_running_event(event_base* base) {
  loop_guard guard(*base);
  callback* c = base->running_callback();
  if (c == nullptr || c->kind > closure::persistent_event) return nullptr;
  return to_event(static_cast<watcher*>(c));
}

void event_base_active_by_fd(event_base* base, evutil_socket_t fd, short events) {
  base->activate_by_fd(fd, events);
}

void event_base_active_by_signal(event_base* base, int signal) { base->activate_by_signal(signal); }

}  // extern "C"
