// Bytes between a socket and the buffers.
#include "stream/socket_io.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

#include "buffer/descriptor_io.h"
#include "stream/extras.h"
#include "stream/rate.h"
#include "stream/retry.h"
#include "stream/socket.h"
#include "stream/socket_transfer.h"

namespace eddy::engine {
namespace {

constexpr std::size_t most_at_once = 1 << 18;  // of writing, so that a large output shows progress
constexpr unsigned smallest_read = 9, first_read = 12, largest_read = 16;  // powers of two

bool may_come_again(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

// How much to ask for: what came last time fitted into this.
std::size_t read_size(stream& s) {
  if (s.reads == 0) s.reads = first_read;
  return std::size_t{1} << s.reads;
}

void learn_read_size(stream& s, std::size_t asked, std::size_t got) {
  if (got == asked && s.reads < largest_read)
    s.reads = static_cast<std::uint8_t>(std::min(s.reads + 2u, largest_read));
  else if (got < asked / 8 && s.reads > smallest_read)
    --s.reads;
}

// Into the input: the number of bytes, 0 at the end, or minus an errno.
ssize_t read_some(stream& s, std::size_t most) {
  std::size_t asked = read_size(s);
  const bool limited = asked > most;
  if (limited) asked = most;
  const ssize_t got = read_into(s.in.bytes, s.reading.fd, asked);
  if (got <= 0)
    s.in.bytes.give_up_room();
  else if (!limited)
    learn_read_size(s, asked, static_cast<std::size_t>(got));
  return got;
}

void read_now(stream& s) {
  if (s.read_mark.high != 0 && s.in.bytes.size() >= s.read_mark.high)
    return suspend_reading(s, by_watermark);
  const std::size_t room = room_for_reading(s);
  if (room == 0) {
    wait_for_rates(s);
    // It may have got something in the meantime.
    if (s.read_suspended == 0) s.owner->activate(&s.reading, watch_read, 1);
    return;
  }
  if (s.owner->is_transferred(&s.reading)) return take_received(s, room);
  const ssize_t got = read_some(s, room);
  if (got == 0) return read_failed(s, event_eof, 0);
  if (got < 0) {
    if (may_come_again(static_cast<int>(-got))) return;
    return read_failed(s, event_error, static_cast<int>(-got));
  }
  spent_reading(s, static_cast<std::size_t>(got));
  s.in.changed(static_cast<std::size_t>(got), 0);
  bytes_came(s);
  if (s.in.bytes.empty()) s.in.bytes.give_up_room();
}

// Tries to write. The number of bytes, 0 when nothing could be, or minus an errno.
ssize_t write_some(stream& s) {
  const std::size_t most = most_to_write(s);
  if (most == 0) wait_for_rates(s);
  if (most == 0 || s.out.bytes.empty()) return 0;
  const ssize_t sent = write_from(s.out.bytes, s.writing.fd, most);
  if (sent < 0) return may_come_again(static_cast<int>(-sent)) ? 0 : sent;
  output_went(s, static_cast<std::size_t>(sent));
  return sent;
}

bool writes(const stream& s) { return s.is_enabled(watch_write) && s.write_suspended == 0; }

// The callback comes after the next wait, as that of any other event: what is written in between
// callbacks must not be told before theirs.
void tell_later(stream& s) {
  if (s.owner->running_callback() == nullptr) return s.owner->activate(&s.writing, watch_write, 1);
  s.owner->activate_later(&s.writing, watch_write);
}

// No callback of the user runs in here.
void write_added(stream& s) {
  if (!writes(s) || s.out.bytes.empty() || (s.state & is_connecting)) return;
  // It waits for the socket already, or sends.
  if (s.owner->is_added(&s.writing) || start_send(s)) return;
  const ssize_t sent = write_some(s);
  if (sent < 0) {
    s.writing.reserved = static_cast<std::int32_t>(-sent);
    return tell_later(s);
  }
  if (!s.out.bytes.empty() && writes(s)) wait_for_writability(s);
  if (sent == 0 || s.on_write == nullptr || s.out.bytes.size() > s.write_mark.low) return;
  s.state |= write_to_tell;
  tell_later(s);
}

// Around a stream's own callback: what that adds to the output is written when it returns, as long
// as the socket and the bytes are in the processor's caches, and not with all others' before the
// wait. (After one that throws, it is.)
class own_callback {
 public:
  explicit own_callback(stream& s) : stream_(s) {
    if (!s.owner->is_transferred(&s.writing)) s.state |= in_own_callback;
  }
  void returned() {
    if (leave()) write_added(stream_);
  }
  ~own_callback() {
    if (leave()) write_before_wait(stream_);
  }
  own_callback(const own_callback&) = delete;
  own_callback& operator=(const own_callback&) = delete;

 private:
  bool leave() {
    const bool added = (stream_.state & has_added) != 0;
    stream_.state = static_cast<std::uint8_t>(stream_.state & ~(in_own_callback | has_added));
    return added;
  }
  stream& stream_;
};

void write_now(stream& s) {
  if (const std::int32_t outcome = s.owner->take_outcome(&s.writing);
      outcome != 0 && outcome != goes_on)
    return send_ended(s, outcome);
  if (const int error = std::exchange(s.writing.reserved, 0)) return write_failed(s, error);
  const bool told_only = (s.state & write_to_tell) != 0;
  s.state = static_cast<std::uint8_t>(s.state & ~write_to_tell);
  if (!told_only) {
    // News of a send that was stopped may come late, when what it brought was taken long since; and
    // to be told it is added again, where it has a timeout.
    if (!writes(s)) return sends_now(s) ? void() : stop_writing(s);
    if (!s.out.bytes.empty() && start_send(s)) return;
    const ssize_t sent = write_some(s);
    if (sent < 0) return write_failed(s, static_cast<int>(-sent));
    if (s.out.bytes.empty()) (void)s.owner->remove(&s.writing, removal::do_not_wait);
    if (sent == 0 && !s.out.bytes.empty()) return;
  }
  bytes_went(s);
}

}  // namespace

void output_went(stream& s, std::size_t size) {
  s.out.bytes.drain(size);
  if (s.out.bytes.empty()) s.out.bytes.give_up_room();
  spent_writing(s, size);
  retry_succeeded(s);
  s.out.changed(0, size);
}

void read_failed(stream& s, short what, int error) {
  disable(s, watch_read);
  errno = error;
  trigger_event(s, static_cast<short>(what | event_reading), 0);
}

void write_failed(stream& s, int error) {
  if ((error == ENOBUFS || error == ENOMEM) && retry_later(s)) return;
  disable(s, watch_write);
  errno = error;
  trigger_event(s, event_writing | event_error, 0);
}

std::size_t most_to_read(stream& s) {
  const std::size_t most = s.extras() != nullptr && s.extras()->max_read != 0
                               ? s.extras()->max_read
                               : std::size_t{SSIZE_MAX};
  return read_allowance(s, most);
}

std::size_t room_for_reading(stream& s) {
  const std::size_t most = most_to_read(s);
  if (s.read_mark.high == 0) return most;
  return std::min(most, s.read_mark.high - std::min(s.read_mark.high, s.in.bytes.size()));
}

std::size_t most_to_write(stream& s) {
  const std::size_t most =
      s.extras() != nullptr && s.extras()->max_write != 0 ? s.extras()->max_write : most_at_once;
  return write_allowance(s, most);
}

void came_readable(int, short what, void* argument) {
  auto& s = *static_cast<stream*>(argument);
  stream_hold held(s);
  if (!held.alive()) return;
  if (what & watch_timeout) return read_failed(s, event_timeout, errno);
  own_callback scope(s);
  const auto reads = [&s] { return s.reading.fd >= 0 && s.is_enabled(watch_read); };
  if ((s.state & read_to_tell) && reads()) {
    s.state = static_cast<std::uint8_t>(s.state & ~read_to_tell);
    if (!s.in.bytes.empty()) bytes_came(s);  // nobody has taken them in the meantime
  }
  if (reads() && s.read_suspended == 0) read_now(s);
  scope.returned();
}

void came_writable(int, short what, void* argument) {
  auto& s = *static_cast<stream*>(argument);
  stream_hold held(s);
  if (!held.alive()) return;
  if (what == end_of_turn) return write_added(s);
  if (what & watch_timeout) {
    note_sent(s);  // in the same turn, and the timeout has taken the place of that news
    disable(s, watch_write);
    return trigger_event(s, event_writing | event_timeout, 0);
  }
  if (s.state & is_connecting) return connection_made(s);
  own_callback scope(s);
  write_now(s);
  scope.returned();
}

void wait_for_writability(stream& s) {
  if (s.owner->is_added(&s.writing)) return;
  if (const int error = s.owner->add_though_active(&s.writing, timeout_in_ns(s.write_timeout))) {
    s.writing.reserved = error;
    s.owner->activate(&s.writing, watch_write, 1);
  }
}

void stop_writing(stream& s) {
  s.owner->forget_before_wait(&s.writing);
  (void)s.owner->remove(&s.writing, removal::do_not_wait);
  s.state = static_cast<std::uint8_t>(s.state & ~(write_to_tell | has_added));
  s.writing.reserved = 0;
}

}  // namespace eddy::engine
