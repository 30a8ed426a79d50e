// says: a sleep does nothing until it is awaited
#include <eddy/eddy.hpp>

#include <chrono>

eddy::task<> wait() {
  using namespace std::chrono_literals;
#ifdef FIXED
  co_await eddy::sleep_for(1s);
#else
  eddy::sleep_for(1s);
#endif
  co_return;
}
