// A ROT13 server: it reads as the one that blocks, and serves everybody at once.
#include <eddy/eddy.hpp>

#include <charconv>
#include <cstdio>
#include <stdexcept>

static const char usage[] =
    "usage: rot13_server [PORT]\n"
    "Listens on PORT of 127.0.0.1 (0, or none given: one that is free), says \"port N\", and "
    "answers\n"
    "each line with its ROT13.\n";

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

static std::uint16_t port_of(std::string_view text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc() || stop != end)
    throw std::invalid_argument("a port is a number from 0 to 65535, not '" + std::string(text) +
                                "'");
  return port;
}

int main(int argc, char** argv) try {
  const std::string_view wanted = argc > 1 ? argv[1] : "0";
  const bool help = wanted == "--help" || wanted == "-h";
  if (help || argc > 2) {
    std::fputs(usage, help ? stdout : stderr);
    return help ? 0 : 1;
  }
  const std::uint16_t port = port_of(wanted);
  eddy::loop loop;
  loop.run(serve_all(port));
} catch (const std::exception& e) {
  std::fprintf(stderr, "rot13_server: %s\n", e.what());
  return 1;
}
