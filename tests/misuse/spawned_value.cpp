// says: spawn takes an eddy::task<void>, or a function without parameters that returns one
#include <eddy/eddy.hpp>

eddy::task<int> count() { co_return 1; }

eddy::task<> work(eddy::scope& scope) {
#ifdef FIXED
  scope.spawn([]() -> eddy::task<> { (void)co_await count(); });
#else
  scope.spawn(count());
#endif
  co_await scope.join();
}
