// Operations on files for coroutines: by the kernel where it performs them, or else by a thread.
#pragma once

#include <eddy/blocking.hpp>
#include <eddy/operation.hpp>
#include <eddy/task.hpp>

namespace eddy::detail {

// The kernel's number, or minus an errno; ECANCELED too.
task<std::int64_t> file_call(request r);

// Awaited to its end also when the coroutine is cancelled: what a thread does cannot be stopped,
// and uses the coroutine's memory.
template <class A>
class to_its_end : public awaitable<to_its_end<A>> {
 public:
  explicit to_its_end(A&& a) : inner_(std::move(a)) {}

  bool begin(const awaiting& a) {
    shield_ = context{a.in->core, &never_};
    return inner_.begin(awaiting{a.handle, a.promise, &shield_});
  }
  auto await_result() { return inner_.await_result(); }

 private:
  A inner_;
  cancellation never_;
  context shield_;
};

// By a thread, which may use what the caller has.
template <class F>
auto on_thread(F f) {
  return to_its_end<blocking<F>>(blocking<F>(work::ends_soon, std::move(f)));
}

}  // namespace eddy::detail
