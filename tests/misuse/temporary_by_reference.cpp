// says: this coroutine would outlive what its parameter refers to
#include <eddy/eddy.hpp>

#include <string>
#include <utility>

#ifdef FIXED
eddy::task<> log(eddy::tcp_stream& to, std::string line) {
#else
eddy::task<> log(eddy::tcp_stream& to, std::string&& line) {
#endif
  co_await to.write(line);
}

void start(eddy::loop& loop, eddy::tcp_stream& to, std::string line) {
  loop.spawn(log(to, std::move(line)));
}
