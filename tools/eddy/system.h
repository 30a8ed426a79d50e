// What the commands ask the system.
#pragma once

#include <sys/types.h>

#include <vector>

#include "eddy/backends.hpp"

std::vector<eddy::backend_info> all_backends();

// What a process and all that descend from it have used so far.
struct process_usage {
  double cpu_seconds = 0;
  long memory_kib = 0;  // of those that live: PSS, where shared pages count in shares
  bool found = false;
};
process_usage usage_of(pid_t pid);

// As many descriptors as the system lets this process have.
void raise_descriptor_limit();
