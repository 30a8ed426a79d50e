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
#include "backend/operation.h"
#include "backend/uring_blocks.h"
#include "backend/uring_send.h"
#include "base/handle_table.h"

namespace eddy::engine {

constexpr unsigned char op_epoll_wait = 59;  // Linux 6.15; not in the headers of Debian 12

// For the table of backends.
backend* make_uring_backend(const char** why);
// Null where rings can be made and know what is needed; else the reason. Asks the kernel once,
// except when the answer was a lack of descriptors or memory.
const char* uring_unavailable();

class uring_backend final : public completion_backend {
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
  std::size_t in_flight() const override { return operations_.size(); }

  void before_wait() override;
  int collect(fired_list& fired) override;
  bool transfers(bool waiting) override;
  int receive(watcher* w, bool waiting) override;
  int send(watcher* w, buffer& from, std::size_t most) override;
  void stop_transfer(watcher* w, bool waiting) override;
  void abandon_transfer(watcher* w) override;
  void hurry_send(watcher* w) override;
  void finish_send(watcher* w) override;
  void forget_transfers() override;
  bool is_transferring() const override;
  int accept(watcher* w) override;
  watcher* next_moved() override;

 private:
  enum class epoll_request { none, poll, epoll_wait };

  // user_data of what is not an operation; handles are larger, and say by two bits whose they are.
  static constexpr std::uint64_t of_nobody = 0;
  static constexpr std::uint64_t of_epoll = 1;
  static constexpr std::uint64_t of_receive = 1u << 30;
  static constexpr std::uint64_t of_send = 1u << 31;
  static constexpr std::uint64_t any_transfer = of_receive | of_send;
  static constexpr std::uint64_t of_accept = any_transfer;

  // uring_ring.cpp
  bool forked() const;
  bool of_this_thread() const;
  int open_ring();
  int enable_ring();
  void forget_ring();
  int move_to_this_thread();
  void close_ring();
  void end_all(std::int64_t result);

  // uring.cpp
  io_uring_sqe* next_sqe();
  bool prepare(operation* op);
  void fill(io_uring_sqe* sqe, operation* op);
  void submit_backlog();
  void cancel_request(std::uint64_t number);
  void retry_cancels();

  // uring_transfer.cpp
  // What has become of a transfer's request: the word of its number.
  enum request_state : std::uint32_t { is_new, is_given, is_counted, is_to_cancel };
  // (Others may change it while the loop waits: `wait` goes by what before_wait found.)
  bool is_used() const { return operations_.size() + transfer_count() != 0; }
  std::size_t transfer_count() const { return receives_.size() + sends_.size() + accepts_.size(); }
  bool prepare_receive(watcher* w, std::uint64_t number);
  bool prepare_send(send_job* job);
  std::uint32_t& state_of(std::uint64_t number);
  bool is_known(std::uint64_t number) const;
  void has_news(watcher* w);
  void came(std::uint64_t number, int result, unsigned flags);
  void received(std::uint64_t number, int result, unsigned flags);
  void lost_piece(watcher* w, std::uint64_t number, bool ended);
  void sent(std::uint64_t number, int result, unsigned flags);
  void tell_sent(send_job* job, int outcome);
  void send_again(send_job* job);
  void noticed(send_job* job, int usage);
  void end_send(send_job* job);
  void forget_notices(watcher* w);
  std::size_t sends_under_way() const { return sends_.size() - notices_due_; }
  void start_waiting();
  void start_sending();
  void end_unsent(send_job* job);
  void disown(send_job* job);
  void cancel_later(std::uint64_t number);
  void retry_transfer_cancels();
  void restart_transfers();

  // uring_accept.cpp
  void start_accepting();
  void stop_accepting(watcher* w, bool waiting);
  void cancel_accept(std::uint64_t number);
  void stop_accepting_later(std::uint64_t number);
  void abandon_accepting(std::uint32_t place);
  void accepted(std::uint64_t number, int result, unsigned flags);
  void forget_accepts();
  void give_up_accepts();

  // uring_wait.cpp
  int take_over();
  void watch_epoll();
  void submit_shared();
  int enter(std::int64_t timeout);
  bool enter_again(int& failures);
  int reap();
  void epoll_came(int result);
  int take_epoll_events(fired_list& fired);

  // Takes the place of a watcher that is gone until the kernel has let go of its request.
  static watcher nobody;

  epoll_backend* epoll_;
  io_uring ring_{};
  bool ring_open_ = false;
  bool enabled_ = false;
  bool has_epoll_wait_ = false;
  bool epoll_came_ = false;    // the set has events that were not fetched yet
  int epoll_failures_ = 0;     // of its request, in a row
  std::uint64_t process_ = 0;  // sys::process_mark() of who made the ring
  pthread_t thread_{};         // who enabled it, which alone may submit
  handle_table<operation> operations_;
  handle_table<watcher> receives_;
  handle_table<send_job> sends_;
  handle_table<watcher> accepts_;
  array<std::uint64_t> accepts_to_start_;  // at the next wait
  array<std::uint64_t> accepts_to_stop_;   // likewise
  array<std::uint64_t> to_start_;          // receives for the next wait; some may be stale
  array<std::uint64_t> to_send_;           // likewise
  array<std::uint64_t> to_cancel_;         // what found no room, or came while the loop waited
  bool cancels_unlisted_ = false;          // for lack of memory: by their state alone
  bool has_uncopied_send_ = false;
  std::size_t notices_due_ = 0;  // of the sends
  send_job* spare_jobs_ = nullptr;
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
  array<watcher*> moved_;             // with something to tell; each once, as has_moved says
  std::size_t moved_told_ = 0;        // of them
  operation_queue backlog_;           // found no room in the submission queue
  operation_queue finished_;          // for `collect`
  std::size_t cancels_waiting_ = 0;   // for room in the submission queue
  bool epoll_is_old_ = false;         // the set's own request is among them
  epoll_request epoll_request_ = epoll_request::none;
  static constexpr unsigned most_epoll_events = 64;
  epoll_event* epoll_events_ = nullptr;  // what its request fills; there as long as the ring
  int epoll_count_ = 0;                  // of them, still to be collected
};

}  // namespace eddy::engine
