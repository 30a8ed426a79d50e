// What can be waited for, and what is always ready.
#pragma once

namespace eddy::engine::sys {

// False for a device that is always ready, and so may be in no set of the kernel's: /dev/null.
bool can_be_watched(int device);

}  // namespace eddy::engine::sys
