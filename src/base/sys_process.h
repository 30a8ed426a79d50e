// Programs started and waited for: what differs between systems.
#pragma once

#include <sys/types.h>

namespace eddy::engine::sys {

struct program {
  char* const* words = nullptr;  // the program, its arguments, null
  // "NAME=value", null at its end: set beside, or instead of, ours.
  char* const* variables = nullptr;
  bool inherits_variables = true;
  const char* directory = nullptr;  // null: this one
  int standard[3] = {-1, -1, -1};   // what it gets as 0, 1 and 2; not -1
  bool own_group = false;
};
// 0, or why it cannot be started. It has no other descriptor of ours, no signal blocked, and
// SIGPIPE with its default action.
int start_program(const program& p, pid_t* started);

// A descriptor that becomes readable when the process ends; -1: the system has none.
int open_process(pid_t pid);

// A pipe, [0] for reading and [1] for writing, close-on-exec, of which a program gets the end
// `theirs`; the other one can be watched. -1 with errno.
int pipe_to_program(int ends[2], int theirs);

}  // namespace eddy::engine::sys
