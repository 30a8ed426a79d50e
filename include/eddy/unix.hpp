// eddy/unix.hpp - Unix sockets: `unix_listener` and `unix_stream`, which can hand over descriptors.
//
//   eddy::unix_listener listener(*eddy::address::unix_path("/run/service"));
//   eddy::unix_stream peer = co_await listener.accept();
//   if (peer.peer_credentials().uid != 0) co_return;
//   co_await peer.send_fd("here it is\n", fd);
//
// A unix_stream is an eddy::stream, where reading and writing are explained. The file of a listener
// stays when it is closed; one that is there already is an error (address_in_use): unlink it
// yourself, when nobody listens there.
//
// Sources: unix(7), cmsg(3).
#pragma once

#include <eddy/listener.hpp>
#include <eddy/stream.hpp>
#include <eddy/task.hpp>

#include <vector>

#include <sys/types.h>

namespace eddy {

// A descriptor that closes itself.
class owned_descriptor {
 public:
  explicit owned_descriptor(int fd = -1) noexcept : fd_(fd) {}
  owned_descriptor(owned_descriptor&& o) noexcept : fd_(o.release()) {}
  owned_descriptor& operator=(owned_descriptor o) noexcept {
    std::swap(fd_, o.fd_);
    return *this;
  }
  EDDY_API ~owned_descriptor();

  int get() const noexcept { return fd_; }
  int release() noexcept { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

struct credentials {
  pid_t pid = 0;
  uid_t uid = static_cast<uid_t>(-1);
  gid_t gid = static_cast<gid_t>(-1);
};

class unix_stream : public stream {
 public:
  using stream::stream;

  // Of a file, or of an abstract name.
  EDDY_API static task<unix_stream> connect(address to);
  // Two that are connected to each other. Throws.
  EDDY_API static std::pair<unix_stream, unix_stream> pair();

  // Who had the other end when the connection was made (SO_PEERCRED). Throws.
  EDDY_API credentials peer_credentials() const;

  // Sends the bytes, at least one, behind all that was written, and up to 253 descriptors with the
  // first of them; the peer gets descriptors of its own. Those here stay the caller's, and open
  // until this has ended.
  EDDY_API task<> send_fds(byte_view bytes, std::vector<int> fds);
  task<> send_fd(byte_view bytes, int fd) { return send_fds(bytes, std::vector<int>(1, fd)); }

  struct received {
    std::size_t size = 0;  // bytes; 0: the end of the stream
    std::vector<owned_descriptor> fds;
  };
  // Waits for bytes; puts as many as there are into `to`, with the descriptors that came with them,
  // up to 253. A stream that reads ahead would lose descriptors: so this fails with
  // operation_not_supported on a stream that was read from otherwise, and other reads should not
  // follow it.
  EDDY_API task<received> receive_fds(std::span<char> to);

  static unix_stream of_socket(int fd) { return unix_stream(detail::front_of_socket(fd)); }

 private:
  explicit unix_stream(detail::stream_front* s) noexcept : stream(s) {}
};

class unix_listener : public basic_listener {
 public:
  unix_listener() noexcept = default;
  // Throws: "listen on unix:/run/x: Address already in use".
  explicit unix_listener(const address& at, const listen_options& options = {})
      : basic_listener(at, options) {}
  explicit unix_listener(int fd) : basic_listener(fd) {}

  accept_operation<unix_stream> accept() noexcept { return accept_operation<unix_stream>(state_); }
};

}  // namespace eddy
