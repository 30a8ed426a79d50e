// A server of DNS on loopback, which answers as a test wants it to, on the loop of the test.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include <array>

#include "coroutines.h"
#include "dns_messages.h"

namespace eddy::test {

class dns_server {
 public:
  // What is sent for a question: nothing, one message, or several.
  using messages = std::vector<std::string>;
  using answering = std::function<task<messages>(dns::question)>;

  explicit dns_server(answering how) : how_(std::move(how)) { open(); }
  // At once.
  template <class F>
  requires std::is_invocable_r_v<messages, F, const dns::question&>
  explicit dns_server(F how)
      : dns_server(answering([how](dns::question q) -> task<messages> { co_return how(q); })) {}

  const address& where() const { return where_; }
  const std::vector<dns::question>& asked() const { return asked_; }

  // Until it is cancelled.
  task<> serve() {
    co_await with_scope([this](scope& s) -> task<> {
      s.spawn(serve_tcp(s));
      for (std::array<char, 2048> space;;) {
        const datagram d = co_await udp_->receive(space);
        s.spawn(answer(dns::read_question({space.data(), d.size}), d.from));
      }
    });
  }

 private:
  // One port for both, which may be taken for one of them.
  void open() {
    for (int tries = 0; tries < 100 && !udp_; ++tries) {
      tcp_ = std::make_unique<tcp_listener>(address::loopback(0));
      try {
        udp_ = std::make_unique<udp_socket>(tcp_->local_address());
      } catch (const exception& e) {
        if (e.code() != std::errc::address_in_use) throw;
      }
    }
    where_ = tcp_->local_address();
  }
  task<> answer(dns::question q, address to) {
    asked_.push_back(q);
    for (const std::string& m : co_await how_(q)) co_await udp_->send_to(m, to);
  }
  task<> serve_tcp(scope& s) {
    for (;;) s.spawn(serve_peer(co_await tcp_->accept()));
  }
  task<> serve_peer(tcp_stream peer) {
    char size[2];
    while (co_await peer.read_exactly(size)) {
      std::string message(static_cast<std::size_t>((size[0] & 0xff) << 8 | (size[1] & 0xff)), '\0');
      if (!co_await peer.read_exactly(message)) co_return;
      dns::question q = dns::read_question(message);
      q.by_tcp = true;
      asked_.push_back(q);
      for (const std::string& m : co_await how_(q))
        co_await peer.write(dns::number16(static_cast<unsigned>(m.size())), m);
    }
  }

  answering how_;
  std::unique_ptr<tcp_listener> tcp_;
  std::unique_ptr<udp_socket> udp_;
  address where_;
  std::vector<dns::question> asked_;
};

}  // namespace eddy::test
