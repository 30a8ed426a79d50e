// On Windows; see posix.h.
#pragma once
#include "base/sys_windows/posix.h"
