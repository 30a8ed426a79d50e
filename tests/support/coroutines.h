// For tests of the coroutine face, which see nothing of the engine: loops of each backend, and
// counts of what was allocated.
#pragma once

#include <gtest/gtest.h>

#include <eddy/eddy.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace eddy::test {

using namespace std::chrono_literals;

inline std::vector<std::string> backend_names() {
  backend_info all[16];
  const std::size_t count = list_backends(all, 16);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i)
    if (all[i].available) names.emplace_back(all[i].name);
  return names;
}

class coroutines_on_every_backend : public testing::TestWithParam<std::string> {
 protected:
  loop on{loop_options{.backend = GetParam().c_str()}};
};

#define EDDY_COROUTINES_ON_EVERY_BACKEND(fixture)                                            \
  INSTANTIATE_TEST_SUITE_P(backend, fixture, testing::ValuesIn(eddy::test::backend_names()), \
                           [](const auto& one) { return one.param; })

// Calls of operator new so far, and blocks of it that are there.
long allocations();
long blocks();
// The allocation of this thread that has this number from now on fails, 1 the next (0: none); and
// whether that is still to come.
void fail_allocation(long number);
bool allocation_is_to_fail();
// For other ways to take memory: whether this one is it.
bool allocation_fails();

inline task<> sleep_long() { co_await sleep_for(24h); }
inline task<> sleep_short() { co_await sleep_for(1ms); }

// Waits for nobody; can be cancelled.
struct no_wait_ends : awaitable<no_wait_ends>, detail::leaf {
  no_wait_ends() : leaf(&stop) {}
  no_wait_ends(const no_wait_ends&) : no_wait_ends() {}
  bool begin(const awaiting& a) noexcept { return wait(a); }
  result<void> await_result() const {
    return error(std::errc::operation_canceled, "wait for ever");
  }
  static void stop(stoppable& s) noexcept { static_cast<no_wait_ends&>(s).wake(); }
};
inline task<> wait_for_ever() { co_await no_wait_ends(); }

// Goes on in the next round; cannot be cancelled.
struct yield_once : awaitable<yield_once>, detail::leaf {
  yield_once() : leaf(nullptr) {}
  yield_once(const yield_once&) : yield_once() {}
  bool begin(const awaiting& a) noexcept {
    who = a;
    wake();
    return true;
  }
  result<void> await_result() const { return {}; }
};

// The code of what `f` throws, or 0.
template <class F>
std::error_code code_of(F f) {
  try {
    f();
  } catch (const std::system_error& e) {
    return e.code();
  }
  return {};
}

}  // namespace eddy::test
