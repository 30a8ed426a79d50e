// Streams over sockets (and other descriptors that can be waited for).
//
// Reading: one read a wake-up, sized by what has come before. Writing: tried at the end of the turn
// in which data was added; writability is awaited only when the socket is full. On a backend that
// receives and sends by itself the same functions run, and find the bytes there (see transfer.h).
#pragma once

#include <sys/socket.h>

#include "stream/stream.h"

namespace eddy::engine {

extern const stream_kind socket_kind;

enum socket_state : std::uint8_t {
  is_connecting = 0x01,
  was_refused = 0x02,    // the connection failed at once; the loop tells
  write_to_tell = 0x04,  // bytes went before the wait; the callback comes after it
  tries_addresses = 0x08,
  in_own_callback = 0x10,
  has_added = 0x20,       // to its output, in there
  read_to_tell = 0x40,    // bytes were shown when it was disabled, see show_received
  sends_by_calls = 0x80,  // while the user may change the first bytes of its output
};

// `fd` may be -1. Null when there is no memory.
stream* make_socket_stream(loop& on, int fd, int options);
// The same in memory of the caller's, which the stream releases at its end. 0 or an errno.
int open_socket_stream(stream& s, loop& on, int fd, int options);

// Locked by the caller.
int socket_of(const stream& s);
// 0; or EBUSY, with nothing changed: the kernel sends, and another thread runs the loop.
int set_socket(stream& s, int fd);
int set_stream_priority(stream& s, int priority);  // 0 or EINVAL
int move_to_loop(stream& s, loop& on);             // 0; EBUSY while it waits for something
// Connects, with a socket of its own where it has none; a null address: it is connecting already.
// 0: the event callback will tell; or an errno, with nothing changed.
int connect_stream(stream& s, const sockaddr* address, socklen_t size);
// The same for the addresses of a name, one after the other. The event callback tells.
int connect_to_name(stream& s, int family, const char* name, int port);
// The connection failed; `error`; or was refused before it could be waited for. The next address is
// tried, if there is one.
void connection_failed(stream& s, int error, bool at_once);
void connection_made(stream& s);
void forget_addresses(stream& s);

std::size_t most_to_read(stream& s);      // now, by the limits other than the watermark
std::size_t room_for_reading(stream& s);  // by the watermark, too
std::size_t most_to_write(stream& s);

}  // namespace eddy::engine
