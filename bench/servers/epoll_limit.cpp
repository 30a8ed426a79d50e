// The limit of readiness: a ROT13 server on bare epoll, level-triggered, that does one recv and one
// send for each event. No library, no timers, no interest in writing until a send was short.
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>
#include <utility>

#include "servers/rot13.h"

namespace {

struct connection {
  int fd;
  std::string rest{};    // of a line that has not ended
  std::string unsent{};  // what the socket did not take
};

class server {
 public:
  explicit server(int listener) : listener_{listener}, epoll_{epoll_create1(EPOLL_CLOEXEC)} {
    bench_check(epoll_ >= 0, "epoll_create1");
    control(EPOLL_CTL_ADD, listener, EPOLLIN, nullptr);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 256> ready;
    for (;;) {
      const int count = epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()), -1);
      bench_check(count >= 0 || errno == EINTR, "epoll_wait");
      for (int i = 0; i < count; ++i) {
        auto* peer = static_cast<connection*>(ready[static_cast<size_t>(i)].data.ptr);
        if (peer == nullptr)
          accept_one();
        else if (!serve(*peer, ready[static_cast<size_t>(i)].events))
          close_one(peer);
      }
    }
  }

 private:
  void control(int operation, int fd, uint32_t events, connection* peer) {
    epoll_event interest{};
    interest.events = events;
    interest.data.ptr = peer;
    bench_check(epoll_ctl(epoll_, operation, fd, &interest) == 0, "epoll_ctl");
  }

  void accept_one() {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    control(EPOLL_CTL_ADD, fd, EPOLLIN, new connection{fd});
  }

  static void close_one(connection* peer) {
    close(peer->fd);
    delete peer;
  }

  bool serve(connection& peer, uint32_t events) {
    if ((events & EPOLLOUT) != 0) return flush(peer);
    const ssize_t received = recv(peer.fd, buffer_.data(), buffer_.size(), 0);
    if (received <= 0) return received < 0 && (errno == EAGAIN || errno == EINTR);
    const auto length = static_cast<size_t>(received);
    rot13(buffer_.data(), length);
    const size_t whole = rot13_whole_lines(buffer_.data(), length);
    if (whole == length && peer.rest.empty()) return answer(peer, buffer_.data(), length);
    return answer_with_rest(peer, length, whole);
  }

  bool answer_with_rest(connection& peer, size_t length, size_t whole) {
    if (whole == 0) {
      peer.rest.append(buffer_.data(), length);
      return peer.rest.size() <= rot13_max_line;
    }
    peer.rest.append(buffer_.data(), whole);
    const std::string lines = std::exchange(peer.rest, {buffer_.data() + whole, length - whole});
    return answer(peer, lines.data(), lines.size());
  }

  bool answer(connection& peer, const char* text, size_t length) {
    const ssize_t sent = send(peer.fd, text, length, MSG_NOSIGNAL);
    if (sent == static_cast<ssize_t>(length)) return true;
    if (sent < 0 && errno != EAGAIN) return false;
    peer.unsent.assign(text + (sent < 0 ? 0 : sent), text + length);
    control(EPOLL_CTL_MOD, peer.fd, EPOLLOUT, &peer);  // reads no more until this is gone
    return true;
  }

  bool flush(connection& peer) {
    const ssize_t sent = send(peer.fd, peer.unsent.data(), peer.unsent.size(), MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN;
    peer.unsent.erase(0, static_cast<size_t>(sent));
    if (peer.unsent.empty()) control(EPOLL_CTL_MOD, peer.fd, EPOLLIN, &peer);
    return true;
  }

  int listener_;
  int epoll_;
  std::array<char, rot13_max_line> buffer_{};
};

}  // namespace

int main(int argc, char** argv) {
  const int listener = rot13_listen(argc, argv, SOCK_NONBLOCK);
  bench_announce(listener);
  server{listener}.run();
}
