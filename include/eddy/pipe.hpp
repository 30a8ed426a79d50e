// eddy/pipe.hpp - pipes, and the standard input and output, as streams.
//
//   eddy::stream in = eddy::standard_input(), out = eddy::standard_output();
//   while (auto line = co_await in.read_line()) co_await out.write(*line);
//
// A pipe, a terminal and a character device are waited for as sockets are. What is redirected to a
// regular file, or to a device that is always ready (/dev/null), is read and written by plain
// calls.
//
// On Windows the loop waits for sockets alone. A thread reads a pipe or a console for the standard
// input, in advance: what it has read is lost to others when the stream is destroyed. The output is
// written by plain calls, which wait while nobody reads.
//
// Sources: pipe(7), fcntl(2).
#pragma once

#include <eddy/stream.hpp>

namespace eddy {

// What is written to one end is read at the other.
struct pipe_ends {
  stream reading;  // ends when the other is closed
  stream writing;  // fails with broken_pipe when the other is closed
};
// A new one. Throws when there are no descriptors.
EDDY_API pipe_ends make_pipe();

// Each has a descriptor of its own (a duplicate), so that destroying it does not close the
// process's. While it exists its file does not block, for others that share it either: a program
// started from a shell shares its terminal with that. What it was is restored when the stream is
// closed. Throws when the descriptor is closed, or there is no other.
EDDY_API stream standard_input();
EDDY_API stream standard_output();
EDDY_API stream standard_error();

}  // namespace eddy
