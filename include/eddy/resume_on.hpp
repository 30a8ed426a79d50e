// eddy/resume_on.hpp - moving a coroutine to another loop, and so to another thread.
//
//   co_await eddy::resume_on(other);    // from here on it runs on that loop's thread
//   ...
//   co_await eddy::resume_on(home);     // and back
//
// Only the coroutine that awaits it moves; who awaits *it* stays, and gets the result on the loop
// where it waits: at its end, or where it yields, a coroutine goes home by itself. What it awaits
// after the move runs on the other loop. Whatever belongs to the loop it came from (streams,
// mutexes, channels, scopes, also the scope that it is a task of) must not be touched until it is
// back; nor may a scope, a when_all or a with_timeout of its own be left open across a move.
//
// A cancellation at home reaches it there; so does a stop of the other loop. The move itself is
// never cancelled: whoever moved back to clean up is there. It fails with operation_canceled when
// that loop is closed; then the coroutine is on its own loop.
//
// Both loops must run: the other one to take it (it does not stay for visitors that are yet to
// come: see loop::hold), its own, which goes on until it is back. Costs one block of memory for the
// journey, and a wake-up each way.
#pragma once

#include <eddy/loop.hpp>

namespace eddy {

class [[nodiscard("a coroutine moves when resume_on is awaited")]] resume_on
    : public awaitable<resume_on> {
 public:
  // To a loop, which must be there when it is awaited.
  [[nodiscard("a coroutine moves when resume_on is awaited")]] explicit resume_on(loop &
                                                                                  to) noexcept
      : to_(&to.core()) {}

  // Not within with_timeout and the like: they stay where they are. Fails with invalid_argument.
  EDDY_API bool begin(const awaiting& a) noexcept;
  result<void> await_result() const noexcept {
    if (outcome_ == 0) [[likely]]
      return {};
    return error::of_errno(outcome_, "move to another loop");
  }

 private:
  detail::loop_core* to_;
  int outcome_ = 0;
};

}  // namespace eddy
