// What statx(2) tells, and errors about paths.
#pragma once

#include <sys/stat.h>
#include <eddy/file.hpp>

#include <string_view>

namespace eddy::detail {

file_info info_from(const struct statx& answer) noexcept;
// Of a mode, as S_IFMT has it.
file_kind kind_from(unsigned mode) noexcept;

// A zero in it would cut it off, and another file be meant. Throws.
void refuse_zeroes(std::string_view path, const char* tried);
// Gives the number, or throws: "open /x: Permission denied".
std::int64_t checked_path(std::int64_t outcome, const char* tried, std::string_view path);

}  // namespace eddy::detail
