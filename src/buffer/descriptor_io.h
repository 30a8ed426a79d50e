// Between a buffer and a descriptor, by one system call.
#pragma once

#include <sys/types.h>

#include <cstddef>

#include "buffer/buffer.h"

namespace eddy::engine {

// Reads at most `most` bytes behind what there is. How many; 0 at the end; or minus an errno.
ssize_t read_into(buffer& to, int fd, std::size_t most);

// Writes the first bytes, at most `most` of them, which stay in the buffer: a large piece of a file
// by sendfile. How many, or minus an errno. No SIGPIPE.
ssize_t write_from(const buffer& from, int fd, std::size_t most);

}  // namespace eddy::engine
