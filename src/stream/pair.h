// Two streams that are each other's other end, without a descriptor.
#pragma once

#include "stream/stream.h"

namespace eddy::engine {

extern const stream_kind pair_kind;

// Both are for the same loop and share a lock; their callbacks are always deferred. 0 or an errno.
int make_pair(loop& on, int options, stream* made[2]);
// Null when it was freed.
stream* partner_of(const stream& s);

}  // namespace eddy::engine
