// Texts: UTF-8 here, UTF-16 there. What fails sets errno (EILSEQ, ENOMEM, ENAMETOOLONG).
#pragma once

#include <cstddef>

#include "base/array.h"

namespace eddy::engine::sys {

// With a zero at its end.
bool to_wide(const char* text, array<wchar_t>& wide);
// The same for the name of a file: with '\', and in the long form when it is long. "/dev/null" is
// NUL.
bool to_wide_path(const char* path, array<wchar_t>& wide);
// One that says where it is, like C:\folder\name, with a zero at its end.
bool to_whole_path(const wchar_t* path, array<wchar_t>& whole);
// Adds it, without a zero. (Half a character, which names of files may have, becomes U+FFFD.)
bool to_utf8(const wchar_t* wide, std::size_t size, array<char>& text);

}  // namespace eddy::engine::sys
