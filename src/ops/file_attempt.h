// Operations on files, by plain calls, which may take as long as a disk.
#pragma once

#include <cstdint>

#include "backend/operation.h"

namespace eddy::engine {

// What came of it: never `not_yet`. For any thread; of reads and writes those at an offset.
std::int64_t attempt_on_file(const operation& op);

}  // namespace eddy::engine
