// The category of errno values, with a text for each that the engine uses.
#pragma once

#include <system_error>

namespace eddy::engine::sys {

// std::generic_category() where its texts are right; elsewhere one whose codes compare equal to
// std::errc as its own do.
const std::error_category& errno_category() noexcept;

}  // namespace eddy::engine::sys
