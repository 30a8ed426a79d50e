// The io_uring backend (Linux 5.11 and later; io_uring(7)).
//
// Readiness stays with an epoll set, which io_uring does no better; operations are the kernel's.
// While none is in flight a wait is the epoll set's own; otherwise the ring is the place to wait,
// and the epoll set is one more request in it. The ring is made at the first operation, so that a
// loop without any costs what an epoll loop costs. It belongs to the thread that waits; a loop that
// goes on on another one gets a new ring, see move_to_this_thread.
#pragma once

#include <liburing.h>
#include <pthread.h>

#include "backend/backend.h"
#include "backend/epoll.h"
#include "backend/operation_states.h"
#include "backend/transfer_states.h"
#include "backend/uring_blocks.h"

namespace eddy::engine {

constexpr unsigned char op_epoll_wait = 59;  // Linux 6.15; not in the headers of Debian 12

// For the table of backends.
backend* make_uring_backend(const char** why);
// Null where rings can be made and know what is needed; else the reason. Asks the kernel once,
// except when the answer was a lack of descriptors or memory.
const char* uring_unavailable();

class uring_backend final : public completion_backend, private completion_kernel {
 public:
  explicit uring_backend(epoll_backend* readiness) : epoll_(readiness) {}
  ~uring_backend() override;

  const char* name() const override { return "io_uring"; }
  std::uint32_t features() const override { return epoll_->features() | feature_completion; }
  int update(int fd, bool known, interest wanted, std::uint32_t tag) override {
    return epoll_->update(fd, known, wanted, tag);
  }
  int update_once(int fd, bool known, interest wanted, std::uint32_t tag) override {
    return epoll_->update_once(fd, known, wanted, tag);
  }
  int wait(std::int64_t timeout, fired_list& fired) override;
  int after_fork() override;

  // EOWNERDEAD in a child after fork, until `after_fork`.
  int submit(operation* op) override;
  void cancel(operation* op) override;
  std::size_t in_flight() const override { return operations_.in_flight(); }

  void before_wait() override;
  int collect(fired_list& fired) override;
  bool transfers(bool waiting) override;
  int receive(watcher* w, bool) override { return transfers_.receive(w); }
  int send(watcher* w, buffer& from, std::size_t most) override {
    return transfers_.send(w, from, most, has_uncopied_send_);
  }
  void stop_transfer(watcher* w, bool waiting) override;
  void abandon_transfer(watcher* w) override { transfers_.abandon(w); }
  void hurry_send(watcher* w) override;
  void finish_send(watcher* w) override;
  void forget_transfers() override;
  bool is_transferring() const override;
  int accept(watcher* w) override { return transfers_.accept(w); }
  watcher* next_moved() override { return transfers_.next_moved(); }

 private:
  enum class epoll_request { none, poll, epoll_wait };

  // user_data of the backend's own requests.
  static constexpr std::uint64_t of_nobody = 0;
  static constexpr std::uint64_t of_epoll = 1;

  // uring_ring.cpp
  bool forked() const;
  bool of_this_thread() const;
  int open_ring();
  int enable_ring();
  void forget_ring();
  int move_to_this_thread();
  void close_ring();

  // uring.cpp
  io_uring_sqe* next_sqe();
  bool give(operation* op) override;
  void fill(io_uring_sqe* sqe, operation* op);
  bool give_cancel(std::uint64_t number) override;
  void cancel_epoll_request();
  void retry_cancels();

  // uring_transfer.cpp
  // (Others may change it while the loop waits: `wait` goes by what before_wait found.)
  bool is_used() const { return operations_.in_flight() + transfers_.count() != 0; }
  bool give_receive(watcher* w, std::uint64_t number) override;
  bool give_send(send_job* job) override;
  void came(std::uint64_t number, int result, unsigned flags);
  void received(std::uint64_t number, int result, unsigned flags);

  // uring_accept.cpp
  bool give_accept(watcher* w, std::uint64_t number) override;
  void stop_accepting(watcher* w, bool waiting);

  // uring_wait.cpp
  int take_over();
  void watch_epoll();
  void submit_shared();
  int enter(std::int64_t timeout);
  bool enter_again(int& failures);
  int reap();
  void epoll_came(int result);
  int take_epoll_events(fired_list& fired);

  epoll_backend* epoll_;
  io_uring ring_{};
  bool ring_open_ = false;
  bool enabled_ = false;
  bool has_epoll_wait_ = false;
  bool epoll_came_ = false;    // the set has events that were not fetched yet
  int epoll_failures_ = 0;     // of its request, in a row
  std::uint64_t process_ = 0;  // sys::process_mark() of who made the ring
  pthread_t thread_{};         // who enabled it, which alone may submit
  operation_states operations_;
  transfer_states transfers_;
  bool has_uncopied_send_ = false;
  // Receives that go on until a number of bytes came (Linux 6.17); older kernels refuse them, which
  // is asked of those only that fill blocks bit by bit.
  bool counts_receives_ = false;
  static constexpr unsigned most_in_a_row = 256 << 10;
  receive_blocks* blocks_ = nullptr;  // there while the ring is, where the kernel can do transfers
  bool names_shared_ = false;         // what was prepared names descriptors of is_shared
  bool in_use_ = false;               // is_used() before the wait
  bool has_news_ = false;             // before the wait: it must not sleep
  bool waited_ = false;               // in the ring, and what came is still to be taken
  int take_over_error_ = 0;           // what before_wait met, for `wait` to return
  bool epoll_is_old_ = false;         // its request is to be cancelled, and found no room
  epoll_request epoll_request_ = epoll_request::none;
  static constexpr unsigned most_epoll_events = 64;
  epoll_event* epoll_events_ = nullptr;  // what its request fills; there as long as the ring
  int epoll_count_ = 0;                  // of them, still to be collected
};

}  // namespace eddy::engine
