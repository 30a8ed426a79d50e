// Locking functions that check how they are used: evthread_enable_lock_debugging().
#pragma once

#include "base/threading.h"

namespace eddy::engine::capi {

// Functions that make the checks and then call those that the program gave; without such there is
// nothing to lock, and only the checks are made. Locks of one set must not be given to the other.
const threading* checked_threading();

}  // namespace eddy::engine::capi
