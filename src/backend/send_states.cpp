// Sends, from chains that are held until the kernel has let go of them.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <utility>

#include "backend/transfer_states.h"
#include "base/memory.h"
#include "buffer/buffer.h"

namespace eddy::engine {
namespace {

std::size_t size_of(const send_job& job) {
  std::size_t size = 0;
  for (int i = 0; i < job.count; ++i) size += job.pieces[i].iov_len;
  return size;
}

// What the kernel was not to copy it may go on reading when the ring is gone, until the peer has
// got it, and nobody tells when that is: such memory is never used again. It is at most what fits
// into the sockets' queues, and only when peers took longer than a closing loop waits for them.
std::atomic<chain*> given_up{nullptr};

void never_use_again(send_job* job) {
  for (int i = 0; i < job->count; ++i) {
    auto* c =
        memory::create<foreign_chain>();  // of the list; where that is not to be had, it is lost
    if (c == nullptr) continue;
    c->shown = job->held[i];
    c->next = given_up.load(std::memory_order_relaxed);
    while (!given_up.compare_exchange_weak(c->next, c, std::memory_order_release,
                                           std::memory_order_relaxed)) {
    }
  }
  job->count = 0;
}

}  // namespace

transfer_states::~transfer_states() {
  while (send_job* job = spare_jobs_) {
    spare_jobs_ = job->next_spare;
    memory::destroy(job);
  }
}

send_job* transfer_states::make_job() {
  send_job* job = spare_jobs_;
  if (job == nullptr) return memory::create<send_job>();
  spare_jobs_ = job->next_spare;
  return job;
}

void transfer_states::keep_job(send_job* job) { job->next_spare = std::exchange(spare_jobs_, job); }

int transfer_states::send(watcher* w, buffer& from, std::size_t most, bool may_lend) {
  send_job* job = make_job();
  if (job == nullptr) return ENOMEM;
  job->number = sends_.add(job);
  if (job->number == 0 || !reserve_news() || !to_send_.reserve(to_send_.size() + 1)) {
    if (job->number != 0) sends_.remove(job->number);
    keep_job(job);
    return ENOMEM;
  }
  job->whose = w;
  job->fd = w->fd;
  job->count = from.hold(std::min(most, send_job::most_bytes), job->held, job->pieces,
                         send_job::most_pieces);
  job->uncopied = may_lend && !w->is(sends_copied) && size_of(*job) >= job->worth_no_copy;
  // Until it is given, its stream may be freed and its descriptor closed, and another may get that
  // number.
  to_send_.push_reserved(job->number);
  begin(w, job->number);
  return 0;
}

// In the order in which they were asked for; those that ended meanwhile are passed over.
void transfer_states::give_new_sends(completion_kernel& kernel) {
  std::size_t done = 0;
  for (; done < to_send_.size(); ++done) {
    send_job* job = sends_.find(to_send_[done]);
    if (job == nullptr || sends_.word_of(job->number) != is_new) continue;
    if (!kernel.give_send(job)) break;
  }
  std::copy(to_send_.begin() + done, to_send_.end(), to_send_.begin());
  to_send_.truncate(to_send_.size() - done);
}

std::uint64_t transfer_states::send_of(const watcher* w) const {
  const std::uint32_t place = w->here.moved.number - 1;
  return place == UINT32_MAX ? 0 : sends_.number_at(place);
}

bool transfer_states::is_sending(std::uint64_t number) const {
  const send_job* job = sends_.find(number);
  return job != nullptr && !job->notice_due;
}

void transfer_states::hurry_send(completion_kernel& kernel, watcher* w) {
  const std::uint64_t number = send_of(w);
  if (number == 0) return;
  send_job* job = sends_.find(number);
  if (sends_.word_of(number) == is_new) {
    tell_sent(job, -ECANCELED);
    return end_send(job);
  }
  job->hurried = true;
  cancel(kernel, number | of_send);
}

void transfer_states::sent(std::uint64_t number, int result, bool more) {
  send_job* job = sends_.find(number);
  if (job == nullptr) return;
  // (What failed may have a notice as well.)
  if (job->uncopied && (result == -ENOMEM || result == -EINVAL || result == -EOPNOTSUPP)) {
    job->uncopied = false;
    if (!more) return send_again(job);
    job->refused = true;
    return;
  }
  if (more && job->whose != nullptr) {
    job->whose->set(notice_due);
    job->asks = job->whose;
  }
  tell_sent(job, result);
  if (!more) return end_send(job);
  job->notice_due = true;
  ++notices_due_;
}

void transfer_states::noticed(std::uint64_t number, bool copied) {
  send_job* job = sends_.find(number);
  if (job == nullptr) return;
  if (std::exchange(job->refused, false)) return send_again(job);
  --notices_due_;
  if (job->asks != nullptr && copied) job->asks->set(sends_copied);
  end_send(job);
}

void transfer_states::tell_sent(send_job* job, int outcome) {
  watcher* w = std::exchange(job->whose, nullptr);
  if (w == nullptr) return;
  w->here.moved.number = 0;
  w->here.moved.outcome = outcome;
  has_news_of(w);
}

// What could not be sent without a copy: with one.
void transfer_states::send_again(send_job* job) {
  if (job->whose != nullptr) job->whose->set(sends_copied);
  sends_.word_of(job->number) = is_new;
  if (job->whose != nullptr && !job->hurried && to_send_.push_back(job->number)) return;
  tell_sent(job, -EAGAIN);
  end_send(job);
}

// What the kernel has not seen ends here, or nobody would ever end it.
void transfer_states::disown(send_job* job) {
  job->whose = nullptr;
  if (sends_.word_of(job->number) == is_new) end_send(job);
}

void transfer_states::end_send(send_job* job) {
  sends_.remove(job->number);
  for (int i = 0; i < job->count; ++i) release_chain(job->held[i]);
  job->asks = nullptr;
  job->notice_due = job->hurried = job->refused = false;
  keep_job(job);
}

// Its notices tell nobody any more. O(sends), and rare: who sends little never has any.
void transfer_states::forget_notices(watcher* w) {
  if (w->is(notice_due))
    sends_.for_each([w](send_job* job) {
      if (job->asks == w) job->asks = nullptr;
    });
  w->clear(notice_due);
  w->clear(sends_copied);
}

void transfer_states::cancel_sends(completion_kernel& kernel) {
  sends_.for_each([&](send_job* job) { cancel(kernel, job->number | of_send); });
}

void transfer_states::give_up_sends(bool reads_on) {
  to_send_.clear();
  sends_.for_each([&](send_job* job) {
    tell_sent(job, ended_early);
    if (std::exchange(job->notice_due, false) && reads_on) never_use_again(job);
    end_send(job);
  });
  notices_due_ = 0;
  sends_.clear();
}

}  // namespace eddy::engine
