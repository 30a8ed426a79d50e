// The C face's bufferevent is the engine's stream: the same object under the name that
// compatibility fixes.
#pragma once

#include <event2/bufferevent.h>
#include <event2/bufferevent_compat.h>
#include <event2/bufferevent_struct.h>

#include <cerrno>

#include "capi/buffer.h"
#include "stream/stream.h"

namespace eddy::engine::capi {

inline stream& to_stream(bufferevent* b) { return *reinterpret_cast<stream*>(b); }
inline const stream& to_stream(const bufferevent* b) { return *reinterpret_cast<const stream*>(b); }
inline bufferevent* to_bufferevent(stream* s) { return reinterpret_cast<bufferevent*>(s); }
inline evbuffer* to_evbuffer(watched_buffer* b) { return static_cast<evbuffer*>(b); }

inline int as_stream_result(int error) {
  if (error == 0) return 0;
  errno = error;
  return -1;
}

}  // namespace eddy::engine::capi
