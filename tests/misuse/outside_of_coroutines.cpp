// gcc says: unable to find the promise type for this coroutine
// clang says: this function cannot be a coroutine
#include <eddy/eddy.hpp>

#include <chrono>

#ifdef FIXED
eddy::task<int> wait() {
  co_await eddy::sleep_for(std::chrono::seconds(1));
  co_return 0;
}
int main() { return eddy::loop().run(wait()); }
#else
// The compilers' own words: eddy has no say in what returns an int.
int wait() { co_await eddy::sleep_for(std::chrono::seconds(1)); }
#endif
