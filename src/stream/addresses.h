// The addresses of a name that a stream is to be connected to.
#pragma once

#include "stream/stream.h"

namespace eddy::engine {

// False when there is none left that could be tried.
bool connect_to_next_address(stream& s);

}  // namespace eddy::engine
