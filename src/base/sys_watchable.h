// What can be waited for, and what is always ready.
#pragma once

namespace eddy::engine::sys {

// Of a descriptor with that st_mode. False for what is always ready, and so may be in no set of the
// kernel's: a regular file, /dev/null. (On Windows: all but sockets.)
bool can_be_watched(int fd, unsigned mode);

// Another descriptor for a standard one, close-on-exec, which can be watched where there is a way;
// -1 with errno. (On Windows a thread reads a pipe or a console in advance.)
int duplicate_of_standard(int fd);

// The errno of a descriptor that no backend can watch, for who would make a table longer for it; 0:
// the backend will tell. (On Windows: EPERM for a file, whose number is larger than any table.)
#if defined(_WIN32)
int refuse_to_watch(int fd);
#else
inline int refuse_to_watch(int) { return 0; }
#endif

}  // namespace eddy::engine::sys
