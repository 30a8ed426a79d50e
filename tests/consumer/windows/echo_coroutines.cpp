// A user's program of coroutines: an echo server, its client, and one whom nobody answers.
#include <eddy/eddy.hpp>

#include <cstdio>
#include <string>

using namespace std::chrono_literals;

static eddy::task<> ask(eddy::address where) {
  eddy::tcp_stream server = co_await eddy::with_timeout(30s, eddy::tcp_stream::connect(where));
  co_await server.write("hello\n");
  auto line = co_await server.read_line();
  std::printf("%s", std::string(line->begin(), line->end()).c_str());
}

static eddy::task<> serve() {
  eddy::tcp_listener listener(eddy::address::loopback(0));
  const eddy::address where = listener.local_address();
  co_await eddy::with_scope([&](eddy::scope& clients) -> eddy::task<> {
    clients.spawn(ask(where));
    eddy::tcp_stream peer = co_await listener.accept();
    auto line = co_await peer.read_line();
    co_await peer.write(*line);
  });
  listener.close();
  auto refused = co_await eddy::as_result(eddy::tcp_stream::connect(where));
  if (!refused && refused.error().code() == std::errc::connection_refused)
    std::printf("refused: %s\n", refused.error().message().c_str());
}

int main() {
  eddy::loop loop;
  loop.run(serve());
}
