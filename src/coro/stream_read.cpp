// Reading: from the piece that is being read, then from the input; or waiting for more.
#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

#include "base/memory.h"
#include "buffer/descriptor_io.h"
#include "coro/stream_state.h"
#include "stream/socket.h"

namespace eddy {
namespace detail {
namespace {

constexpr std::size_t file_read = 64 << 10;

const char* const tried_by_kind[] = {"read from", "read an exact number of bytes from",
                                     "read a line or part from", "read from"};

}  // namespace

// --- the piece that is being read ---

// It is the reader's alone, who may change it.
bool stream_state::next_piece() noexcept {
  drop_piece();
  engine::chain* c = engine->in.bytes.take_front();
  if (c == nullptr) return false;
  if (!c->may_be_changed()) {
    engine::chain* copy = engine::make_chain(c->size);
    if (copy == nullptr) {
      engine->in.bytes.put_front(c);
      return false;
    }
    std::memcpy(copy->begin, c->begin, c->size);
    copy->size = c->size;
    copy->room -= c->size;
    engine::release_chain(std::exchange(c, copy));
  }
  piece = c;
  next = reinterpret_cast<char*>(c->begin);
  end = next + c->size;
  engine->in.changed(0, c->size);
  made_room();
  return true;
}

void stream_state::drop_piece() noexcept {
  if (piece == nullptr) return;
  engine::release_chain(std::exchange(piece, nullptr));
  next = end = nullptr;
}

void stream_state::put_piece_back() noexcept {
  const std::size_t left = in_piece();
  if (left == 0) return drop_piece();
  engine::chain* c = std::exchange(piece, nullptr);
  if (c->size > left) c->drop_front(c->size - left);
  next = end = nullptr;
  engine->in.bytes.put_front(c);
  engine->in.changed(left, 0);
}

std::size_t stream_state::take(char* to, std::size_t size) noexcept {
  std::size_t taken = std::min(size, in_piece());
  if (taken != 0) {
    std::memcpy(to, next, taken);
    next += taken;
  }
  if (next == end) drop_piece();
  if (taken == size || engine->in.bytes.empty()) return taken;
  const std::size_t more = engine->in.bytes.remove(to + taken, size - taken);
  engine->in.changed(0, more);
  made_room();
  return taken + more;
}

// --- when the engine receives ---

void stream_state::want_more() noexcept {
  if (is(has_ended)) return;
  if (engine->read_suspended & engine::by_reader)
    engine::resume_reading(*engine, engine::by_reader);
  if (!is(reads)) {
    set(reads);
    set(was_read);
    engine::enable(*engine, engine::watch_read);
  } else if (engine->read_timeout.tv_sec + engine->read_timeout.tv_usec != 0) {
    restart_read_timeout();  // from now on
  }
}

void stream_state::restart_read_timeout() noexcept {
  if (engine->kind() != &engine::socket_kind)
    return engine::watch_timeout_of(*engine, engine::watch_read);
  engine::loop& owner = *engine->owner;
  engine::watcher* w = &engine->reading;
  // A timeout of before, due in the same turn as what began to read, is taken back.
  if (owner.is_added(w) || owner.is_to_be_told_of_timeout(w))
    (void)owner.add_though_active(w, engine::timeout_in_ns(engine->read_timeout));
}

void stream_state::limit_read_ahead() noexcept {
  if (reader == nullptr && received() >= read_ahead && is(reads))
    engine::suspend_reading(*engine, engine::by_reader);
}

void stream_state::made_room() noexcept {
  if ((engine->read_suspended & engine::by_reader) && engine->in.bytes.size() <= read_ahead / 2)
    engine::resume_reading(*engine, engine::by_reader);
}

// False at its end.
bool stream_state::fill_from_file() noexcept {
  const ssize_t got = engine::read_into(engine->in.bytes, descriptor(), file_read);
  if (got > 0) return true;
  if (got == 0)
    set(has_ended);
  else
    read_error = static_cast<std::int16_t>(-got);
  return false;
}

// --- the reads ---

void read_operation::fail(stream_state& s, int error) noexcept {
  end_with(error);
  // What was taken already goes back to where it was.
  if (what_ != kind::exactly || progress_ == 0) return;
  s.put_piece_back();
  if (s.engine->in.bytes.prepend(data_, progress_) != 0)
    s.read_error = ENOMEM;
  else
    s.engine->in.changed(progress_, 0);
}

bool read_operation::take_some(stream_state& s) noexcept {
  if (size_ == 0) return true;
  if (s.received() != 0)
    size_ = s.take(data_, size_);
  else if (!s.at_end())
    return false;
  else if (s.read_error != 0)
    end_with(s.read_error);
  else
    size_ = 0;
  return true;
}

bool read_operation::take_exactly(stream_state& s) noexcept {
  progress_ += s.take(data_ + progress_, size_ - progress_);
  if (progress_ == size_) return true;
  if (!s.at_end()) return false;
  if (s.read_error != 0)
    fail(s, s.read_error);
  else if (progress_ != 0)
    fail(s, ENODATA);
  return true;
}

bool read_operation::take_until(stream_state& s) noexcept {
  if (delimiter_size_ == 0) return end_with(EINVAL), true;
  s.put_piece_back();
  engine::buffer& in = s.engine->in.bytes;
  const std::size_t until = std::min(in.size(), size_);
  std::size_t found = engine::buffer::nowhere;
  if (delimiter_size_ == 1) {
    found = in.find_byte(static_cast<unsigned char>(*data_), progress_);
    if (found >= until) found = engine::buffer::nowhere;
  } else {
    found = in.find(data_, delimiter_size_, progress_, until);
  }
  std::size_t size = found + delimiter_size_;
  if (found == engine::buffer::nowhere) {
    if (in.size() >= size_) return end_with(EOVERFLOW), true;
    if (!s.at_end()) {
      progress_ = in.size() - std::min<std::size_t>(in.size(), delimiter_size_ - 1u);
      in.own_little();
      return false;
    }
    if (s.read_error != 0 || in.empty()) {
      data_ = nullptr;
      end_with(s.read_error);
      return true;
    }
    size = in.size();
  }
  if (in.pull_up(size) == nullptr || !s.next_piece()) return end_with(ENOMEM), true;
  data_ = s.next;
  size_ = size;
  s.next += size;
  return true;
}

bool read_operation::take_buffer(stream_state& s) noexcept {
  if (s.in_piece() == 0 && !s.next_piece()) {
    if (!s.at_end()) return false;
    end_with(s.read_error);
    return true;
  }
  data_ = s.next;
  size_ = s.in_piece();
  memory_ = std::exchange(s.piece, nullptr);
  s.next = s.end = nullptr;
  return true;
}

bool read_operation::attempt(stream_state& s) noexcept {
  switch (what_) {
    case kind::some:
      return take_some(s);
    case kind::exactly:
      return take_exactly(s);
    case kind::until:
      return take_until(s);
    case kind::buffer:
      return take_buffer(s);
  }
  return true;
}

bool read_operation::begin_slowly(const awaiting& a) noexcept {
  end_with(EBADF);
  if (stream_ == nullptr) return false;
  stream_state& s = stream_state::of(*stream_);
  fd_ = s.descriptor();
  end_with(a.in->stop->requested() ? ECANCELED
           : s.reader != nullptr   ? EBUSY
                                   : s.attach(*a.in->core));
  if (outcome_ != 0) return false;
  const engine::stream_guard guard(*s.engine);
  while (!attempt(s)) {
    if (s.is(stream_state::is_file)) {
      (void)s.fill_from_file();
      continue;
    }
    (void)wait(a);
    s.reader = this;
    waits_ = true;
    s.want_more();
    return true;
  }
  return false;
}

void read_operation::stop(stoppable& stopped) noexcept {
  auto& r = static_cast<read_operation&>(stopped);
  stream_state& s = stream_state::of(*r.stream_);
  const engine::stream_guard guard(*s.engine);
  s.reader = nullptr;
  r.waits_ = false;
  r.fail(s, ECANCELED);
  s.limit_read_ahead();
  r.wake();
}

void read_operation::forget() noexcept {
  stream_state& s = stream_state::of(*stream_);
  s.reader = nullptr;
  stoppable::unlink_if_linked();
}

error read_operation::failure() const noexcept {
  const char* tried = tried_by_kind[static_cast<int>(what_)];
  if (outcome_ == EOVERFLOW)
    tried = "find the end of a line or part within its limit, reading from";
  return error::of_errno(outcome_, tried, fd_);
}

// --- what the engine tells ---

// Its coroutine goes on within the engine's own callback, so that what it writes is sent when that
// returns.
void stream_state::resume_reader() noexcept {
  read_operation* r = std::exchange(reader, nullptr);
  r->waits_ = false;
  if (engine->kind() != &engine::socket_kind) return r->wake();
  r->stoppable::unlink();
  set(is_resuming);
  r->who.handle.resume();
  clear(is_resuming);
  if (is(is_closed)) {
    // (One of the engine's own goes when its callback returns.)
    if (is(is_wrapped)) engine::memory::destroy(static_cast<wrapped_stream*>(this));
    return;
  }
  close_room();
  limit_read_ahead();
}

void stream_state::retry_reader() noexcept {
  if (reader != nullptr && reader->attempt(*this))
    resume_reader();
  else
    limit_read_ahead();
}

void stream_state::came(engine::stream*, void* self) {
  static_cast<stream_state*>(self)->retry_reader();
}

void stream_state::happened(engine::stream*, short what, void* self) {
  const int error = errno;
  auto& s = *static_cast<stream_state*>(self);
  if (what & engine::event_connected) return;
  const bool both = (what & (engine::event_reading | engine::event_writing)) == 0;
  if ((what & engine::event_writing) || both) {
    const int why = (what & engine::event_timeout) ? ETIMEDOUT : error != 0 ? error : EIO;
    if (what & (engine::event_error | engine::event_timeout)) s.fail_writers(why);
  }
  if (!(what & engine::event_reading) && !both) return;
  s.clear(reads);
  if (what & engine::event_timeout) {
    if (s.reader == nullptr) return;
    s.reader->fail(s, ETIMEDOUT);
    return s.resume_reader();
  }
  if (what & engine::event_eof)
    s.set(has_ended);
  else
    s.read_error = static_cast<std::int16_t>(error != 0 ? error : EIO);
  s.retry_reader();
}

}  // namespace detail

void chunk::release() noexcept { engine::release_chain(static_cast<engine::chain*>(memory_)); }

chunk read_buffer_operation::take() noexcept {
  auto* memory = static_cast<engine::chain*>(std::exchange(memory_, nullptr));
  if (memory == nullptr) return chunk();
  return detail::chunk_access::make(data_, size_, memory);
}

}  // namespace eddy
