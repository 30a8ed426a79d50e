// says: this coroutine would outlive what its parameter refers to
#include <eddy/eddy.hpp>

#include <string>

eddy::task<> log(eddy::tcp_stream& to, eddy::scope& scope) {
#ifdef FIXED
  const auto write = [&to](auto line) -> eddy::task<> { co_await to.write(line); };
#else
  const auto write = [&to](auto&& line) -> eddy::task<> { co_await to.write(line); };
#endif
  scope.spawn(write(std::string("begin")));
  co_await scope.join();
}
