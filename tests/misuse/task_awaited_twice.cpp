// says: a task is awaited once: co_await std::move(t), or await the call itself
#include <eddy/eddy.hpp>

#include <utility>

eddy::task<int> count() { co_return 1; }

eddy::task<int> count_twice() {
  auto once = count();
#ifdef FIXED
  const int first = co_await std::move(once);
  co_return first + co_await count();
#else
  const int first = co_await once;
  co_return first + 1;
#endif
}
