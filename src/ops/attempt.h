// One attempt at an operation, without blocking.
#pragma once

#include <cstdint>

#include "backend/operation.h"

namespace eddy::engine {

constexpr std::int64_t not_yet = INT64_MIN;

// Makes `op` able to be attempted: where the system offers no other way, its descriptor becomes
// non-blocking. 0 or an errno.
int make_attemptable(const operation& op);

// The result, or `not_yet` when the descriptor is not ready. EINTR is retried; no SIGPIPE.
std::int64_t attempt(operation& op, bool first);

// What to watch for until the next attempt.
interest awaited_by(const operation& op);

}  // namespace eddy::engine
