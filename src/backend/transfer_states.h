// What has become of the transfers that were given to a kernel (backend.h says what transfers are):
// receives and accepts, which bring until they end, and sends.
//
//   new --given--> with the kernel --stopped--> told to end --came--> ended
//    \--stopped---------------------------------------------------->/
//
// A request that is new, which the kernel has not seen, ends at once and without a word. Any other
// one keeps its watcher until the kernel has let go of it, so that what it still brings is not
// lost; after `abandon` that reaches nobody. A place for the news of each is made when it is asked
// for, so that telling them cannot fail. Requests are given just before the wait: one that is
// stopped, or whose descriptor is closed, until then must not touch anything.
#pragma once

#include <cstdint>

#include "backend/completion_kernel.h"
#include "backend/send_job.h"
#include "base/array.h"
#include "base/handle_table.h"
#include "base/watcher.h"

namespace eddy::engine {

class buffer;

class transfer_states {
 public:
  // Of a request: the word of its number.
  enum state : std::uint32_t {
    is_new,
    is_given,
    is_counted,  // likewise, to end by itself when it has brought so many bytes
    is_to_cancel,
  };

  transfer_states() = default;
  ~transfer_states();

  // Requests that have not ended.
  std::size_t count() const { return receives_.size() + sends_.size() + accepts_.size(); }
  bool is_transferring() const { return receives_.size() + sends_.size() != 0; }
  bool has_news() const { return !moved_.empty(); }
  watcher* next_moved();

  // As in backend.h: 0 or ENOMEM. `may_lend`: the kernel may send without a copy, in two steps.
  int receive(watcher* w);
  int send(watcher* w, buffer& from, std::size_t most, bool may_lend);
  int accept(watcher* w);
  // `later`: the kernel cannot be asked at the moment. Not of acceptors.
  void stop(completion_kernel& kernel, watcher* w, bool later);
  // The number of a request that the kernel was told to end; 0: there is none to wait for.
  std::uint64_t stop_accepting(completion_kernel& kernel, watcher* w, bool later);
  bool is_accepting(std::uint64_t number) const { return accepts_.find(number) != nullptr; }
  void abandon(watcher* w);
  void hurry_send(completion_kernel& kernel, watcher* w);
  // The number of its receive, without of_receive; 0: none.
  std::uint64_t receive_of(const watcher* w) const;
  // The number of its send, without of_send, and whether the outcome of that has still to come.
  std::uint64_t send_of(const watcher* w) const;
  bool is_sending(std::uint64_t number) const;
  // All watchers are forgotten. `reachable`: the kernel can be asked to end their requests.
  void forget(completion_kernel& kernel, bool reachable);

  // Before a wait, in this order.
  void give_cancels(completion_kernel& kernel) {
    if (cancels_unlisted_ || !to_cancel_.empty()) give_listed_cancels(kernel);
  }
  void give_receives(completion_kernel& kernel) {
    if (!to_start_.empty()) give_new_receives(kernel);
  }
  void give_sends(completion_kernel& kernel) {
    if (!to_send_.empty()) give_new_sends(kernel);
  }
  void give_accepts(completion_kernel& kernel) {
    if (!accepts_to_stop_.empty() || !accepts_to_start_.empty()) give_new_accepts(kernel);
  }
  // The kernel has it. (Numbers without their kind.)
  void receive_given(std::uint64_t number, state how = is_given) {
    receives_.word_of(number) = how;
  }
  void send_given(std::uint64_t number) { sends_.word_of(number) = is_given; }

  // What came for receives: who wants it (null: nobody); then, its pieces or connections being in
  // their place, `received`: `result` is a count, 0 for the end of the stream, or minus an errno,
  // and `ended` whether the request has.
  watcher* receiver(std::uint64_t number) const { return wanted(receives_.find(number)); }
  bool is_counted_receive(std::uint64_t number) { return receives_.word_of(number) == is_counted; }
  void received(watcher* w, std::uint64_t number, int result, bool ended);
  // There was no memory to say where its bytes stand: what came after them must not follow on what
  // came before.
  void lost_piece(completion_kernel& kernel, watcher* w, std::uint64_t number, bool ended);
  // The same of a send. `more`: a notice will follow, until which the kernel reads the chains.
  void sent(std::uint64_t number, int result, bool more);
  void noticed(std::uint64_t number, bool copied);
  // A connection (a descriptor, which is closed when nobody wants it), or minus an errno.
  void accepted(std::uint64_t number, int result, bool ended);

  // At the end of a kernel.
  void cancel_sends(completion_kernel& kernel);
  // What names our memory or a socket, without what only its notice is awaited of.
  std::size_t under_way() const { return sends_.size() - notices_due_ + accepts_.size(); }
  std::size_t notices_due() const { return notices_due_; }
  // It is gone: whoever asked asks again. `reads_on`: what it was to send without a copy it may go
  // on reading until the peer has got it.
  void give_up(bool reads_on);

 private:
  // Takes the place of a watcher that is gone until the kernel has let go of its request.
  static watcher nobody;
  static watcher* wanted(watcher* w) { return w == &nobody ? nullptr : w; }
  static void forget_watcher(watcher* w, std::int16_t kept);

  bool reserve_news() { return moved_.reserve(moved_.size() + count()); }
  void has_news_of(watcher* w);
  void begin(watcher* w, std::uint64_t number);

  std::uint32_t& state_of(std::uint64_t number);
  bool is_known(std::uint64_t number) const;
  void cancel(completion_kernel& kernel, std::uint64_t number);
  void cancel_later(std::uint64_t number);
  void list_cancels();
  void give_listed_cancels(completion_kernel& kernel);
  void give_new_receives(completion_kernel& kernel);

  void give_new_sends(completion_kernel& kernel);
  send_job* make_job();
  void keep_job(send_job* job);
  void tell_sent(send_job* job, int outcome);
  void send_again(send_job* job);
  void disown(send_job* job);
  void end_send(send_job* job);
  void forget_notices(watcher* w);
  void give_up_sends(bool reads_on);

  void give_new_accepts(completion_kernel& kernel);
  void cancel_accept(completion_kernel& kernel, std::uint64_t number);
  void stop_accepting_later(std::uint64_t number);
  void forget_accepts();
  void give_up_accepts();

  handle_table<watcher> receives_;
  handle_table<send_job> sends_;
  handle_table<watcher> accepts_;
  array<std::uint64_t> to_start_;  // receives for the next wait; some may be stale
  array<std::uint64_t> to_send_;   // likewise
  array<std::uint64_t> accepts_to_start_;
  array<std::uint64_t> accepts_to_stop_;
  array<std::uint64_t> to_cancel_;  // what found no room, or came while the loop waited
  bool cancels_unlisted_ = false;   // for lack of memory: by their state alone
  std::size_t notices_due_ = 0;     // of the sends
  send_job* spare_jobs_ = nullptr;
  array<watcher*> moved_;  // with something to tell; each once, as has_moved says
  std::size_t moved_told_ = 0;
};

}  // namespace eddy::engine
