// A proxy: who connects to it is connected to somebody else. What goes through is not copied, and
// who reads slowly makes the other side wait. Try it with: tcp_proxy 8080 example.org 80
#include "common.h"

static const char usage[] =
    "usage: tcp_proxy PORT TARGET TARGET_PORT\n"
    "Listens on PORT of 127.0.0.1 (0: one that is free), says \"port N\", and connects each client "
    "to\n"
    "TARGET, a name or an address.\n";

using namespace std::chrono_literals;

// One direction. Its end is carried over, while the other direction goes on.
static eddy::task<> pass_on(eddy::tcp_stream& from, eddy::tcp_stream& to) {
  while (eddy::chunk piece = co_await from.read_buffer()) co_await to.write(std::move(piece));
  co_await to.shutdown_write();
}

static eddy::task<> serve(eddy::tcp_stream client, std::string host, std::uint16_t port) try {
  eddy::tcp_stream target = co_await eddy::with_timeout(10s, eddy::tcp_stream::connect(host, port));
  // When one direction breaks, the other is cancelled.
  co_await eddy::when_all(pass_on(client, target), pass_on(target, client));
} catch (const eddy::exception& e) {
  std::fprintf(stderr, "tcp_proxy: %s\n", e.what());
}

int main(int argc, char** argv) {
  return run_program(argc, argv, usage, 3, 3, [&] {
    const std::string host = argv[2];
    const std::uint16_t target_port = port_of(argv[3]);
    eddy::loop loop;
    loop.run(serve_until_interrupted(port_of(argv[1]), [&](eddy::tcp_stream client) {
      return serve(std::move(client), host, target_port);
    }));
    return 0;
  });
}
