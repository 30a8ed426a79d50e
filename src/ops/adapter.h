// Performs operations on a backend that knows readiness only, written once for all of them: try,
// and where the system says "not now", watch and try again.
//
// Of several operations on one descriptor in one direction, the first one watches and the others
// stand behind it, so that readiness is not spent on waking all of them.
#pragma once

#include "backend/operation.h"
#include "loop/loop.h"

namespace eddy::engine::adapter {

void start(loop& on, operation& op);
void cancel(loop& on, operation& op);

}  // namespace eddy::engine::adapter
