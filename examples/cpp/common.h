// What the programs have in common: their command line, and a server that ends on Ctrl-C.
#pragma once

#include <eddy/eddy.hpp>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <stdexcept>

inline std::uint16_t port_of(std::string_view text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc() || stop != end)
    throw std::invalid_argument("a port is a number from 0 to 65535, not '" + std::string(text) +
                                "'");
  return port;
}

// The program's words are from `least` to `most`, after its name. Gives its exit status.
template <class F>
int run_program(int argc, char** argv, const char* usage, int least, int most, F program) try {
  const bool help =
      argc == 2 && (std::strcmp(argv[1], "--help") == 0 || std::strcmp(argv[1], "-h") == 0);
  if (help || argc - 1 < least || argc - 1 > most) {
    std::fputs(usage, help ? stdout : stderr);
    return help ? 0 : 1;
  }
  return program();
} catch (const std::exception& e) {
  const char* slash = std::strrchr(argv[0], '/');
  std::fprintf(stderr, "%s: %s\n", slash != nullptr ? slash + 1 : argv[0], e.what());
  return 1;
}

// Serves each connection by `serve(stream)`, until SIGINT or SIGTERM: then no more is accepted, and
// those that are served are cancelled. Says "port N" when it is ready.
template <class Serve>
eddy::task<> serve_until_interrupted(std::uint16_t port, Serve serve) {
  eddy::tcp_listener listener(eddy::address::loopback(port));
  std::printf("port %d\n", listener.port());
  std::fflush(stdout);
  co_await eddy::with_scope([&](eddy::scope& clients) -> eddy::task<> {
    clients.spawn([&]() -> eddy::task<> {
      (void)co_await eddy::interrupted();
      clients.cancel();
    });
    for (;;) clients.spawn(serve(co_await listener.accept()));
  });
}
