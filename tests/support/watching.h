// Watchers that run a function and remember, and a clock that tests drive.
#pragma once

#include <functional>
#include <utility>

#include "loop/loop.h"

namespace eddy::engine::test {

struct watching : watcher {
  std::function<void()> run;
  int calls = 0;
  int last = 0;  // what was told the last time

  // `number`: a descriptor, a signal, or -1 for a timer.
  watching(loop& l, int number, int wanted, std::function<void()> what = {})
      : run(std::move(what)) {
    flags = is_initialised;
    kind = (wanted & watch_signal) != 0    ? closure::signal
           : (wanted & watch_persist) != 0 ? closure::persistent_event
                                           : closure::event;
    events = static_cast<std::int16_t>(wanted);
    fd = number;
    owner = &l;
    argument = this;
    on_event = [](int, short told, void* self) {
      auto* w = static_cast<watching*>(self);
      ++w->calls;
      w->last = told;
      if (w->run) w->run();
    };
  }
};

class driven_clock {
 public:
  clock_source source() {
    return {[](void* self) { return static_cast<driven_clock*>(self)->now; }, this};
  }
  std::int64_t now = 1'000'000'000'000;
};

}  // namespace eddy::engine::test
