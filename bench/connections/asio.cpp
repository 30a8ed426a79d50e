// Connections that a coroutine each holds, on Asio: what one costs of user memory. The line is kept
// in a string that grows when something comes, as Asio's manual has it: the idle connection has no
// buffer.
#include <asio.hpp>
#include <asio/experimental/as_tuple.hpp>

#include <string>

#include "connections/connections.h"

namespace {

using asio::ip::tcp;
constexpr auto as_result = asio::experimental::as_tuple(asio::use_awaitable);

struct progress {
  size_t missing;
  asio::steady_timer all;
};

asio::awaitable<void> serve(tcp::socket peer, progress& answered) {
  std::string text;
  for (;;) {
    const auto [read_error, size] =
        co_await asio::async_read_until(peer, asio::dynamic_buffer(text, 16384), '\n', as_result);
    if (read_error) co_return;
    const auto [write_error, sent] =
        co_await asio::async_write(peer, asio::buffer(text.data(), size), as_result);
    if (write_error) co_return;
    text.erase(0, sent);
    if (--answered.missing == 0) answered.all.cancel();
  }
}

asio::awaitable<void> settle(tcp::acceptor& acceptor) {
  for (int turn = 0; turn < 3; ++turn) {
    asio::steady_timer timer(acceptor.get_executor(), std::chrono::milliseconds(1));
    co_await timer.async_wait(as_result);
  }
}

asio::awaitable<void> hold(tcp::acceptor& acceptor, held_connections& held, progress& answered) {
  const auto executor = acceptor.get_executor();
  for (size_t i = 0; i < held.count(); ++i) {
    auto [error, peer] = co_await acceptor.async_accept(as_result);
    if (error) bench_fail("accept", error.message().c_str());
    asio::co_spawn(executor, serve(std::move(peer), answered), asio::detached);
    if (i != 0) continue;
    co_await settle(acceptor);
    held.first_is_there();
  }
  co_await settle(acceptor);
  held.all_are_there();
  if (answered.missing != 0) co_await answered.all.async_wait(as_result);
  co_await settle(acceptor);
  held.all_were_answered();
  held.end();
  exit(0);
}

}  // namespace

int main(int argc, char** argv) {
  held_connections held(argc, argv);
  asio::io_context context{1};
  tcp::acceptor acceptor{context, tcp::v4(), held.listener()};
  progress answered{held.count(),
                    asio::steady_timer(context, asio::steady_timer::time_point::max())};
  asio::co_spawn(context, hold(acceptor, held, answered), asio::detached);
  context.run();
}
