// event2/bufferevent.h: what all kinds have.
#include "capi/bufferevent.h"

#include <cstddef>

#include "stream/filter.h"
#include "stream/pair.h"
#include "stream/socket.h"

using namespace eddy::engine;
using namespace eddy::engine::capi;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winvalid-offsetof"
static_assert(offsetof(bufferevent, ev_base) == offsetof(stream, owner));
static_assert(offsetof(bufferevent, be_ops) == offsetof(stream, keeper));
static_assert(offsetof(bufferevent, ev_read) == offsetof(stream, reading));
static_assert(offsetof(bufferevent, ev_write) == offsetof(stream, writing));
static_assert(offsetof(bufferevent, input) == offsetof(stream, input));
static_assert(offsetof(bufferevent, output) == offsetof(stream, output));
static_assert(offsetof(bufferevent, wm_read) == offsetof(stream, read_mark));
static_assert(offsetof(bufferevent, wm_write) == offsetof(stream, write_mark));
static_assert(offsetof(bufferevent, readcb) == offsetof(stream, on_read));
static_assert(offsetof(bufferevent, writecb) == offsetof(stream, on_write));
static_assert(offsetof(bufferevent, errorcb) == offsetof(stream, on_event));
static_assert(offsetof(bufferevent, cbarg) == offsetof(stream, argument));
static_assert(offsetof(bufferevent, timeout_read) == offsetof(stream, read_timeout));
static_assert(offsetof(bufferevent, timeout_write) == offsetof(stream, write_timeout));
static_assert(offsetof(bufferevent, enabled) == offsetof(stream, enabled));
#pragma GCC diagnostic pop

extern "C" {

// --- life ---

void bufferevent_free(bufferevent* b) { free_stream(to_stream(b)); }

void bufferevent_incref(bufferevent* b) { hold(to_stream(b)); }

int bufferevent_decref(bufferevent* b) { return let_go(to_stream(b)) ? 1 : 0; }

void bufferevent_lock(bufferevent* b) {
  stream& s = to_stream(b);
  hold(s);
  if (s.lock() != nullptr) s.lock()->acquire();
}

void bufferevent_unlock(bufferevent* b) {
  stream& s = to_stream(b);
  if (s.lock() != nullptr) s.lock()->release();
  (void)let_go(s);
}

// --- what it is ---

event_base* bufferevent_get_base(bufferevent* b) { return b->ev_base; }

int bufferevent_base_set(event_base* base, bufferevent* b) {
  stream& s = to_stream(b);
  stream_guard guard(s);
  if (s.kind() != &socket_kind) return -1;
  return as_stream_result(move_to_loop(s, *base));
}

int bufferevent_priority_set(bufferevent* b, int priority) {
  stream& s = to_stream(b);
  stream_guard guard(s);
  if (s.kind() != &socket_kind) return -1;
  return as_stream_result(set_stream_priority(s, priority));
}

int bufferevent_get_priority(const bufferevent* b) {
  const stream& s = to_stream(b);
  stream_guard guard(s);
  return s.reading.priority;
}

int bufferevent_setfd(bufferevent* b, evutil_socket_t fd) {
  stream* s = &to_stream(b);
  stream_hold held(*s);
  while (stream* below = below_of(*s)) s = below;
  if (s->kind() != &socket_kind) return -1;
  return set_socket(*s, fd) == 0 ? 0 : -1;
}

evutil_socket_t bufferevent_getfd(bufferevent* b) {
  stream* s = &to_stream(b);
  stream_guard guard(*s);
  while (stream* below = below_of(*s)) s = below;
  return s->kind() == &socket_kind ? socket_of(*s) : -1;
}

bufferevent* bufferevent_get_underlying(bufferevent* b) {
  return to_bufferevent(below_of(to_stream(b)));
}

void bufferevent_setcb(bufferevent* b, bufferevent_data_cb on_read, bufferevent_data_cb on_write,
                       bufferevent_event_cb on_event, void* argument) {
  stream& s = to_stream(b);
  stream_guard guard(s);
  set_callbacks(s, reinterpret_cast<stream_data_function>(on_read),
                reinterpret_cast<stream_data_function>(on_write),
                reinterpret_cast<stream_event_function>(on_event), argument);
}

void bufferevent_getcb(bufferevent* b, bufferevent_data_cb* on_read, bufferevent_data_cb* on_write,
                       bufferevent_event_cb* on_event, void** argument) {
  stream_guard guard(to_stream(b));
  if (on_read != nullptr) *on_read = b->readcb;
  if (on_write != nullptr) *on_write = b->writecb;
  if (on_event != nullptr) *on_event = b->errorcb;
  if (argument != nullptr) *argument = b->cbarg;
}

// --- bytes ---

int bufferevent_write(bufferevent* b, const void* data, size_t size) {
  return evbuffer_add(b->output, data, size) == 0 ? 0 : -1;
}

int bufferevent_write_buffer(bufferevent* b, evbuffer* from) {
  return evbuffer_add_buffer(b->output, from) == 0 ? 0 : -1;
}

size_t bufferevent_read(bufferevent* b, void* data, size_t size) {
  const int got = evbuffer_remove(b->input, data, size);
  return got > 0 ? static_cast<size_t>(got) : 0;
}

int bufferevent_read_buffer(bufferevent* b, evbuffer* to) {
  return evbuffer_add_buffer(to, b->input);
}

evbuffer* bufferevent_get_input(bufferevent* b) { return b->input; }
evbuffer* bufferevent_get_output(bufferevent* b) { return b->output; }

// --- when ---

int bufferevent_enable(bufferevent* b, short events) {
  stream& s = to_stream(b);
  stream_hold held(s);
  enable(s, events);
  return 0;
}

int bufferevent_disable(bufferevent* b, short events) {
  stream& s = to_stream(b);
  stream_guard guard(s);
  disable(s, events);
  return 0;
}

short bufferevent_get_enabled(bufferevent* b) {
  stream_guard guard(to_stream(b));
  return b->enabled;
}

int bufferevent_set_timeouts(bufferevent* b, const timeval* reading, const timeval* writing) {
  stream& s = to_stream(b);
  stream_guard guard(s);
  set_timeouts(s, reading, writing);
  return 0;
}

void bufferevent_setwatermark(bufferevent* b, short events, size_t low, size_t high) {
  stream& s = to_stream(b);
  stream_hold held(s);
  set_watermark(s, events, low, high);
}

int bufferevent_getwatermark(bufferevent* b, short events, size_t* low, size_t* high) {
  const stream& s = to_stream(b);
  stream_guard guard(s);
  if (events != EV_READ && events != EV_WRITE) return -1;
  const watermark& mark = events == EV_READ ? s.read_mark : s.write_mark;
  if (low != nullptr) *low = mark.low;
  if (high != nullptr) *high = mark.high;
  return 0;
}

int bufferevent_flush(bufferevent* b, short events, bufferevent_flush_mode mode) {
  stream& s = to_stream(b);
  stream_hold held(s);
  return s.kind()->flush(s, events, static_cast<flush_mode>(mode));
}

void bufferevent_trigger(bufferevent* b, short events, int options) {
  stream& s = to_stream(b);
  stream_hold held(s);
  trigger(s, events, options & (BEV_TRIG_DEFER_CALLBACKS | BEV_TRIG_IGNORE_WATERMARKS));
}

void bufferevent_trigger_event(bufferevent* b, short what, int options) {
  stream& s = to_stream(b);
  stream_hold held(s);
  trigger_event(s, what, options & BEV_TRIG_DEFER_CALLBACKS);
}

}  // extern "C"
