// Readiness from a kernel that answers each poll of a descriptor once (Windows' AFD): what has been
// asked, and what is to be asked next. For the iocp backend, and for a kernel that a test plays.
//
//   quiet --before a wait--> asked --came--> quiet, and listed to be asked again
//                              \--other wishes: told to end--> came
//
// A descriptor has one poll at most: on Windows two polls of one socket are known to take each
// other's answers. So when more is wanted than was asked for, the poll is told to end, its answer
// is awaited, and then it is asked anew; the same when it is not wanted at all for a while, or its
// number was closed and used again. What is ready is told again with each wait for as long as it
// is (level-triggered), because who was told is asked about again.
#pragma once

#include <cstddef>
#include <cstdint>

#include "backend/fired_list.h"
#include "base/array.h"
#include "base/interest.h"

namespace eddy::engine {

// What stands for one poll; kernels derive from it.
struct poll_request {
  int fd = -1;
  std::uint32_t tag = 0;
  interest wanted = 0;  // 0: it goes when the kernel has let go of it
  interest asked = 0;   // 0: the kernel has no poll
  bool once = false;    // silent after its first event
  bool silent = false;  // and that was
  bool told_to_end = false;
  bool stale = false;   // what was asked is of an earlier user of the number
  bool failed = false;  // could not be asked about, and nobody has asked since
  bool listed = false;  // to be asked before the next wait, or to be told as failed
  poll_request* next_listed = nullptr;
};

class poll_kernel {
 public:
  // Whether the descriptor can be polled: 0, or EBADF, EPERM and so on.
  virtual int check(int fd) = 0;
  // Null when memory is exhausted.
  virtual poll_request* make_request() = 0;
  virtual void drop_request(poll_request* r) = 0;
  // Asks for `r->asked`. The answer comes by poll_states::came, never before the call returns.
  // 0 or an errno; then no answer comes.
  virtual int give_poll(poll_request* r) = 0;
  // The answer comes all the same, with or without an event.
  virtual void cancel_poll(poll_request* r) = 0;

 protected:
  ~poll_kernel() = default;
};

class poll_states {
 public:
  // As backend::update: 0 or an errno. `once`: until the first event.
  int update(poll_kernel& kernel, int fd, interest wanted, std::uint32_t tag, bool once);

  // Asks about all that are listed. From here to `after_wait`, updates of other threads ask at
  // once.
  void before_wait(poll_kernel& kernel);
  void after_wait() { waiting_ = false; }
  // Something is to be told without waiting.
  bool has_news() const { return failed_ != nullptr; }

  // The answer. `ready`: all that is ready, asked for or not; of a descriptor in error everything
  // is.
  void came(poll_kernel& kernel, poll_request* r, interest ready, fired_list& fired);
  // Those that could not be asked about (closed, most likely) are told once, as ready for
  // all that is wanted, so that who reads or writes finds out; nobody watches them any more.
  void tell_failed(poll_kernel& kernel, fired_list& fired);

  // How many the kernel has.
  std::size_t with_kernel() const { return with_kernel_; }
  // And how many of these were told to end: with their answers in, `before_wait` asks anew.
  std::size_t ending() const { return ending_; }
  // Nothing is watched any more. Whoever wants to go waits for with_kernel() to be 0.
  void forget_all(poll_kernel& kernel);

 private:
  poll_request* of(int fd) const;
  int ask(poll_kernel& kernel, poll_request* r);
  void list(poll_request* r);
  int wake_up(poll_kernel& kernel, int fd, poll_request** r);
  void unwant(poll_kernel& kernel, poll_request* r);
  void drop(poll_kernel& kernel, poll_request* r);
  void tell_to_end(poll_kernel& kernel, poll_request* r);

  array<poll_request*> by_fd_;
  poll_request* listed_ = nullptr;
  poll_request* failed_ = nullptr;  // linked by next_listed, and `listed`
  std::size_t with_kernel_ = 0;
  std::size_t ending_ = 0;
  bool waiting_ = false;
};

}  // namespace eddy::engine
