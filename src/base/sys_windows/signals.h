// What the console makes a signal of.
#pragma once

namespace eddy::engine::sys {

// What happens when a console tells of CTRL_C_EVENT and so on: the signal's handler is called, on
// the thread that calls this. False: nobody handles it, and the system does what it does then. The
// system calls it on a thread of its own; who has no console (a test) on any.
bool console_event(unsigned long event);

}  // namespace eddy::engine::sys
