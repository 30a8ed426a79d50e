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
// On Windows only where the system has such sockets (Windows 10 from 1803; others fail with
// address_family_not_supported), and without descriptors, credentials and abstract names
// (operation_not_supported).
//
// Sources: unix(7), cmsg(3).
#pragma once

#include <eddy/ancillary.hpp>
#include <eddy/listener.hpp>
#include <eddy/stream.hpp>
#include <eddy/task.hpp>

#include <vector>

namespace eddy {

class unix_stream : public stream {
 public:
  using stream::stream;

  // Of a file, or of an abstract name.
  EDDY_API static task<unix_stream> connect(address to);
  // Two that are connected to each other. Throws.
  EDDY_API static std::pair<unix_stream, unix_stream> pair();

  // Who had the other end when the connection was made (SO_PEERCRED). Throws.
  EDDY_API credentials peer_credentials() const;
  // Whether receive_fds tells who sent the bytes, as the kernel knows it (SO_PASSCRED): another
  // than the peer, where that handed its end to somebody. Throws.
  EDDY_API void set_passes_credentials(bool on);

  // Sends the bytes, at least one, behind all that was written, and up to 253 descriptors with the
  // first of them; the peer gets descriptors of its own. Those here stay the caller's, and open
  // until this has ended.
  EDDY_API task<> send_fds(byte_view bytes, std::vector<int> fds);
  task<> send_fd(byte_view bytes, int fd) { return send_fds(bytes, std::vector<int>(1, fd)); }

  // What came.
  struct received {
    std::size_t size = 0;               // bytes; 0: the end of the stream
    std::vector<owned_descriptor> fds;  // those that came with them
    bool fds_lost = false;              // more came than this process could have
    std::optional<credentials> sender;  // see set_passes_credentials
  };
  // Waits for bytes; puts as many as there are into `to`, with the descriptors that came with them,
  // up to 253. A stream that reads ahead would lose descriptors: so this fails with
  // operation_not_supported on a stream that was read from otherwise, and other reads should not
  // follow it. Closing the stream ends it with operation_canceled, and so `send_fds`.
  EDDY_API task<received> receive_fds(std::span<char> to);

  // Of a socket that is connected and does not block. Throws when there is no memory.
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
  // Of a socket that listens already.
  explicit unix_listener(int fd) : basic_listener(fd) {}

  // The next connection.
  accept_operation<unix_stream> accept() noexcept { return accept_operation<unix_stream>(state_); }
};

}  // namespace eddy
