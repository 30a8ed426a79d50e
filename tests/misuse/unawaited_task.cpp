// says: a task does nothing until it is awaited: co_await it, or hand it to a scope or a loop
#include <eddy/eddy.hpp>

eddy::task<> greet(eddy::tcp_stream& peer) { co_await peer.write("hello\r\n"); }

eddy::task<> serve(eddy::tcp_stream peer) {
#ifdef FIXED
  co_await greet(peer);
#else
  greet(peer);
#endif
  co_await peer.flush();
}
