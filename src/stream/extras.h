// What few streams have, allocated when it is asked for.
#pragma once

#include "stream/stream.h"

namespace eddy::engine {

struct rate_state;
struct retry_state;

struct stream_extras {
  // Callbacks that wait for the loop. One reference is held while it is queued.
  callback deferred;
  bool read_waits = false;
  bool write_waits = false;
  short events_wait = 0;
  int error_waits = 0;

  std::size_t max_read = 0;  // in one go; 0: default
  std::size_t max_write = 0;
  rate_state* rate = nullptr;
  retry_state* retry = nullptr;
  int lookup_error = 0;        // EAI_*
  void* connecting = nullptr;  // addresses that are still to be tried; see connect.cpp
};

// Null when there is no memory.
stream_extras* extras_of(stream& s);

}  // namespace eddy::engine
