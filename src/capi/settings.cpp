#include "capi/settings.h"

#include "capi/process_state.h"

namespace eddy::engine::capi {

// The one mutable global of the C face. Constant-initialised: it is there before any constructor of
// the program runs, and needs no destructor.
constinit process_state process;

bool debug_logging_enabled() {
  return process.debug_mask.load(std::memory_order_relaxed) != EVENT_DBG_NONE;
}

}  // namespace eddy::engine::capi
