// The programs that this process started and nobody has waited for yet.
#pragma once

#include <eddy/sockets.hpp>

namespace eddy::engine::sys {

// The handle is the record's from now on; it keeps the process's number from being used again. 0 or
// ENOMEM, and then it is closed.
int add_child(DWORD number, HANDLE process);

}  // namespace eddy::engine::sys
