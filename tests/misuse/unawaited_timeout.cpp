// says: a timeout does nothing until it is awaited
#include <eddy/eddy.hpp>

eddy::task<> greet(eddy::tcp_stream& peer) {
#ifdef FIXED
  co_await eddy::with_timeout(std::chrono::seconds(1), peer.write("hello\r\n"));
#else
  eddy::with_timeout(std::chrono::seconds(1), peer.write("hello\r\n"));
#endif
  co_await peer.flush();
}
