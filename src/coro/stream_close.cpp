// Closing in good order, in the background: what was written goes out, the peer is told, and what
// it still sends is dropped for a while.
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "base/memory.h"
#include "coro/stream_state.h"

namespace eddy::detail {

struct closing_stream : link {
  stream_state* of = nullptr;
  std::size_t dropped = 0;
  bool drains = false;
  engine::watcher timer;
};

namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t to_send = 10 * second, to_drain = 2 * second, at_the_end = 2 * second;
constexpr std::size_t most_dropped = 64 << 10;

void end(closing_stream& c) noexcept {
  stream_state& s = *c.of;
  (void)s.engine->owner->remove(&c.timer, engine::removal::do_not_wait);
  c.unlink();
  engine::memory::destroy(&c);
  s.release();
}

void late(int, short, void* self) { end(*static_cast<closing_stream*>(self)); }

void start_timer(closing_stream& c, std::int64_t ns) noexcept {
  if (c.of->engine->owner->add(&c.timer, ns) != 0) end(c);
}

// Closing with unread bytes would be a reset: those that are there go.
void drop_what_is_there(closing_stream& c) noexcept {
  char bytes[4096];
  while (c.dropped < most_dropped) {
    const ssize_t got = ::recv(c.of->descriptor(), bytes, sizeof bytes, MSG_DONTWAIT);
    if (got <= 0) return;
    c.dropped += static_cast<std::size_t>(got);
  }
}

void drop(engine::stream* e, void* self) {
  auto& c = *static_cast<closing_stream*>(self);
  const std::size_t size = e->in.bytes.size();
  e->in.bytes.clear();
  e->in.changed(0, size);
  c.dropped += size;
  if (c.dropped > most_dropped) end(c);
}

void happened(engine::stream*, short, void* self) { end(*static_cast<closing_stream*>(self)); }

void sent(engine::stream* e, void* self) {
  auto& c = *static_cast<closing_stream*>(self);
  stream_state& s = *c.of;
  if (!e->out.bytes.empty()) return;
  if (!s.is(stream_state::is_socket) || s.at_end()) return end(c);
  (void)::shutdown(s.descriptor(), SHUT_WR);
  c.drains = true;
  engine::set_callbacks(*e, drop, nullptr, happened, &c);
  engine::resume_reading(*e, engine::by_reader);
  engine::enable(*e, engine::watch_read);
  start_timer(c, to_drain);
}

bool takes_time(const stream_state& s) noexcept {
  if (!s.is(stream_state::is_attached) || s.is(stream_state::is_file) || s.write_error != 0)
    return false;
  if (!s.engine->out.bytes.empty()) return true;
  return s.is(stream_state::is_socket) && s.is(stream_state::has_written) && !s.at_end();
}

void start(stream_state& s) noexcept {
  auto* c = engine::memory::create<closing_stream>();
  if (c == nullptr) return s.release();
  c->of = &s;
  s.on()->closing.push_back(*c);
  engine::stream& e = *s.engine;
  c->timer.flags = engine::is_initialised;
  c->timer.kind = engine::closure::event;
  c->timer.on_event = late;
  c->timer.argument = c;
  c->timer.owner = e.owner;
  c->timer.priority = e.writing.priority;
  engine::disable(e, engine::watch_read);
  e.read_timeout = e.write_timeout = {0, 0};
  e.write_mark = {};
  e.in.bytes.clear();
  engine::set_callbacks(e, drop, sent, happened, c);
  if (e.out.bytes.empty()) return sent(&e, c);
  start_timer(*c, to_send);
}

}  // namespace

bool descriptor_wait::begin(const awaiting& a) noexcept {
  stop_.attach(*a.in->stop);
  in_ = {a.in->core, &stop_};
  next_ = std::exchange(of_->descriptor_waits, this);
  waits_ = true;
  return ready_.begin(awaiting{a.handle, a.promise, &in_});
}

result<void> descriptor_wait::await_result() noexcept {
  finish();
  if (of_ == nullptr) return error::of_errno(ECANCELED, "wait for", ready_.fd());
  return ready_.await_result();
}

void descriptor_wait::finish() noexcept {
  stop_.detach();
  if (!std::exchange(waits_, false)) return;
  descriptor_wait** w = &of_->descriptor_waits;
  while (*w != this) w = &(*w)->next_;
  *w = next_;
}

void descriptor_wait::end_all(stream_state& s) noexcept {
  while (descriptor_wait* w = s.descriptor_waits) {
    s.descriptor_waits = w->next_;
    w->waits_ = false;
    w->of_ = nullptr;
    w->stop_.request();
  }
}

void stream_state::close() noexcept {
  {
    const engine::stream_guard guard(*engine);
    const std::int16_t error = write_error;
    end_waits(ECANCELED);
    descriptor_wait::end_all(*this);
    write_error = error;
    set(is_closed);
  }
  if (is(is_wrapped)) return hand_back();
  drop_piece();
  if (takes_time(*this))
    start(*this);
  else
    release();
}

// The loop ends. What was written has a little time still.
void loop_state::end_closing() noexcept {
  for (link *l = closing.front(), *next = nullptr; l != closing.end(); l = next) {
    next = l->next;
    auto& c = static_cast<closing_stream&>(*l);
    if (c.drains) {
      drop_what_is_there(c);
      end(c);
    } else {
      start_timer(c, at_the_end);
    }
  }
  while (!closing.empty() && !base.running()) {
    if (!run_on(engine::run_once)) break;
    for (link *l = closing.front(), *next = nullptr; l != closing.end(); l = next) {
      next = l->next;
      auto& c = static_cast<closing_stream&>(*l);
      if (!c.drains) continue;
      drop_what_is_there(c);
      end(c);
    }
  }
  while (!closing.empty()) end(static_cast<closing_stream&>(*closing.front()));
}

}  // namespace eddy::detail
