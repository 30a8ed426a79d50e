// says: this cannot be awaited: co_await takes a task, an operation of eddy, or something else
#include <eddy/eddy.hpp>

#include <chrono>

eddy::task<> wait(std::chrono::seconds time) {
#ifdef FIXED
  co_await eddy::sleep_for(time);
#else
  co_await time.count();
#endif
}
