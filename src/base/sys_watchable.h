// What can be waited for, and what is always ready.
#pragma once

namespace eddy::engine::sys {

// False for a device that is always ready, and so may be in no set of the kernel's: /dev/null.
bool can_be_watched(int device);

// The errno of a descriptor that no backend can watch, for who would make a table longer for it; 0:
// the backend will tell. (On Windows: EPERM for a file, whose number is larger than any table.)
#if defined(_WIN32)
int refuse_to_watch(int fd);
#else
inline int refuse_to_watch(int) { return 0; }
#endif

}  // namespace eddy::engine::sys
