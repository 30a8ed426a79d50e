// Compilers hand over between coroutines in two ways (eddy/api.hpp); here one awaits the other's.
#include "mixed.h"

#include <cstdio>

using namespace std::chrono_literals;

static eddy::task<int> at_once(int n) { co_return n; }

static eddy::task<int> all() {
  int sum = co_await at_once(1);
  sum += co_await add_one(2);
  const auto three = co_await eddy::as_result(eddy::with_timeout(1h, add_one(2)));
  sum += three.value();
  auto numbers = one_two_three();
  sum += co_await take_one(numbers);
  const auto two = co_await numbers.next();
  sum += *two;
  sum += co_await take_one(numbers);
  co_return sum;
}

int main() {
  eddy::loop loop;
  std::printf("%d\n", loop.run(all()));
}
