// Connecting a stream: to an address, or to one address of a name after the other.
#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/memory.h"
#include "base/sys.h"
#include "stream/addresses.h"
#include "stream/extras.h"
#include "stream/socket.h"
#include "stream/socket_io.h"
#include "stream/socket_transfer.h"

namespace eddy::engine {
namespace {

// A client port that the kernel chose may be the very port that is asked for; the connection then
// is one to itself, which nobody wants.
bool is_connected_to_itself(int fd) {
  sockaddr_storage mine{}, theirs{};
  socklen_t mine_size = sizeof mine, theirs_size = sizeof theirs;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&mine), &mine_size) != 0) return false;
  if (mine.ss_family != AF_INET && mine.ss_family != AF_INET6) return false;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&theirs), &theirs_size) != 0) return false;
  return mine_size == theirs_size &&
         std::memcmp(&mine, &theirs, static_cast<std::size_t>(mine_size)) == 0;
}

int socket_error(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

void use_socket(stream& s, int fd) {
  s.reading.fd = s.writing.fd = fd;
  s.reading.events = watch_read | watch_persist;
  s.writing.events = watch_write | watch_persist;
}

}  // namespace

int connect_stream(stream& s, const sockaddr* address, socklen_t size) {
  int fd = socket_of(s);
  const bool fresh = fd < 0;
  if (fresh) {
    if (address == nullptr) return EINVAL;
    fd = sys::stream_socket(address->sa_family);
    if (fd < 0) return errno;
  }
  int error = address == nullptr ? EINPROGRESS : 0;
  if (address != nullptr && sys::connect(fd, address, size) != 0) error = errno;
  const bool under_way = error == EINPROGRESS || error == EINTR;
  if (error != 0 && !under_way && error != ECONNREFUSED) {
    if (fresh) (void)s.owner->close_descriptor(fd);
    return error;
  }
  (void)s.owner->remove(&s.reading, removal::do_not_wait);
  finish_sending(s);
  stop_writing(s);
  stop_transfers(s);
  use_socket(s, fd);
  s.state = static_cast<std::uint8_t>((s.state & tries_addresses) | is_connecting);
  if (error == ECONNREFUSED) s.state |= was_refused;
  if (under_way) {
    wait_for_writability(s);
  } else {
    // Of a connection that is there at once libevent tells first that it can be written to.
    if (error == 0) trigger(s, watch_write, defer_callbacks);
    s.owner->activate(&s.writing, watch_write, 1);
  }
  if (s.is_enabled(watch_read) && s.read_suspended == 0) s.kind()->enable(s, watch_read);
  return 0;
}

void connection_made(stream& s) {
  int error = std::exchange(s.writing.reserved, 0);
  const bool refused_at_once = (s.state & was_refused) != 0;
  if (refused_at_once)
    error = ECONNREFUSED;
  else if (error == 0)
    error = socket_error(s.writing.fd);
  if (error == 0 && is_connected_to_itself(s.writing.fd)) error = ECONNREFUSED;
  if (error == EINPROGRESS) return;
  (void)s.owner->remove(&s.writing, removal::do_not_wait);
  (void)s.owner->remove(&s.reading, removal::do_not_wait);
  s.reading.events = watch_read | watch_persist;
  s.state = static_cast<std::uint8_t>(s.state & ~(is_connecting | was_refused));
  if (error != 0) return connection_failed(s, error, refused_at_once);
  forget_addresses(s);
  use_transfers(s);
  trigger_event(s, event_connected, 0);
  if (s.writing.fd < 0 || (s.state & is_connecting)) return;
  if (s.is_enabled(watch_read) && s.read_suspended == 0) s.kind()->enable(s, watch_read);
  if (s.is_enabled(watch_write) && s.write_suspended == 0 && !s.out.bytes.empty())
    write_before_wait(s);
}

void connection_failed(stream& s, int error, bool at_once) {
  if (s.state & tries_addresses) error = connect_to_next_address(s, error);
  if (error == 0) return;
  // As libevent does when it hears of it at once, and only then.
  if (at_once) disable(s, watch_read | watch_write);
  errno = error;
  trigger_event(s, event_error, 0);
}

}  // namespace eddy::engine
