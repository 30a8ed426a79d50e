// Streams that change what goes through another stream.
#pragma once

#include <sys/types.h>

#include "stream/stream.h"

namespace eddy::engine {

extern const stream_kind filter_kind;

enum class filter_result { done = 0, needs_more = 1, failed = 2 };

// Takes from `from`, adds to `to`; `limit`: how much would be welcome, -1 without a limit.
using filter_function = filter_result (*)(watched_buffer* from, watched_buffer* to, ssize_t limit,
                                          flush_mode mode, void* context);

// Over `below`, whose callbacks are the filter's from now on, and which is enabled. Null functions
// let everything through. With close_on_free `below` is freed with it. Null when there is no
// memory.
stream* make_filter(stream& below, filter_function reading, filter_function writing, int options,
                    void (*free_context)(void*), void* context);
// Null for other kinds.
stream* below_of(const stream& s);

}  // namespace eddy::engine
