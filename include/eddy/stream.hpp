// eddy/stream.hpp - `stream`: bytes in both directions, buffered, for coroutines.
//
//   eddy::task<> serve(eddy::tcp_stream peer) {
//     while (auto line = co_await peer.read_line(16 * 1024)) {
//       rot13(*line);
//       co_await peer.write(*line);
//     }
//   }
//
// A stream owns a connection, a pipe, a terminal or a file; eddy/tcp.hpp, eddy/unix.hpp and
// eddy/pipe.hpp make them. It is the engine's own stream, which a bufferevent of the C face is too:
// where the kernel can, it receives by itself into memory that it fills piece by piece, and what is
// written in one turn of the loop goes out by one system call at the turn's end.
//
// Reading. The stream reads ahead, up to `read_ahead` bytes that nobody has asked for yet, and then
// leaves the rest in the kernel, which makes the peer wait. The end of the stream is a value: 0,
// false, nothing, an empty chunk. What came before an end or an error is given first. A read that
// fails or is cancelled loses no byte: the next one finds them.
//
// Writing. `write` copies into the output and returns at once, as long as less than `high` bytes
// wait there; then it waits until no more than `low` do. So a peer that does not read makes its
// writer wait, and no more than `high` bytes are ever kept for it. That a write succeeded means
// that the bytes are on their way, not that they arrived; what goes wrong later fails the next
// write, or `flush`. There is no SIGPIPE.
//
// One coroutine reads at a time; another one fails with device_or_resource_busy. Any number may
// write: what each writes stays in one piece, unless it is cancelled halfway.
//
// A stream belongs to the loop on which it is first used, and to that loop's thread. Destroying it
// closes it in good order, see `close`. It must be destroyed before its loop.
//
// Errors are those of the system, as connection_reset or broken_pipe, and say what was tried:
// "write to fd 7: Broken pipe".
//
// Sources: recv(2), send(2), shutdown(2), tcp(7); about bufferevents <event2/bufferevent.h>.
#pragma once

#include <eddy/stream_operation.hpp>
#include <eddy/timer.hpp>

struct bufferevent;

namespace eddy {

namespace detail {
// Of a socket that does not block. Throws, and has closed it then, when there is no memory.
EDDY_API stream_front* front_of_socket(int fd);
}  // namespace detail

class stream {
 public:
  // None: whatever is tried with it fails with bad_file_descriptor.
  stream() noexcept = default;
  // Of a descriptor, which is the stream's from now on and becomes non-blocking: a socket of
  // connected streams, a pipe, a terminal, a character device, or a regular file (whose reads and
  // writes block the thread for as long as the disk does). Throws when there is no memory, and has
  // closed it then.
  EDDY_API explicit stream(int fd);
  stream(stream&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  stream& operator=(stream other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~stream() {
    if (state_ != nullptr) close();
  }

  // A bufferevent of a C program, of any kind, which stays the program's. Until the wrapper is
  // destroyed it takes the place of the bufferevent's callbacks and watermarks, which are put back
  // then, and whether it is enabled is the wrapper's business. Bytes that came are read through the
  // wrapper; what it had not read yet is in the bufferevent's input again when it is destroyed. The
  // bufferevent must outlive it. Throws when out of memory.
  EDDY_API static stream wrap(bufferevent* b);

  bool is_open() const noexcept { return state_ != nullptr; }
  // -1 for none, and for a bufferevent without one.
  EDDY_API int native_handle() const noexcept;

  // --- reading ---
  // Waits until there are bytes; gives how many it put into `to`, as many as there are. 0: the end
  // (or `to` is empty).
  read_some_operation read_some(std::span<char> to) noexcept { return {state_, to}; }
  // All of `to`. False: the end came before the first byte; behind that, no_message_available.
  read_exactly_operation read_exactly(std::span<char> to) noexcept { return {state_, to}; }
  // The next line with its '\n'; what stands behind the last '\n' is a line too; nothing: the end.
  // The bytes lie in the input, may be changed there, and stay until the next read (of whatever
  // kind) or the end of the stream. One that would be longer than `limit` fails with
  // value_too_large, and can still be read by other means.
  read_until_operation read_line(std::size_t limit = default_limit) noexcept {
    return {state_, std::string_view("\n", 1), limit};
  }
  // The same up to and with `delimiter`, of 1 to 255 bytes, which must stay until then.
  read_until_operation read_until(std::string_view delimiter,
                                  std::size_t limit = default_limit) noexcept {
    return {state_, delimiter, limit};
  }
  // The next bytes in the memory into which they were received; see eddy/chunk.hpp. Empty: the end.
  read_buffer_operation read_buffer() noexcept { return read_buffer_operation(state_); }

  // --- writing ---
  // The bytes must stay until it has ended.
  write_bytes_operation write(byte_view bytes) noexcept { return {state_, bytes}; }
  // Nothing is copied. Of any size.
  write_chunk_operation write(chunk c) noexcept { return {state_, std::move(c)}; }
  // Several pieces, one behind the other, as one: write(head, body, "\r\n").
  template <class... Pieces>
  requires(sizeof...(Pieces) >
           1) write_pieces_operation<sizeof...(Pieces)> write(const Pieces&... pieces)
  noexcept { return write_pieces_operation<sizeof...(Pieces)>(state_, pieces...); }
  write_bytes_operation writev(std::span<const byte_view> pieces) noexcept {
    return {state_, pieces};
  }
  // Waits until all that was written is with the kernel.
  flush_operation flush() noexcept { return {state_, false}; }
  // The same, and then tells the peer that no more will come; it may go on to send. Writes fail
  // with broken_pipe from then on. Of a pipe or a file: only a flush.
  flush_operation shutdown_write() noexcept { return {state_, true}; }

  // --- the end ---
  // As the destructor does: returns at once, and the loop does the rest in the background. What was
  // written is sent, for up to 10 s; then, on a socket, the peer is told that this was all, and
  // what it still sends is dropped, up to 64 KiB or for 2 s, until it closes too: closing a socket
  // with unread bytes would destroy the answer on its way (RFC 9112, section 9.6). The destruction
  // of the loop shortens this to 2 s. Reads and writes that wait end with operation_canceled.
  EDDY_API void close() noexcept;
  // At once, and the peer, if it is one of TCP, gets a reset. What was written is dropped.
  EDDY_API void abort() noexcept;

  // --- settings; kept for a stream that is open ---
  // A read that waits for so long without a byte coming fails with timed_out, and may be tried
  // again. 0: for ever, as it is at first. (with_timeout limits a whole operation.)
  template <class Rep, class Period>
  void set_read_timeout(std::chrono::duration<Rep, Period> d) noexcept {
    set_timeouts(detail::nanoseconds_of(d), -1);
  }
  // When there is something to write and the peer takes none of it for so long, writing fails with
  // timed_out for good.
  template <class Rep, class Period>
  void set_write_timeout(std::chrono::duration<Rep, Period> d) noexcept {
    set_timeouts(-1, detail::nanoseconds_of(d));
  }
  // How much may be received before it is asked for: 64 KiB, and what the kernel had received by
  // then.
  EDDY_API void set_read_ahead(unsigned bytes) noexcept;
  // A write waits when `high` bytes are to be sent (1 MiB) until no more than `low` are (256 KiB).
  EDDY_API void set_write_limits(unsigned low, unsigned high) noexcept;
  // How many bytes are still to be handed to the kernel.
  EDDY_API std::size_t unsent() const noexcept;
  // setsockopt(2) with a number. Throws.
  EDDY_API void set_option(int level, int name, int value);

 protected:
  static constexpr std::size_t default_limit = 64 * 1024;
  friend struct detail::stream_state;
  explicit stream(detail::stream_front* s) noexcept : state_(s) {}
  EDDY_API void set_timeouts(long long reading, long long writing) noexcept;

  detail::stream_front* state_ = nullptr;
};

}  // namespace eddy
