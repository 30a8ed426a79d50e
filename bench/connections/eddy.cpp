// Connections that a coroutine each holds, on eddy: what one costs of user memory.
#include <eddy/eddy.hpp>

#include "connections/connections.h"

namespace {

using namespace std::chrono_literals;

struct progress {
  size_t missing;
  eddy::event all{};
};

eddy::task<> serve(eddy::tcp_stream peer, progress& answered) {
  while (auto line = co_await peer.read_line(16 * 1024)) {
    co_await peer.write(*line);
    if (--answered.missing == 0) answered.all.set();
  }
}

// What they asked for has reached the kernel, and what came at once was dealt with.
eddy::task<> settle() {
  for (int turn = 0; turn < 3; ++turn) co_await eddy::sleep_for(1ms);
}

eddy::task<> hold(held_connections& held) {
  eddy::tcp_listener listener(held.listener());
  progress answered{held.count()};
  co_await eddy::with_scope([&](eddy::scope& clients) -> eddy::task<> {
    clients.spawn(serve(co_await listener.accept(), answered));
    co_await settle();
    held.first_is_there();
    for (size_t i = 1; i < held.count(); ++i)
      clients.spawn(serve(co_await listener.accept(), answered));
    co_await settle();
    held.all_are_there();
    co_await answered.all.wait();
    co_await settle();
    held.all_were_answered();
    clients.cancel();
  });
  held.end();
}

}  // namespace

int main(int argc, char** argv) {
  held_connections held(argc, argv);
  eddy::loop loop;
  loop.run(hold(held));
}
