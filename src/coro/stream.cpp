// A stream's life, and its settings.
#include <eddy/stream.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "base/memory.h"
#include "base/sys.h"
#include "base/sys_watchable.h"
#include "coro/stream_state.h"
#include "stream/socket.h"

namespace eddy {
namespace detail {
namespace {

own_stream& whole_of(stream_state& s) noexcept { return *reinterpret_cast<own_stream*>(s.engine); }

// How it is to be read and written.
std::uint16_t prepare(int fd) noexcept {
  struct stat about {};
  if (::fstat(fd, &about) != 0) return 0;  // whoever uses it will hear
  if (!engine::sys::can_be_watched(fd, about.st_mode)) return stream_state::is_file;
  const int flags = ::fcntl(fd, F_GETFL);
  std::uint16_t kind = S_ISSOCK(about.st_mode) ? stream_state::is_socket : 0;
  if (flags < 0 || (flags & O_NONBLOCK)) return kind;
  (void)::fcntl(fd, F_SETFL, flags | O_NONBLOCK);
  // Others may have the same pipe or terminal, and do not expect that.
  if (kind == 0) kind = stream_state::was_blocking;
  return kind;
}

void make_blocking(int fd) noexcept {
  (void)::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) & ~O_NONBLOCK);
}

}  // namespace

stream_state* stream_state::open(int fd, std::uint16_t flags) {
  if (auto* whole = engine::memory::create<own_stream>()) {
    stream_state& s = whole->state;
    s.engine = &whole->engine;
    s.engine->reading.fd = fd;
    s.flags = flags;
    return &s;
  }
  (void)engine::sys::close(fd);
  error::of_errno(ENOMEM, "make a stream of", fd).raise();
}

stream_front* front_of_socket(int fd) { return stream_state::open(fd, stream_state::is_socket); }

int stream_state::attach_first(loop_core& core) noexcept {
  auto& loop = static_cast<loop_state&>(core);
  const int error =
      engine::open_socket_stream(*engine, loop.base, descriptor(), engine::close_on_free);
  if (error != 0) return error;
  set(is_attached);
  engine->writing.on_event = came_writable;
  engine::set_callbacks(*engine, came, nullptr, happened, this);
  return 0;
}

int stream_state::descriptor_below() const noexcept {
  return bufferevent_getfd(engine::capi::to_bufferevent(engine));
}

void stream_state::end_waits(int error) noexcept {
  fail_writers(error);
  if (read_operation* r = std::exchange(reader, nullptr)) {
    r->waits_ = false;
    r->fail(*this, error);
    r->wake();
  }
}

void stream_state::hand_back() noexcept {
  auto* w = static_cast<wrapped_stream*>(this);
  {
    const engine::stream_guard guard(*engine);
    put_piece_back();
    engine::set_callbacks(*engine, w->on_read, w->on_write, w->on_event, w->argument);
    engine::set_watermark(*engine, engine::watch_read, w->read_mark.low, w->read_mark.high);
    engine->write_mark = w->write_mark;
    engine::resume_reading(*engine, engine::by_reader);
  }
  (void)engine::let_go(*engine);
  if (!is(is_resuming)) engine::memory::destroy(w);
}

void stream_state::release() noexcept {
  if (is(was_blocking)) make_blocking(descriptor());
  if (is(is_attached)) return engine::free_stream(*engine);
  (void)engine::sys::close(descriptor());
  engine::memory::destroy(&whole_of(*this));
}

void stream_state::abort() noexcept {
  if (is(is_socket)) {
    const ::linger none{1, 0};
    (void)::setsockopt(descriptor(), SOL_SOCKET, SO_LINGER, &none, sizeof none);
  }
  write_error = ECONNABORTED;
  close();
}

}  // namespace detail

using detail::stream_state;

stream::stream(int fd) : state_(stream_state::open(fd, detail::prepare(fd))) {}

stream stream::wrap(bufferevent* b) {
  engine::stream& s = engine::capi::to_stream(b);
  auto* on = detail::loop_state::of(bufferevent_get_base(b), loop_options{});
  auto* w = on != nullptr ? engine::memory::create<detail::wrapped_stream>() : nullptr;
  if (w == nullptr) error(std::errc::not_enough_memory, "wrap a bufferevent").raise();
  engine::hold(s);
  const engine::stream_guard guard(s);
  w->engine = &s;
  w->set(stream_state::is_attached);
  w->set(stream_state::is_wrapped);
  if (s.is_enabled(engine::watch_read)) w->set(stream_state::reads);
  w->on_read = s.on_read;
  w->on_write = s.on_write;
  w->on_event = s.on_event;
  w->argument = s.argument;
  w->read_mark = s.read_mark;
  w->write_mark = s.write_mark;
  stream_state* state = w;
  engine::set_callbacks(s, stream_state::came, nullptr, stream_state::happened, state);
  engine::set_watermark(s, engine::watch_read | engine::watch_write, 0, 0);
  engine::enable(s, engine::watch_write);
  return stream(state);
}

int stream::native_handle() const noexcept {
  return state_ != nullptr ? stream_state::of(*this)->descriptor() : -1;
}

void stream::close() noexcept {
  if (auto* s = stream_state::of(*this)) s->close();
  state_ = nullptr;
}

void stream::abort() noexcept {
  if (auto* s = stream_state::of(*this)) s->abort();
  state_ = nullptr;
}

namespace {

timeval rounded_up(long long nanoseconds) noexcept {
  const long long us = nanoseconds / 1000 + (nanoseconds % 1000 != 0);
  return {static_cast<decltype(timeval::tv_sec)>(us / 1'000'000),
          static_cast<suseconds_t>(us % 1'000'000)};
}

}  // namespace

void stream::set_timeouts(long long reading, long long writing) noexcept {
  auto* s = stream_state::of(*this);
  if (s == nullptr) return;
  engine::stream& e = *s->engine;
  const engine::stream_guard guard(e);
  if (reading >= 0) e.read_timeout = rounded_up(reading);
  if (writing >= 0) e.write_timeout = rounded_up(writing);
  if (s->is(stream_state::is_attached)) e.kind()->adjust_timeouts(e);
}

void stream::set_read_ahead(unsigned bytes) noexcept {
  if (auto* s = stream_state::of(*this)) s->read_ahead = std::max(bytes, 1U);
}

void stream::set_write_limits(unsigned low, unsigned high) noexcept {
  auto* s = stream_state::of(*this);
  if (s == nullptr) return;
  s->high = std::max(high, 1U);
  s->low = std::min(low, s->high - 1);
}

std::size_t stream::unsent() const noexcept {
  auto* s = stream_state::of(*this);
  if (s == nullptr) return 0;
  s->close_room();
  return s->engine->out.bytes.size();
}

void stream::set_option(int level, int name, int value) {
  const int fd = native_handle();
  if (::setsockopt(fd, level, name, &value, sizeof value) != 0)
    error::of_errno(errno, "set an option of", fd).raise();
}

}  // namespace eddy
