// Operations and system calls that remember what happened to them.
#pragma once

#include <functional>

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

// While it lives, system calls of one kind fail: `error(n)` says with what (0: not at all), for the
// n-th of them.
class failing_calls : public sys::interceptor {
 public:
  failing_calls(sys::call which, std::function<int(int)> error)
      : which_(which), error_(std::move(error)) {
    sys::set_interceptor(this);
  }
  ~failing_calls() override { sys::set_interceptor(nullptr); }
  failing_calls(const failing_calls&) = delete;
  failing_calls& operator=(const failing_calls&) = delete;

  int before(sys::call which, int, std::size_t&) override {
    return which == which_ ? error_(++seen_) : 0;
  }
  int seen() const { return seen_; }

 private:
  sys::call which_;
  std::function<int(int)> error_;
  int seen_ = 0;
};

}  // namespace eddy::engine::test
