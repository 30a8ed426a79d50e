// eddy/listener.hpp - accepting connections: what listeners of all kinds of sockets have.
//
//   for (;;) s.spawn(serve(co_await listener.accept()));
//
// The socket is bound, and listens, when the listener has been made; connections are accepted while
// somebody awaits `accept`, and wait in the kernel's queue otherwise. (With io_uring the kernel
// accepts by itself, and a few may stand with the listener.) Any number may await it; each
// connection goes to the one that waited longest.
//
// What goes wrong with one connection before it is accepted (ECONNABORTED and the like) is passed
// over. When descriptors or memory run out, who waits goes on to wait: the listener pauses, 5 ms
// and up to 100 ms, or until its loop closes a descriptor. `shed` closes such connections at once
// instead. An `accept` fails when it is cancelled, when the listener is closed, when its descriptor
// is none to accept on, or none that the loop can wait for (with select: too great a number), and
// when there is no memory for the stream or the wait.
//
// It belongs to the loop on which it first accepts, and must be destroyed before that.
#pragma once

#include <eddy/address.hpp>
#include <eddy/context.hpp>

namespace eddy {

// How a listener listens.
struct listen_options {
  int backlog = 4096;         // connections that wait; the system has a limit of its own
  bool reuse_address = true;  // although connections of an earlier listener linger; not of Unix's
  bool reuse_port = false;    // several of one address share its connections; not on Windows
  bool v6_only = false;       // one of "[::]" takes connections of IPv4 too, unless this is set
  bool nodelay = true;        // of TCP, for what is accepted; see tcp_stream::set_nodelay
  bool shed = false;          // close what cannot be accepted for lack of descriptors
};

namespace detail {

struct listener_state;

class accept_operation : public leaf {
 public:
  explicit accept_operation(listener_state* l) noexcept : leaf(&stop), listener_(l) {}
  accept_operation(const accept_operation& o) noexcept : accept_operation(o.listener_) {}
  accept_operation& operator=(const accept_operation&) = delete;
  ~accept_operation() {
    if (waits_ || fd_ >= 0) [[unlikely]]
      forget();
  }

  EDDY_API bool begin(const awaiting& a) noexcept;

 protected:
  bool succeeded() const noexcept { return outcome_ == 0; }
  int take() noexcept { return std::exchange(fd_, -1); }
  EDDY_API error failure() const noexcept;

 private:
  friend struct listener_state;
  EDDY_API static void stop(stoppable& s) noexcept;
  EDDY_API void forget() noexcept;

  listener_state* listener_;
  int fd_ = -1;  // the connection, until it is taken
  int listener_fd_ = -1;
  int outcome_ = 0;
  bool waits_ = false;
};

}  // namespace detail

// Gives a connected Stream.
template <class Stream>
class [[nodiscard("nothing is accepted until it is awaited")]] accept_operation
    : public awaitable<accept_operation<Stream>>,
      detail::accept_operation {
 public:
  using value_type = Stream;
  explicit accept_operation(detail::listener_state * l) noexcept : detail::accept_operation(l) {}

  using detail::accept_operation::begin;
  result<Stream> await_result() {
    if (!succeeded()) [[unlikely]]
      return failure();
    try {
      return Stream::of_socket(take());
    } catch (const exception& e) {
      return e.error();
    } catch (const std::bad_alloc&) {
      return error(std::errc::not_enough_memory, "accept");
    }
  }
};

// Movable; destroying it closes the socket.
class basic_listener {
 public:
  basic_listener() noexcept = default;  // none
  basic_listener(basic_listener&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  basic_listener& operator=(basic_listener other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~basic_listener() {
    if (state_ != nullptr) close();
  }

  // Accepts that wait end with operation_canceled. Connections that wait in the kernel are reset.
  EDDY_API void close() noexcept;
  bool is_open() const noexcept { return state_ != nullptr; }
  // The descriptor, which stays the listener's; -1: none.
  EDDY_API int native_handle() const noexcept;
  // Where it listens.
  address local_address() const noexcept { return address::local_of(native_handle()); }
  // How often it had to pause, and how many connections it closed instead of accepting them.
  EDDY_API unsigned long long pauses() const noexcept;
  EDDY_API unsigned long long shed() const noexcept;

 protected:
  // Throws what kept it from listening.
  EDDY_API basic_listener(const address& at, const listen_options& options);
  // Of a socket that listens already, and is the listener's from now on.
  EDDY_API explicit basic_listener(int fd);

  detail::listener_state* state_ = nullptr;
};

}  // namespace eddy
