#include <eddy/with_stop.hpp>

#include <new>

#include "base/memory.h"
#include "coro/loop_state.h"

namespace eddy::detail {
namespace {

// Outlives what it stops while its request is on the way.
struct request_on_the_way final : remote_request, posted {
  request_on_the_way(loop_state& l, cancellation& c) noexcept : posted(&arrive), on(l), stop(&c) {}

  static void arrive(posted& p, bool) {
    auto& r = static_cast<request_on_the_way&>(p);
    if (r.stop != nullptr) r.stop->request();
    r.forget();
  }
  void forget() noexcept {
    if (references.fetch_sub(1) == 1) engine::memory::destroy(this);
  }

  loop_state& on;
  cancellation* stop;  // for the loop's thread
  std::atomic<int> references{1};
};

}  // namespace

remote_request* remote_request::make(loop_core& on, cancellation& stop) noexcept {
  auto& state = static_cast<loop_state&>(on);
  auto* r = engine::memory::create<request_on_the_way>(state, stop);
  if (r != nullptr) state.base.add_virtual(1);
  return r;
}

void remote_request::request() noexcept {
  auto* r = static_cast<request_on_the_way*>(this);
  r->references.fetch_add(1);
  if (!r->on.post(*r)) r->forget();
}

void remote_request::end() noexcept {
  auto* r = static_cast<request_on_the_way*>(this);
  r->stop = nullptr;
  r->on.base.add_virtual(-1);
  r->forget();
}

}  // namespace eddy::detail
