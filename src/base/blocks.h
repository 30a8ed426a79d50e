// Memory for what comes and goes with each message: blocks of up to 8 KiB.
//
// Each thread keeps some of those that were released on it, up to 256 KiB, and so takes no memory
// while it goes on as it did. Where the program chose its own functions (memory.h), or a
// sanitizer is to see every use of what is not there any more, nothing is kept.
#pragma once

#include <cstddef>

namespace eddy::engine::memory {

// As `allocate` and `release`; a block of either may be released by the other. Any thread.
void* allocate_block(std::size_t size);
void release_block(void* block);
// For who knows its size: what malloc_usable_size(3) would tell.
void release_block(void* block, std::size_t size);
// Those of this thread go.
void forget_blocks();

}  // namespace eddy::engine::memory
