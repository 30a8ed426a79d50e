// event2/bufferevent.h: making each kind, connecting; event2/bufferevent_compat.h.
#include "capi/bufferevent.h"
#include "capi/settings.h"
#include "stream/extras.h"
#include "stream/filter.h"
#include "stream/pair.h"
#include "stream/socket.h"

using namespace eddy::engine;
using namespace eddy::engine::capi;

constexpr bool same(int theirs, int ours) { return theirs == ours; }
static_assert(same(BEV_OPT_CLOSE_ON_FREE, close_on_free) && same(BEV_OPT_THREADSAFE, thread_safe) &&
              same(BEV_OPT_DEFER_CALLBACKS, defer_callbacks) &&
              same(BEV_OPT_UNLOCK_CALLBACKS, unlock_callbacks) &&
              same(BEV_TRIG_IGNORE_WATERMARKS, ignore_watermarks));

namespace {

bool understood(int options) {
  if (!(options & BEV_OPT_UNLOCK_CALLBACKS) || (options & BEV_OPT_DEFER_CALLBACKS)) return true;
  log_warnx("BEV_OPT_UNLOCK_CALLBACKS needs BEV_OPT_DEFER_CALLBACKS");
  return false;
}

}  // namespace

extern "C" {

bufferevent* bufferevent_socket_new(event_base* base, evutil_socket_t fd, int options) {
  if (!understood(options)) return nullptr;
  return to_bufferevent(make_socket_stream(*base, fd, options));
}

int bufferevent_pair_new(event_base* base, int options, bufferevent* pair[2]) {
  stream* made[2];
  if (const int error = make_pair(*base, options, made)) return as_stream_result(error);
  pair[0] = to_bufferevent(made[0]);
  pair[1] = to_bufferevent(made[1]);
  return 0;
}

bufferevent* bufferevent_pair_get_partner(bufferevent* b) {
  stream& s = to_stream(b);
  stream_guard guard(s);
  return to_bufferevent(partner_of(s));
}

bufferevent* bufferevent_filter_new(bufferevent* underlying, bufferevent_filter_cb reading,
                                    bufferevent_filter_cb writing, int options,
                                    void (*free_context)(void*), void* context) {
  if (!understood(options)) return nullptr;
  return to_bufferevent(
      make_filter(to_stream(underlying), reinterpret_cast<filter_function>(reading),
                  reinterpret_cast<filter_function>(writing), options, free_context, context));
}

int bufferevent_socket_connect(bufferevent* b, const sockaddr* address, int size) {
  stream& s = to_stream(b);
  stream_hold held(s);
  if (s.kind() != &socket_kind) return -1;
  return as_stream_result(connect_stream(s, address, static_cast<socklen_t>(size)));
}

int bufferevent_socket_connect_hostname(bufferevent* b, evdns_base*, int family, const char* name,
                                        int port) {
  stream& s = to_stream(b);
  stream_hold held(s);
  if (s.kind() != &socket_kind) return -1;
  return as_stream_result(connect_to_name(s, family, name, port));
}

int bufferevent_socket_get_dns_error(bufferevent* b) {
  stream& s = to_stream(b);
  stream_guard guard(s);
  return s.extras() != nullptr ? s.extras()->lookup_error : 0;
}

// --- event2/bufferevent_compat.h ---

bufferevent* bufferevent_new(evutil_socket_t fd, bufferevent_data_cb on_read,
                             bufferevent_data_cb on_write, bufferevent_event_cb on_event,
                             void* argument) {
  if (current_base == nullptr) {
    log_warnx("bufferevent_new: there is no current base; call event_init first");
    return nullptr;
  }
  bufferevent* b = bufferevent_socket_new(current_base, fd, 0);
  if (b != nullptr) bufferevent_setcb(b, on_read, on_write, on_event, argument);
  return b;
}

void bufferevent_settimeout(bufferevent* b, int reading, int writing) {
  const timeval for_reading{reading, 0}, for_writing{writing, 0};
  bufferevent_set_timeouts(b, reading > 0 ? &for_reading : nullptr,
                           writing > 0 ? &for_writing : nullptr);
}

}  // extern "C"
