// EVFILT_SIGNAL: every signal that arrives is counted, beside what the program does with it.
//
// Where a filter watches a signal, a handler of the simulator stands in the program's place and
// calls the program's after it; sigaction(2) and signal(2) come here (the linker's --wrap) and
// change what it calls.
#pragma once

#include <cstdint>

namespace eddy::simulated {

bool can_be_watched(uintptr_t signal);

// Of those that can be watched, in the kernel. 0 or an errno.
int watch_signal(int signal);
void unwatch_signal(int signal);

// How many of these came since the process began.
unsigned signals_so_far(int signal);

// Becomes readable with each signal that is watched, and is never read: to be watched by its edge.
int signal_bell();

// Whether a signal that the program ignores, and that would not have interrupted a call of its own,
// came on this thread since this was asked last.
bool was_interrupted_by_ignored();

}  // namespace eddy::simulated
