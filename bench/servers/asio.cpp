// A ROT13 server on Asio's coroutines. Compiled twice: for its default reactor (epoll), and for
// io_uring.
#include <array>
#include <asio.hpp>
#include <asio/experimental/as_tuple.hpp>
#include <memory>

#include "servers/rot13.h"

namespace {

using asio::ip::tcp;
constexpr auto as_result = asio::experimental::as_tuple(asio::use_awaitable);

asio::awaitable<void> serve(tcp::socket peer) {
  auto text = std::make_unique<std::array<char, rot13_max_line>>();
  size_t used = 0;
  for (;;) {
    const auto room = asio::buffer(text->data() + used, text->size() - used);
    if (room.size() == 0) co_return;  // a line that is too long
    const auto [read_error, count] = co_await peer.async_read_some(room, as_result);
    if (read_error) co_return;
    rot13(text->data() + used, count);
    used += count;
    const size_t whole = rot13_whole_lines(text->data(), used);
    if (whole == 0) continue;
    const auto [write_error, sent] =
        co_await asio::async_write(peer, asio::buffer(text->data(), whole), as_result);
    if (write_error) co_return;
    used -= sent;
    if (used > 0) memmove(text->data(), text->data() + sent, used);
  }
}

asio::awaitable<void> listen(tcp::acceptor acceptor) {
  for (;;) {
    auto [error, peer] = co_await acceptor.async_accept(as_result);
    if (!error) asio::co_spawn(acceptor.get_executor(), serve(std::move(peer)), asio::detached);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int fd = rot13_listen(argc, argv, 0);
  asio::io_context context{1};
  bench_announce(fd);
  asio::co_spawn(context, listen(tcp::acceptor{context, tcp::v4(), fd}), asio::detached);
  context.run();
}
