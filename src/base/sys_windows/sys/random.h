// On Windows; see posix.h.
#pragma once

#include "base/sys_windows/posix.h"

// Of the system's generator. -1 with ENOSYS: it has none.
ssize_t getrandom(void* data, std::size_t size, unsigned flags);
