// Between what only blocks (pipes, consoles) and sockets, which the loop can wait for.
#pragma once

#include <eddy/sockets.hpp>

namespace eddy::engine::sys {

// A thread that moves bytes until one side ends, and then closes both, which are its own from the
// call on, also when it fails. (It ends when the next byte, or the end, comes from where it reads:
// nothing can be done about a thread that reads a console.) 0 or an errno.
int pump_to_socket(HANDLE from, SOCKET to);
int pump_from_socket(SOCKET from, HANDLE to);

}  // namespace eddy::engine::sys
