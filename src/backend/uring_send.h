// A send that the kernel performs: which chains it reads from, held until it has completed,
// whatever becomes of the buffer meanwhile.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <cstdint>

#include "buffer/chain.h"

namespace eddy::engine {

struct watcher;

struct send_job {
  static constexpr int most_pieces = 16;

  watcher* whose = nullptr;  // null: nobody waits for the outcome
  send_job* next_spare = nullptr;
  std::uint64_t number = 0;
  int fd = -1;
  int count = 0;
  msghdr message{};
  iovec pieces[most_pieces];
  chain* held[most_pieces];
};

}  // namespace eddy::engine
