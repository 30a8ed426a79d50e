// Compiled by one compiler, and awaited by coroutines of another: see mixed_caller.cpp.
#include "mixed.h"

using namespace std::chrono_literals;

static eddy::task<int> at_once(int n) { co_return n; }

eddy::task<int> add_one(int n) {
  const int same = co_await at_once(n);
  co_await eddy::sleep_for(0ns);
  const auto one = co_await eddy::as_result(eddy::with_timeout(1h, at_once(1)));
  co_return same + one.value();
}

eddy::async_generator<int> one_two_three() {
  co_yield 1;
  co_yield 2;
  co_await eddy::sleep_for(0ns);
  co_yield 3;
}

eddy::task<int> take_one(eddy::async_generator<int>& from) {
  const auto n = co_await from.next();
  co_return *n;
}
