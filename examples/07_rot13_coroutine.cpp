// The introduction's server once more, with coroutines. The program is the one that blocks, a
// process or a thread for each client: it reads a line, answers it, and keeps no buffers. It is
// served by one thread and an event loop, as the fastest of the others.
#include <eddy/eddy.hpp>

#include <cstdio>

extern "C" {
#include "common/lines.h"
#include "common/net.h"
}
#include "servers.h"

namespace {

void rot13(std::span<char> text) {
  for (char& c : text) {
    const int lower = c | 0x20;
    if (lower >= 'a' && lower <= 'z') c = static_cast<char>(c + (lower < 'n' ? 13 : -13));
  }
}

// A client that does not take its answers is not read from: its write waits.
eddy::task<> serve(eddy::tcp_stream peer) try {
  char piece[MAX_LINE];
  for (;;) {
    auto line = co_await eddy::as_result(peer.read_line(MAX_LINE));
    if (!line && line.error() == std::errc::value_too_large) {
      co_await peer.read_exactly(piece);  // a line that is longer is answered in pieces
      rot13(piece);
      co_await peer.write(std::string_view(piece, sizeof piece), "\n");
      continue;
    }
    if (!line || !*line || (*line)->back() != '\n') co_return;
    rot13(**line);
    co_await peer.write(**line);
  }
} catch (const eddy::exception&) {
  // Its connection broke: the others are served on.
}

eddy::task<> serve_until_interrupted(eddy::tcp_listener listener) {
  co_await eddy::with_scope([&](eddy::scope& clients) -> eddy::task<> {
    clients.spawn([&]() -> eddy::task<> {
      (void)co_await eddy::interrupted();
      clients.cancel();
    });
    for (;;) clients.spawn(serve(co_await listener.accept()));
  });
}

}  // namespace

int rot13_coroutine_main(int argc, char** argv) try {
  options options{};
  int status = 0;
  if (options_read(&options, argc, argv, "A ROT13 server of coroutines on an event loop.", 1,
                   &status) != 0)
    return status;
  eddy::loop loop(eddy::loop_options{.backend = options.backend});
  const int listener = net_listen(&options);
  if (listener < 0) return 1;
  loop.run(serve_until_interrupted(eddy::tcp_listener(listener)));
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "%s: %s\n", argv[0], e.what());
  return 1;
}

#ifndef EXAMPLE_WITHOUT_MAIN
int main(int argc, char** argv) { return rot13_coroutine_main(argc, argv); }
#endif
