// event2/event.h: looking at what is in a base.
#include <cstdio>

#include "capi/base.h"

using namespace eddy::engine;
using namespace eddy::engine::capi;

namespace {

struct foreach_call {
  event_base* base;
  event_base_foreach_event_cb function;
  void* argument;
};

int visit(watcher* w, void* context) {
  const auto* call = static_cast<foreach_call*>(context);
  return call->function(call->base, to_event(w), call->argument);
}

void print_bits(FILE* output, int bits) {
  if (bits & EV_READ) std::fputs(" Read", output);
  if (bits & EV_WRITE) std::fputs(" Write", output);
  if (bits & EV_CLOSED) std::fputs(" EOF", output);
  if (bits & EV_SIGNAL) std::fputs(" Signal", output);
}

void print_event(FILE* output, const watcher* w, const char* flavour) {
  std::fprintf(output, "  %p [%s %d", static_cast<const void*>(w), flavour, w->fd);
}

const char* flavour_of(const watcher* w) { return w->events & EV_SIGNAL ? "sig" : "fd "; }

int print_added(const event_base*, const event* ev, void* context) {
  auto* output = static_cast<FILE*>(context);
  const watcher* w = to_watcher(ev);
  if (!w->is(in_watch_list) && !w->is(in_timers)) return 0;
  print_event(output, w, flavour_of(w));
  std::fputc(']', output);
  print_bits(output, w->events);
  if (w->persistent()) std::fputs(" Persist", output);
  if (w->events & EV_ET) std::fputs(" ET", output);
  if (w->is(in_timers)) {
    timeval at{};
    (void)event_pending(ev, EV_TIMEOUT, &at);
    std::fprintf(output, " Timeout=%ld.%06ld", static_cast<long>(at.tv_sec),
                 static_cast<long>(at.tv_usec));
  }
  std::fputc('\n', output);
  return 0;
}

int print_active(const event_base*, const event* ev, void* context) {
  auto* output = static_cast<FILE*>(context);
  const watcher* w = to_watcher(ev);
  if (!w->is(in_active) && !w->is(in_active_later)) return 0;
  print_event(output, w, flavour_of(w));
  std::fprintf(output, ", priority=%d]", w->priority);
  print_bits(output, w->fired);
  if (w->fired & EV_TIMEOUT) std::fputs(" Timeout", output);
  std::fputs(" active", output);
  if (w->is(in_active_later)) std::fputs(" later", output);
  std::fputc('\n', output);
  return 0;
}

}  // namespace

extern "C" {

int event_base_foreach_event(event_base* base, event_base_foreach_event_cb function,
                             void* argument) {
  if (base == nullptr || function == nullptr) return -1;
  foreach_call call{base, function, argument};
  return base->for_each(visit, &call);
}

void event_base_dump_events(event_base* base, FILE* output) {
  std::fputs("Inserted events:\n", output);
  event_base_foreach_event(base, print_added, output);
  std::fputs("Active events:\n", output);
  event_base_foreach_event(base, print_active, output);
}

}  // extern "C"
