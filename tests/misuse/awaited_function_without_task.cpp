// says: this cannot be awaited: co_await takes a task, an operation of eddy, or something else
#include <eddy/eddy.hpp>

#include <string>

std::string name();

eddy::task<> greet(eddy::tcp_stream& peer) {
#ifdef FIXED
  const std::string who = name();
  co_await peer.write(who);
#else
  co_await name();
  co_await peer.flush();
#endif
}
