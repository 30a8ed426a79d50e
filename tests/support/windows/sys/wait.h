// On Windows; see posix.h.
#pragma once
#include "support/windows/posix.h"
