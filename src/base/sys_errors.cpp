#include "base/sys_errors.h"

namespace eddy::engine::sys {

const std::error_category& errno_category() noexcept { return std::generic_category(); }

}  // namespace eddy::engine::sys
