// says: this coroutine would outlive what its parameter refers to
#include <eddy/eddy.hpp>

#include <vector>

#ifdef FIXED
eddy::async_generator<int> each_of(std::vector<int> numbers) {
#else
eddy::async_generator<int> each_of(std::vector<int>&& numbers) {
#endif
  for (const int n : numbers) co_yield n;
}
