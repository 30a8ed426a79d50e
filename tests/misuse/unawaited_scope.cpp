// says: a scope does nothing until it is awaited
#include <eddy/eddy.hpp>

eddy::task<> wait_a_little() { co_await eddy::sleep_for(std::chrono::seconds(1)); }

eddy::task<> wait_side_by_side() {
#ifdef FIXED
  co_await
#endif
      eddy::with_scope([](eddy::scope& s) -> eddy::task<> {
        s.spawn(wait_a_little());
        s.spawn(wait_a_little());
        co_return;
      });
  co_await wait_a_little();
}
