// says: spawn takes an eddy::task<void>, or a function without parameters that returns one
#include <eddy/eddy.hpp>

void start(eddy::loop& loop, int& counted) {
#ifdef FIXED
  loop.post([&counted] { ++counted; });
#else
  loop.spawn([&counted] { ++counted; });
#endif
}
