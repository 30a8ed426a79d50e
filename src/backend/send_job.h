// A send that the kernel performs: which chains it reads from, held until it has completed,
// whatever becomes of the buffer meanwhile.
//
// A large one is asked to be sent without a copy (IORING_OP_SEND_ZC, Linux 6.0). It completes
// twice: with its outcome, and with a notice that nobody reads the chains any more, which is when
// the peer has got them. The notice tells whether they were copied all the same, as to this machine
// itself or where the network card cannot gather: then that costs more than it saves, and is not
// asked for again on this socket. Measured on loopback, where it never saves: a GiB
// through 64 streams took 0.27 to 0.34 s of processor time with the first send of each asked for
// so, and 0.25 to 0.27 s with none.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>

#include "buffer/chain.h"

namespace eddy::engine {

struct watcher;

struct send_job {
  static constexpr int most_pieces = 16;
  // A request has 32 bits for a length, and its outcome 31.
  static constexpr std::size_t most_bytes = std::size_t{1} << 30;

  static constexpr std::size_t worth_no_copy = 32 << 10;

  watcher* whose = nullptr;  // null: nobody waits for the outcome
  watcher* asks = nullptr;   // who learns from the notice
  bool uncopied = false;     // asked to be
  bool refused = false;      // to be sent with a copy, when its notice has come
  bool hurried = false;      // told to end
  bool notice_due = false;   // its outcome was told
  send_job* next_spare = nullptr;
  std::uint64_t number = 0;
  int fd = -1;
  int count = 0;
  msghdr message{};
  iovec pieces[most_pieces];
  chain* held[most_pieces];
};

}  // namespace eddy::engine
