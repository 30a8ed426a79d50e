// What a program is started with: one text each for its arguments and its variables.
#pragma once

#include "base/array.h"

namespace eddy::engine::sys {

// The words (UTF-8, null at their end) as CommandLineToArgvW, and the C library, take them apart
// again; with a zero at its end. 0, EILSEQ, E2BIG or ENOMEM.
int to_command_line(char* const* words, array<wchar_t>& line);

// "NAME=value" each, sorted, with a zero behind each and one at the end: those of `set` (UTF-8,
// null at their end), then ours that are not set, if it `inherits` them. Names are the same in
// either case. SystemRoot is always there: without it Windows' own libraries do not work.
int to_variables(char* const* set, bool inherits, array<wchar_t>& block);

}  // namespace eddy::engine::sys
