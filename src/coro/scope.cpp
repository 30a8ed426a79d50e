#include <eddy/scope.hpp>

#include <cstdio>

#include <eddy/loop.hpp>

namespace eddy {
namespace detail {

void children::fail(std::exception_ptr thrown) noexcept {
  if (failure_ != nullptr) return;
  if (stop->requested() && is_cancelled(thrown)) {  // it was asked to
    if (cut_short_ == nullptr) cut_short_ = std::move(thrown);
    return;
  }
  failure_ = std::move(thrown);
  stop->request();
}

std::coroutine_handle<> children::child_ended(owner& o, promise_base& p,
                                              std::coroutine_handle<> h) noexcept {
  auto& all = static_cast<children&>(o);
  std::exception_ptr thrown = p.take_failure();
  h.destroy();
  if (thrown != nullptr) all.fail(std::move(thrown));
  return all.exit();
}

}  // namespace detail

scope::scope(loop& on) noexcept : scope() {
  core = &on.core();
  stop = &own_;
  own_.attach(core->stop);
}

void scope::die() const noexcept {
  std::fprintf(stderr,
               "eddy: a scope was destroyed while %zu of its tasks still ran; co_await its join() "
               "first, or use with_scope\n",
               count());
  std::terminate();
}

}  // namespace eddy
