// clang says: this result may be an error: look at it, or say (void)
// GCC 12 does not warn of what a co_await gives.
#include <eddy/eddy.hpp>

eddy::task<> say_goodbye(eddy::tcp_stream& peer) {
#ifdef FIXED
  (void)co_await eddy::as_result(peer.write("goodbye\r\n"));
#else
  co_await eddy::as_result(peer.write("goodbye\r\n"));
#endif
}
