#include "stream/socket_transfer.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

#include "stream/rate.h"
#include "stream/socket.h"
#include "stream/socket_io.h"

namespace eddy::engine {
namespace {

void send_by_calls(stream& s) {
  (void)s.owner->remove(&s.writing, removal::do_not_wait);
  s.owner->forget_transfer(&s.writing);
  s.state = static_cast<std::uint8_t>(s.state | sends_by_calls);
}

void go_on_sending(stream& s) {
  s.state = static_cast<std::uint8_t>(s.state & ~sends_by_calls);
  if (s.owner->is_transferred(&s.writing)) return;
  (void)s.owner->remove(&s.writing, removal::do_not_wait);
  s.owner->make_transfer(&s.writing);
}

// What is not a socket is read and written by calls.
void give_up_transfers(stream& s) {
  const bool reads = s.owner->is_added(&s.reading);
  (void)s.owner->remove(&s.reading, removal::do_not_wait);
  stop_writing(s);
  stop_transfers(s);
  if (reads || s.is_enabled(watch_read)) enable(s, static_cast<short>(s.enabled & watch_read));
  if (s.is_enabled(watch_write) && !s.out.bytes.empty()) write_before_wait(s);
}

bool reads(const stream& s) {
  return s.is_enabled(watch_read) && s.read_suspended == 0 && s.owner->is_added(&s.reading) &&
         s.owner->is_transferred(&s.reading);
}

void receive_ended(stream& s) {
  const std::int32_t outcome = s.owner->take_outcome(&s.reading);
  if (outcome == goes_on) return;
  if (outcome == ended_early || outcome == 0) {
    limit_receive(s);
    if (s.owner->receive_on(&s.reading) != 0) give_up_transfers(s);
    return;
  }
  if (outcome == -ENOTSOCK || outcome == -EOPNOTSUPP) return give_up_transfers(s);
  if (outcome == end_of_stream) return read_failed(s, event_eof, 0);
  read_failed(s, event_error, -outcome);
}

// Whether some of the pieces are left, for the next time.
bool take_up_to(stream& s, chain* received, std::size_t room) {
  chain* left = s.in.bytes.take_circle(received, room);
  if (left != nullptr) s.owner->put_back(&s.reading, left);
  return left != nullptr;
}

// The read callback is told later.
void show(stream& s, chain* received, std::size_t room) {
  const std::size_t before = s.in.bytes.size();
  (void)take_up_to(s, received, room);
  const std::size_t got = s.in.bytes.size() - before;
  if (got == 0) return;
  s.state = static_cast<std::uint8_t>(s.state | read_to_tell);
  spent_reading(s, got);
  s.in.bytes.own_little();
  s.in.changed(got, 0);
}

void drop_outcome_of_send(stream& s, std::int32_t outcome) {
  if (outcome <= 0) return;
  output_went(s, std::min(static_cast<std::size_t>(outcome), s.out.bytes.size()));
}

}  // namespace

void use_transfers(stream& s) {
  if (!s.owner->has_transfers()) return;
  s.owner->make_transfer(&s.reading);
  s.owner->make_transfer(&s.writing);
}

void abandon(stream& s) {
  if (s.owner->is_transferred(&s.writing)) s.owner->abandon_transfer(&s.writing);
  if (!s.owner->is_transferred(&s.reading)) return;
  s.owner->abandon_transfer(&s.reading);
  release_circle(s.owner->take_pieces(&s.reading));
}

void stop_transfers(stream& s) {
  abandon(s);
  s.owner->forget_transfer(&s.reading);
  s.owner->forget_transfer(&s.writing);
}

void show_received(stream& s) {
  if (s.state & is_connecting) return;
  std::size_t room = room_for_reading(s);
  // At the mark nothing would be told when it is enabled: the last byte waits.
  if (s.read_mark.high != 0 && room != 0) --room;
  if (room == 0) return;
  chain* received = s.owner->take_pieces(&s.reading);
  if (received == nullptr) return;
  show(s, received, room);
}

void tell_shown(stream& s) {
  if (s.state & read_to_tell) s.owner->activate_later(&s.reading, watch_read);
}

void go_on_with(stream& s, chain* received) {
  if (received == nullptr) return;
  if (s.owner->is_transferred(&s.reading)) return s.owner->put_back(&s.reading, received);
  show(s, received, SIZE_MAX);
}

void limit_receive(stream& s) {
  if (!s.owner->is_transferred(&s.reading)) return;
  const std::size_t most = room_for_reading(s);
  s.owner->limit_receive(&s.reading, most > INT_MAX ? 0 : std::max(static_cast<int>(most), 1));
}

bool finish_sending(stream& s) {
  if (!s.owner->is_transferred(&s.writing)) return true;
  s.owner->finish_send(&s.writing);
  if (sends_now(s)) return false;
  // (Of one that had ended already nobody may have been told yet.)
  const std::int32_t outcome = s.owner->take_outcome(&s.writing);
  if (outcome == 0 || outcome == goes_on) return true;
  drop_outcome_of_send(s, outcome);
  s.owner->sent_all(&s.writing);
  if (s.is_enabled(watch_write) && !s.out.bytes.empty()) write_before_wait(s);
  return true;
}

void take_received(stream& s, std::size_t room) {
  const std::size_t before = s.in.bytes.size();
  const bool left = take_up_to(s, s.owner->take_pieces(&s.reading), room);
  const std::size_t got = s.in.bytes.size() - before;
  if (got != 0) {
    spent_reading(s, got);
    s.in.changed(got, 0);
    bytes_came(s);
    s.in.bytes.own_little();
  }
  if (!reads(s)) return;
  if (left) return s.owner->activate(&s.reading, watch_read, 1);
  receive_ended(s);
}

void note_sent(stream& s) { drop_outcome_of_send(s, s.owner->take_outcome(&s.writing)); }

bool start_send(stream& s) {
  if ((s.state & sends_by_calls) && s.out.front_frozen()) go_on_sending(s);
  if (!s.owner->is_transferred(&s.writing)) return false;
  if (sends_now(s)) {
    // One that was stopped, and has not ended yet: what follows it has its time from now on.
    if (!s.owner->is_added(&s.writing))
      (void)s.owner->add(&s.writing, timeout_in_ns(s.write_timeout));
    return true;
  }
  note_sent(s);  // of the one before, if it was stopped before anybody heard how it ended
  if (!s.is_enabled(watch_write) || s.write_suspended != 0) return true;
  if (s.out.bytes.empty()) {
    s.state |= write_to_tell;
    s.owner->activate(&s.writing, watch_write, 1);
    return true;
  }
  if (!s.out.front_frozen()) return send_by_calls(s), false;
  const std::size_t most = most_to_write(s);
  if (most == 0) {
    wait_for_rates(s);
    if (s.write_suspended == 0) write_before_wait(s);
    return true;
  }
  const int error = s.owner->send(&s.writing, s.out.bytes, most, timeout_in_ns(s.write_timeout));
  if (error == 0) return true;
  s.owner->sent_all(&s.writing);
  s.owner->forget_transfer(&s.writing);
  return false;
}

void send_ended(stream& s, std::int32_t outcome) {
  drop_outcome_of_send(s, outcome);
  const bool wanted = s.is_enabled(watch_write) && s.write_suspended == 0;
  const bool failed = outcome < 0 && outcome != -EAGAIN && outcome != -EINTR &&
                      outcome != -ECANCELED && outcome != ended_early && outcome != goes_on;
  if (failed) {
    s.owner->sent_all(&s.writing);
    if (outcome == -ENOTSOCK || outcome == -EOPNOTSUPP) return give_up_transfers(s);
    return write_failed(s, -outcome);
  }
  if (wanted && !s.out.bytes.empty()) {
    if (outcome > 0 && s.write_timeout.tv_sec + s.write_timeout.tv_usec != 0)
      (void)s.owner->add(&s.writing, timeout_in_ns(s.write_timeout));
    if (!start_send(s)) write_before_wait(s);
  } else {
    s.owner->sent_all(&s.writing);
  }
  if (outcome > 0) bytes_went(s);
}

}  // namespace eddy::engine
