// The addresses of a name that a stream is to be connected to.
#pragma once

#include "stream/stream.h"

namespace eddy::engine {

// 0 when it connects to the next; or why it does not: an errno, of the last address that could not
// even be tried, or `error` when there was none left.
int connect_to_next_address(stream& s, int error);

}  // namespace eddy::engine
