// Whether this is still the process that it was.
#pragma once

#include <cstdint>

namespace eddy::engine::sys {

// A number that is another one in every child of fork, also of clone(2) without glibc's handlers; 0
// where the system cannot tell. A load and a branch, after the first call.
std::uint64_t process_mark();

}  // namespace eddy::engine::sys
