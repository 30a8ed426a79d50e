// See posix.h.
#pragma once

#include "base/sys_windows/posix.h"

#define makedev(high, low) ((static_cast<std::uint64_t>(high) << 32) | (low))
