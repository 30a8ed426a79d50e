// Operations and system calls that remember what happened to them.
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "base/sys.h"
#include "ops/ops.h"

namespace eddy::engine::test {

// An operation that remembers how it ended.
struct recorded : operation {
  int calls = 0;
  std::int64_t ended_with = 0;
  std::function<void(recorded&)> then;

  recorded() {
    on_self = [](callback* c, void*) {
      auto* self = static_cast<recorded*>(static_cast<operation*>(c));
      ++self->calls;
      self->ended_with = self->result;
      if (self->then) self->then(*self);
    };
  }
};

// The calls that tell a kernel what to watch, and those that wait.
inline std::vector<sys::call> calls_that_watch() {
  return {sys::call::epoll_ctl, sys::call::kevent_change, sys::call::port_associate,
          sys::call::dev_poll_write};
}
inline std::vector<sys::call> calls_that_wait() {
  return {sys::call::epoll_wait,  sys::call::poll,      sys::call::select,
          sys::call::kevent_wait, sys::call::port_wait, sys::call::dev_poll_wait};
}

// While it lives, system calls of one kind, or of several, fail: `error(n)` says with what (0: not
// at all), for the n-th of them.
class failing_calls : public sys::interceptor {
 public:
  failing_calls(sys::call which, std::function<int(int)> error)
      : failing_calls(std::vector{which}, std::move(error)) {}
  failing_calls(std::vector<sys::call> which, std::function<int(int)> error)
      : which_(std::move(which)), error_(std::move(error)) {
    sys::set_interceptor(this);
  }
  ~failing_calls() override { sys::set_interceptor(nullptr); }
  failing_calls(const failing_calls&) = delete;
  failing_calls& operator=(const failing_calls&) = delete;

  int before(sys::call which, int, std::size_t&) override {
    return std::find(which_.begin(), which_.end(), which) != which_.end() ? error_(++seen_) : 0;
  }
  int seen() const { return seen_; }

 private:
  std::vector<sys::call> which_;
  std::function<int(int)> error_;
  int seen_ = 0;
};

}  // namespace eddy::engine::test
