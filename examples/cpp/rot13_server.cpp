// A ROT13 server: it reads as the one that blocks, and serves everybody at once.
#include <eddy/eddy.hpp>

#include <cstdio>
#include <cstdlib>

static void rot13(std::span<char> text) {
  for (char& c : text) {
    const int lower = c | 0x20;
    if (lower >= 'a' && lower <= 'z') c = static_cast<char>(c + (lower < 'n' ? 13 : -13));
  }
}

static eddy::task<> serve(eddy::tcp_stream peer) try {
  while (auto line = co_await peer.read_line(16 * 1024)) {
    rot13(*line);
    co_await peer.write(*line);
  }
} catch (const eddy::exception&) {
  // Its connection broke, or its line was too long: the others are served on.
}

static eddy::task<> serve_all(std::uint16_t port) {
  eddy::tcp_listener listener(eddy::address::loopback(port));
  std::printf("port %d\n", listener.port());
  std::fflush(stdout);
  co_await eddy::with_scope([&](eddy::scope& clients) -> eddy::task<> {
    for (;;) clients.spawn(serve(co_await listener.accept()));
  });
}

int main(int argc, char** argv) {
  eddy::loop loop;
  loop.run(serve_all(static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0)));
}
