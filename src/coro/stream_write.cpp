// Writing: into the output as far as there is room, or waiting for it.
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "base/blocks.h"
#include "buffer/descriptor_io.h"
#include "coro/stream_state.h"
#include "stream/socket_io.h"

namespace eddy::detail {
namespace {

const char* const tried_by_kind[] = {"write to", "write to", "write to", "flush",
                                     "shut down writing to"};

constexpr std::size_t least_room = 256, most_usual = 8 << 10;

}  // namespace

void stream_state::open_room() noexcept {
  iovec place;
  const std::size_t most = may_be_added();
  if (most < least_room || engine->out.bytes.reserve(least_room, &place, 1) != 1) return;
  room = room_begin = static_cast<char*>(place.iov_base);
  room_end = room + std::min(place.iov_len, most);
}

void stream_state::close_room() noexcept {
  if (room == nullptr) return;
  const iovec used{room_begin, static_cast<std::size_t>(room - room_begin)};
  room = room_end = nullptr;
  if (used.iov_len == 0) return;
  (void)engine->out.bytes.commit(&used, 1);
  engine->out.changed(used.iov_len, 0);
}

void stream_state::before_wait() noexcept {
  close_room();
  usual_output = static_cast<std::uint16_t>(std::min(engine->out.bytes.size(), most_usual));
  engine->owner->forget_before_wait(&engine->writing);
}

void stream_state::came_writable(int fd, short what, void* engine_stream) {
  if (what == engine::end_of_turn) static_cast<own_stream*>(engine_stream)->state.before_wait();
  engine::came_writable(fd, what, engine_stream);
}

// The first of a turn goes into as much memory as the last turn's output took, and when another
// follows, room is opened for those behind it.
int stream_state::add(const void* data, std::size_t size) noexcept {
  close_room();
  engine::buffer& out = engine->out.bytes;
  const bool is_first = out.empty();
  if (is_first && usual_output > size) (void)out.expand(usual_output);
  if (const int error = out.add(data, size)) return error;
  const int error = added(size);
  if (error == 0 && !is_first && !is(is_wrapped) && !is(is_file)) open_room();
  return error;
}

int stream_state::added(std::size_t size) noexcept {
  set(has_written);
  if (is(is_file))
    write_error = static_cast<std::int16_t>(write_to_file());
  else
    engine->out.changed(size, 0);
  return write_error;
}

int stream_state::write_to_file() noexcept {
  engine::buffer& out = engine->out.bytes;
  while (!out.empty()) {
    const ssize_t sent = engine::write_from(out, descriptor(), engine::buffer::all);
    if (sent < 0 && sent != -EINTR) return static_cast<int>(-sent);
    if (sent > 0) out.drain(static_cast<std::size_t>(sent));
  }
  return 0;
}

bool write_operation::add_bytes(stream_state& s, std::size_t& done) noexcept {
  const std::size_t part = std::min(size_ - done, s.may_be_added());
  if (part != 0) end_with(s.add(data_ + done, part));
  done += part;
  return done == size_ || outcome_ != 0;
}

bool write_operation::add_pieces(stream_state& s, std::size_t& done) noexcept {
  for (; size_ != 0; --size_, done = 0) {
    const auto& piece = *reinterpret_cast<const byte_view*>(data_);
    const std::size_t part = std::min(piece.size() - done, s.may_be_added());
    if (part != 0) end_with(s.add(piece.data() + done, part));
    if (outcome_ != 0) return true;
    done += part;
    if (done != piece.size()) return false;
    data_ += sizeof(byte_view);
  }
  return true;
}

bool write_operation::add_chunk(stream_state& s) noexcept {
  s.close_room();
  if (s.may_be_added() == 0) return false;
  auto& c = *reinterpret_cast<chunk*>(const_cast<char*>(data_));
  const std::size_t size = c.size();
  engine::chain* memory = chunk_access::take(c);
  if (memory == nullptr) return true;
  // (What stood before the chunk's first byte was read otherwise.)
  if (memory->size > size) memory->drop_front(memory->size - size);
  s.engine->out.bytes.put_behind(memory);
  end_with(s.added(size));
  return true;
}

bool write_operation::attempt(stream_state& s, std::size_t& done) noexcept {
  switch (what_) {
    case kind::bytes:
      return add_bytes(s, done);
    case kind::pieces:
      return add_pieces(s, done);
    case kind::chunk:
      return add_chunk(s);
    case kind::flush:
      return s.engine->out.bytes.empty();
    case kind::shutdown:
      break;
  }
  if (!s.engine->out.bytes.empty()) return false;
  if (s.is(stream_state::is_socket) && ::shutdown(s.descriptor(), SHUT_WR) != 0) end_with(errno);
  s.set(stream_state::is_shut);
  return true;
}

bool write_operation::begin(const awaiting& a) noexcept {
  end_with(EBADF);
  if (stream_ == nullptr) return false;
  stream_state& s = stream_state::of(*stream_);
  fd_ = s.descriptor();
  end_with(a.in->stop->requested() ? ECANCELED : s.attach(*a.in->core));
  if (outcome_ != 0) return false;
  const engine::stream_guard guard(*s.engine);
  s.close_room();
  end_with(s.write_error == 0 && s.is(stream_state::is_shut) ? EPIPE : s.write_error);
  std::size_t done = 0;
  if (outcome_ != 0 || (s.writers == nullptr && attempt(s, done))) return false;
  void* place = engine::memory::allocate_block(sizeof(write_wait));
  end_with(place == nullptr ? ENOMEM : 0);
  if (place == nullptr) return false;
  wait_ = new (place) write_wait(*this, s, done);
  (void)wait_->wait(a);
  s.add_writer(*wait_);
  s.watch_output();
  return true;
}

void write_wait::stop(stoppable& stopped) noexcept {
  auto& w = static_cast<write_wait&>(stopped);
  stream_state& s = w.in;
  const engine::stream_guard guard(*s.engine);
  w.of.end_with(ECANCELED);
  s.wake_writer(w);
  s.watch_output();
}

void write_operation::end_wait() noexcept {
  if (wait_->waits) {  // its coroutine is destroyed
    stream_state& s = wait_->in;
    wait_->stoppable::unlink_if_linked();
    s.remove_writer(*wait_);
    s.watch_output();
  }
  engine::memory::release_block(std::exchange(wait_, nullptr));
}

error write_operation::failure() const noexcept {
  return error::of_errno(outcome_, tried_by_kind[static_cast<int>(what_)], fd_);
}

void stream_state::add_writer(write_wait& w) noexcept {
  auto& l = static_cast<queue_link&>(w);
  if (writers == nullptr)
    writers = l.next = l.previous = &l;
  else {
    l.next = writers;
    l.previous = writers->previous;
    writers->previous->next = &l;
    writers->previous = &l;
  }
}

void stream_state::remove_writer(write_wait& w) noexcept {
  auto& l = static_cast<queue_link&>(w);
  link* following = l.next != &l ? l.next : nullptr;
  if (writers == &l) writers = following;
  l.unlink();
  w.waits = false;
}

void stream_state::wake_writer(write_wait& w) noexcept {
  remove_writer(w);
  w.wake();
}

// The first that waits says when to be told.
void stream_state::watch_output() noexcept {
  if (writers == nullptr) {
    engine->on_write = nullptr;
    engine->write_mark = {};
    return;
  }
  const write_operation& first = write_wait::of_link(*writers).of;
  const bool to_the_end =
      first.what_ == write_operation::kind::flush || first.what_ == write_operation::kind::shutdown;
  engine->on_write = went;
  engine->write_mark.low = to_the_end ? 0 : std::min(low, high - 1);
}

void stream_state::went(engine::stream*, void* self) {
  auto& s = *static_cast<stream_state*>(self);
  s.close_room();
  while (s.writers != nullptr) {
    if (s.write_error != 0) return s.fail_writers(s.write_error);
    write_wait& w = write_wait::of_link(*s.writers);
    if (s.is(is_shut))  // by the one before
      w.of.end_with(EPIPE);
    else if (!w.of.attempt(s, w.done))
      break;
    s.wake_writer(w);
  }
  s.close_room();
  s.watch_output();
}

// For good.
void stream_state::fail_writers(int error) noexcept {
  close_room();
  if (write_error == 0) write_error = static_cast<std::int16_t>(error);
  while (writers != nullptr) {
    write_wait& w = write_wait::of_link(*writers);
    w.of.end_with(error);
    wake_writer(w);
  }
  watch_output();
}

}  // namespace eddy::detail
