// A ROT13 server: it reads as the one that blocks, and serves everybody at once.
#include "common.h"

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

int main(int argc, char** argv) {
  return run_program(argc, argv, usage, 0, 1, [&] {
    eddy::loop loop;
    loop.run(serve_until_interrupted(port_of(argc > 1 ? argv[1] : "0"), serve));
    return 0;
  });
}
