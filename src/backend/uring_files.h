// Operations on files, as requests of a ring.
#pragma once

#include <liburing.h>

#include "backend/operation.h"

namespace eddy::engine {

void fill_of_files(io_uring_sqe* sqe, const operation* op);

}  // namespace eddy::engine
