#include "stream/pair.h"

#include <algorithm>
#include <cerrno>

#include "base/memory.h"

namespace eddy::engine {
namespace {

struct paired : stream {
  paired* partner = nullptr;
};

paired& as_pair(stream& s) { return static_cast<paired&>(s); }

bool may_move(const stream& from, const stream& to) {
  return from.is_enabled(watch_write) && from.write_suspended == 0 && to.is_enabled(watch_read) &&
         to.read_suspended == 0 && !from.out.bytes.empty();
}

// From one's output into the other's input, as far as that may grow.
void move_bytes(stream& from, stream& to, bool past_the_mark) {
  stream_hold held_from(from), held_to(to);
  std::size_t size = from.out.bytes.size();
  if (const std::size_t high = to.read_mark.high; high != 0) {
    const std::size_t there = to.in.bytes.size();
    // A flush goes past a mark that is reached, and up to one that is not: as libevent's does.
    if (there < high)
      size = std::min(size, high - there);
    else if (!past_the_mark)
      size = 0;
  }
  if (size != 0 && to.in.bytes.move_some(from.out.bytes, size) == 0) {
    from.out.changed(0, size);
    to.in.changed(size, 0);
    watch_timeout_of(from, watch_write);
    watch_timeout_of(to, watch_read);
  }
  bytes_came(to);
  bytes_went(from);
}

void pair_enable(stream& s, short events) {
  watch_timeout_of(s, events);
  paired* other = as_pair(s).partner;
  if (other == nullptr) return;
  stream_hold held(s), held_other(*other);
  if ((events & watch_read) && may_move(*other, s)) move_bytes(*other, s, false);
  if (as_pair(s).partner == nullptr) return;
  if ((events & watch_write) && may_move(s, *other)) move_bytes(s, *other, false);
}

void pair_disable(stream& s, short events) {
  if (events & watch_read) (void)s.owner->remove(&s.reading, removal::do_not_wait);
  if (events & watch_write) (void)s.owner->remove(&s.writing, removal::do_not_wait);
}

void pair_changed(stream& s, watched_buffer& which, std::size_t added, std::size_t) {
  if (&which != &s.out || added == 0) return;
  paired* other = as_pair(s).partner;
  if (other != nullptr && may_move(s, *other)) move_bytes(s, *other, false);
}

void pair_unlink(stream& s) {
  paired& self = as_pair(s);
  if (self.partner != nullptr) self.partner->partner = nullptr;
  self.partner = nullptr;
}

void pair_destroy(stream&) {}

int pair_flush(stream& s, short events, flush_mode mode) {
  paired* other = as_pair(s).partner;
  if (other == nullptr) return -1;
  if (mode == flush_mode::normal) return 0;
  // What watches a buffer is called at once, and may free either.
  stream_hold held(s), held_other(*other);
  if (events & watch_read) move_bytes(*other, s, true);
  if ((events & watch_write) && as_pair(s).partner != nullptr) move_bytes(s, *other, true);
  if (mode == flush_mode::finished && as_pair(s).partner != nullptr) {
    short what = event_eof;
    if (events & watch_read) what = static_cast<short>(what | event_writing);
    if (events & watch_write) what = static_cast<short>(what | event_reading);
    trigger_event(*other, what, 0);
  }
  return 0;
}

}  // namespace

const stream_kind pair_kind = {
    {keeps_buffers}, "pair",       pair_enable,           pair_disable, pair_changed,
    pair_unlink,     pair_destroy, adjust_plain_timeouts, pair_flush,
};

int make_pair(loop& on, int options, stream* made[2]) {
  auto* one = memory::create<paired>();
  auto* two = memory::create<paired>();
  int error = one == nullptr || two == nullptr ? ENOMEM : 0;
  if (error == 0) error = open_stream(*one, on, pair_kind, options | defer_callbacks);
  if (error != 0) {
    memory::destroy(one);
    memory::destroy(two);
    return error;
  }
  (void)open_stream(*two, on, pair_kind, options | defer_callbacks, one);
  make_timeouts_only(*one);
  make_timeouts_only(*two);
  one->partner = two;
  two->partner = one;
  made[0] = one;
  made[1] = two;
  return 0;
}

stream* partner_of(const stream& s) {
  return s.kind() == &pair_kind ? static_cast<const paired&>(s).partner : nullptr;
}

}  // namespace eddy::engine
