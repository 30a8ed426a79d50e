// Large chains that a thread released last, kept for its next ones.
//
// malloc gives the end of its memory back to the system when much of it is free, and takes it again
// page by page: a server that sends a file in pieces then spends its time on page faults. A GiB
// through one stream took 0.63 s of processor time without this, and 0.31 s with it. At most
// 512 KiB a thread, which go with it; none where the program has an allocator of its own.
#pragma once

#include "buffer/chain.h"

namespace eddy::engine {

// None is smaller, with all that belongs to it.
inline constexpr std::size_t smallest_kept_chain = 32 << 10;

// Whose room is enough for `size` bytes, and not far more; null: none.
chain* take_kept_chain(std::size_t size);
// False: it is not kept, and to be released.
bool keep_chain(chain* c);
// Those of this thread are released.
void forget_kept_chains();

}  // namespace eddy::engine
