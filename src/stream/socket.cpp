// A socket stream's life, and when it waits for what.
#include "stream/socket.h"

#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "base/memory.h"
#include "stream/extras.h"
#include "stream/rate.h"
#include "stream/socket_io.h"
#include "stream/socket_transfer.h"

namespace eddy::engine {
namespace {

// Until it is connected there is nothing to read, but the time for it runs.
void wait_to_read(stream& s) {
  s.reading.events = watch_persist;
  const std::int64_t timeout = timeout_in_ns(s.read_timeout);
  if (timeout == forever)
    (void)s.owner->remove(&s.reading, removal::do_not_wait);
  else
    (void)s.owner->add(&s.reading, timeout);
}

void start_reading(stream& s) {
  if (s.reading.fd < 0) return;
  if (s.state & is_connecting) return wait_to_read(s);
  tell_shown(s);
  limit_receive(s);
  if (const int error = s.owner->add_though_active(&s.reading, timeout_in_ns(s.read_timeout))) {
    // The callback hears of it from the loop.
    s.enabled = static_cast<short>(s.enabled & ~watch_read);
    errno = error;
    trigger_event(s, event_reading | event_error, defer_callbacks);
  }
}

void start_writing(stream& s) {
  if (s.writing.fd < 0 || (s.state & is_connecting)) return;
  if (!s.out.bytes.empty()) return write_before_wait(s);
  // Nothing to write: who waits for the callback hears when it could be.
  if (s.on_write == nullptr) return;
  if (s.owner->is_transferred(&s.writing))
    s.owner->activate(&s.writing, watch_write, 1);
  else
    wait_for_writability(s);
}

void socket_enable(stream& s, short events) {
  if (events & watch_read) start_reading(s);
  if (events & watch_write) start_writing(s);
}

void socket_disable(stream& s, short events) {
  if (events & watch_read) {
    (void)s.owner->remove(&s.reading, removal::do_not_wait);
    if (s.is_enabled(watch_read))
      tell_shown(s);
    else
      show_received(s);
  }
  // One that connects goes on waiting for that.
  if ((events & watch_write) && !(s.state & is_connecting)) {
    if (sends_now(s))
      s.owner->hurry_send(&s.writing);
    else
      stop_writing(s);
  }
}

void socket_buffer_changed(stream& s, watched_buffer& which, std::size_t added,
                           std::size_t deleted) {
  if (&which != &s.out) return;
  if (added == 0) {
    if (deleted == 0 && !which.front_frozen()) which.freeze_front(!finish_sending(s));
    return;
  }
  if (!s.is_enabled(watch_write) || s.write_suspended != 0 || s.writing.fd < 0) return;
  if (s.state & is_connecting) return;
  write_before_wait(s);
}

void socket_destroy(stream& s) {
  abandon(s);
  forget_addresses(s);
  s.owner->forget_before_wait(&s.writing);
  if (s.reading.fd >= 0 && (s.options & close_on_free))
    (void)s.owner->close_descriptor(s.reading.fd);
}

void socket_adjust_timeouts(stream& s) {
  for (watcher* w : {&s.reading, &s.writing}) {
    const std::int64_t timeout = timeout_in_ns(w == &s.reading ? s.read_timeout : s.write_timeout);
    if (timeout == forever)
      s.owner->forget_timeout(w);
    else if (s.owner->is_added(w))
      (void)s.owner->add(w, timeout);
  }
  if ((s.state & is_connecting) && s.is_enabled(watch_read) && s.read_suspended == 0)
    wait_to_read(s);
}

// For more than its descriptor: output, a callback, the end of a pause.
bool waits_for_its_loop(const stream& s) {
  if (s.writing.own.before_wait.next != nullptr) return true;
  if (s.extras() == nullptr) return false;
  const rate_state* r = s.extras()->rate;
  return s.extras()->deferred.is(in_active) || s.extras()->connecting != nullptr ||
         (s.write_suspended & by_kernel) != 0 || (r != nullptr && r->refill.is(in_timers));
}

int socket_flush(stream&, short, flush_mode) { return 0; }

// As far as can be seen: behind the number that it had already there may be another one by now, and
// of that no byte of the old one must come.
bool is_same_socket(int now, int before) {
  struct stat a, b;
  if (now == before || ::fstat(now, &a) != 0 || ::fstat(before, &b) != 0) return false;
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

void watch(watcher& w, int fd, short events) {
  w.fd = fd;
  w.events = static_cast<std::int16_t>(events | watch_persist);
}

}  // namespace

const stream_kind socket_kind = {
    {keeps_buffers}, "socket",       socket_enable,          socket_disable, socket_buffer_changed,
    nullptr,         socket_destroy, socket_adjust_timeouts, socket_flush,
};

stream* make_socket_stream(loop& on, int fd, int options) {
  auto* s = memory::create<stream>();
  if (s == nullptr || open_socket_stream(*s, on, fd, options) == 0) return s;
  memory::destroy(s);
  return nullptr;
}

int open_socket_stream(stream& s, loop& on, int fd, int options) {
  if (const int error = open_stream(s, on, socket_kind, options)) return error;
  s.reading.on_event = came_readable;
  s.writing.on_event = came_writable;
  watch(s.reading, fd, watch_read);
  watch(s.writing, fd, watch_write);
  if (fd >= 0) use_transfers(s);
  return 0;
}

int socket_of(const stream& s) { return s.reading.fd; }

int set_socket(stream& s, int fd) {
  // Before it waits for the send: in that wait no byte of the old descriptor must come.
  (void)s.owner->remove(&s.reading, removal::do_not_wait);
  if (!finish_sending(s) && s.owner->has_transfers()) {
    enable(s, static_cast<short>(s.enabled & watch_read));
    return EBUSY;
  }
  stop_writing(s);
  forget_addresses(s);
  s.state = static_cast<std::uint8_t>(s.state & read_to_tell);
  chain* received = s.owner->take_pieces(&s.reading);
  if (received != nullptr && !is_same_socket(fd, s.reading.fd))
    release_circle(std::exchange(received, nullptr));
  stop_transfers(s);
  watch(s.reading, fd, watch_read);
  watch(s.writing, fd, watch_write);
  if (fd < 0) return 0;
  use_transfers(s);
  go_on_with(s, received);
  enable(s, s.enabled);
  return 0;
}

int set_stream_priority(stream& s, int priority) {
  if (s.owner->set_priority(&s.reading, priority) != 0) return EINVAL;
  return s.owner->set_priority(&s.writing, priority);
}

int move_to_loop(stream& s, loop& on) {
  constexpr int while_idle = is_initialised | is_transfer | sends_copied | notice_due | is_shared;
  for (watcher* w : {&s.reading, &s.writing})
    if ((w->flags & ~while_idle) != 0) return EBUSY;
  if (waits_for_its_loop(s)) return EBUSY;
  stop_transfers(s);
  s.owner = s.reading.owner = s.writing.owner = &on;
  s.reading.priority = s.writing.priority = static_cast<std::uint8_t>(on.priorities() / 2);
  if (socket_of(s) >= 0) use_transfers(s);
  return 0;
}

}  // namespace eddy::engine
