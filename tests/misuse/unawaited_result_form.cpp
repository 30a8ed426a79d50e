// says: nothing starts until as_result is awaited
#include <eddy/eddy.hpp>

#include <string_view>

eddy::task<bool> say(eddy::tcp_stream& peer, std::string_view text) {
#ifdef FIXED
  const eddy::result<void> written = co_await eddy::as_result(peer.write(text));
  co_return written.has_value();
#else
  eddy::as_result(peer.write(text));
  co_return true;
#endif
}
