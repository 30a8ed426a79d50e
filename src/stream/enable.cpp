// When a stream reads and writes: enabling, suspending, watermarks, timeouts.
#include <climits>

#include "stream/stream.h"

namespace eddy::engine {
namespace {

short without(std::uint8_t reading, std::uint8_t writing, short events) {
  if (reading != 0) events = static_cast<short>(events & ~watch_read);
  if (writing != 0) events = static_cast<short>(events & ~watch_write);
  return events;
}

}  // namespace

void enable(stream& s, short events) {
  events = static_cast<short>(events & (watch_read | watch_write));
  s.enabled = static_cast<short>(s.enabled | events);
  events = without(s.read_suspended, s.write_suspended, events);
  if (events != 0) s.kind()->enable(s, events);
}

void disable(stream& s, short events) {
  events = static_cast<short>(events & (watch_read | watch_write));
  s.enabled = static_cast<short>(s.enabled & ~events);
  s.kind()->disable(s, events);
}

void suspend_reading(stream& s, suspension why) {
  if (s.read_suspended == 0) s.kind()->disable(s, watch_read);
  s.read_suspended = static_cast<std::uint8_t>(s.read_suspended | why);
}

void resume_reading(stream& s, suspension why) {
  if (s.read_suspended == 0) return;
  s.read_suspended = static_cast<std::uint8_t>(s.read_suspended & ~why);
  if (s.read_suspended == 0 && s.is_enabled(watch_read)) s.kind()->enable(s, watch_read);
}

void suspend_writing(stream& s, suspension why) {
  if (s.write_suspended == 0) s.kind()->disable(s, watch_write);
  s.write_suspended = static_cast<std::uint8_t>(s.write_suspended | why);
}

void resume_writing(stream& s, suspension why) {
  if (s.write_suspended == 0) return;
  s.write_suspended = static_cast<std::uint8_t>(s.write_suspended & ~why);
  if (s.write_suspended == 0 && s.is_enabled(watch_write)) s.kind()->enable(s, watch_write);
}

void set_watermark(stream& s, short events, std::size_t low, std::size_t high) {
  if (events & watch_write) s.write_mark = watermark{low, high};
  if (!(events & watch_read)) return;
  s.read_mark = watermark{low, high};
  if (high != 0 && s.in.bytes.size() >= high)
    suspend_reading(s, by_watermark);
  else
    resume_reading(s, by_watermark);
}

std::int64_t timeout_in_ns(const timeval& tv) {
  if (tv.tv_sec == 0 && tv.tv_usec == 0) return forever;
  if (tv.tv_sec < 0 || tv.tv_usec < 0) return 0;
  if (tv.tv_sec >= INT_MAX) return std::int64_t{INT_MAX} * 1'000'000'000;
  return tv.tv_sec * 1'000'000'000LL + tv.tv_usec * 1000LL;
}

void set_timeouts(stream& s, const timeval* reading, const timeval* writing) {
  s.read_timeout = reading != nullptr ? *reading : timeval{0, 0};
  s.write_timeout = writing != nullptr ? *writing : timeval{0, 0};
  s.kind()->adjust_timeouts(s);
}

// --- kinds without a descriptor: their watchers are timeouts and nothing else ---

namespace {

void timed_out(stream& s, short event, short told) {
  stream_hold held(s);
  if (!held.alive()) return;
  disable(s, event);
  trigger_event(s, static_cast<short>(event_timeout | told), 0);
}

void read_timed_out(int, short, void* argument) {
  timed_out(*static_cast<stream*>(argument), watch_read, event_reading);
}

void write_timed_out(int, short, void* argument) {
  timed_out(*static_cast<stream*>(argument), watch_write, event_writing);
}

void follow(stream& s, watcher& w, const timeval& timeout, bool wanted) {
  const std::int64_t ns = timeout_in_ns(timeout);
  if (wanted && ns != forever)
    (void)s.owner->add(&w, ns);
  else
    (void)s.owner->remove(&w, removal::do_not_wait);
}

}  // namespace

void make_timeouts_only(stream& s) {
  s.reading.kind = s.writing.kind = closure::event;
  s.reading.on_event = read_timed_out;
  s.writing.on_event = write_timed_out;
}

void watch_timeout_of(stream& s, short event) {
  if (event & watch_read)
    follow(s, s.reading, s.read_timeout, s.is_enabled(watch_read) && s.read_suspended == 0);
  if (event & watch_write)
    follow(s, s.writing, s.write_timeout,
           s.is_enabled(watch_write) && s.write_suspended == 0 && !s.out.bytes.empty());
}

void adjust_plain_timeouts(stream& s) { watch_timeout_of(s, watch_read | watch_write); }

}  // namespace eddy::engine
