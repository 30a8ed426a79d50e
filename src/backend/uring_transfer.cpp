// Transfers: multishot receives into blocks that the kernel picks, and sends from chains.
//
// Only on rings with DEFER_TASKRUN: there the kernel takes bytes from a socket inside our own waits
// and nowhere else, so that whoever stops a transfer finds in the socket what was not told yet.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <utility>

#include "backend/uring.h"
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

void give_up(send_job* job) {
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

watcher uring_backend::nobody;

std::uint32_t& uring_backend::state_of(std::uint64_t number) {
  const std::uint64_t handle = number & ~any_transfer;
  return number & of_send ? sends_.word_of(handle) : receives_.word_of(handle);
}

bool uring_backend::is_known(std::uint64_t number) const {
  const std::uint64_t handle = number & ~any_transfer;
  return number & of_send ? sends_.find(handle) != nullptr : receives_.find(handle) != nullptr;
}

void uring_backend::has_news(watcher* w) {
  if (w->is(has_moved)) return;
  w->set(has_moved);
  moved_.push_reserved(w);
}

watcher* uring_backend::next_moved() {
  if (moved_told_ < moved_.size()) {
    watcher* w = moved_[moved_told_++];
    w->clear(has_moved);
    return w;
  }
  moved_.clear();
  moved_told_ = 0;
  return nullptr;
}

bool uring_backend::transfers(bool waiting) {
  if (forked()) return false;
  if (!ring_open_ && (waiting || open_ring() != 0)) return false;
  return blocks_ != nullptr;
}

int uring_backend::receive(watcher* w, bool waiting) {
  const std::uint64_t number = receives_.add(w);
  if (number == 0) return ENOMEM;
  // A place for the news of each request, so that telling them cannot fail.
  if (!to_start_.reserve(to_start_.size() + 1) ||
      !moved_.reserve(moved_.size() + transfer_count())) {
    receives_.remove(number);
    return ENOMEM;
  }
  w->here.moved.number = static_cast<std::uint32_t>(number) + 1;
  w->here.moved.outcome = goes_on;
  // Asked for only just before the wait: one that is stopped until then must not take a byte.
  to_start_.push_reserved(number);
  (void)waiting;
  return 0;
}

bool uring_backend::prepare_receive(watcher* w, std::uint64_t number) {
  io_uring_sqe* sqe = next_sqe();
  if (sqe == nullptr) return false;
  const auto limit = static_cast<unsigned>(w->reserved);
  if (limit == 0 || counts_receives_) {
    ::io_uring_prep_recv_multishot(sqe, w->fd, nullptr, 0, 0);
    if (counts_receives_) {
      sqe->len = limit == 0 ? most_in_a_row : limit;  // then others have their turn
      sqe->file_index = limit;                        // `optlen`: of all that the request brings
    }
  } else {
    ::io_uring_prep_recv(sqe, w->fd, nullptr, limit, 0);
  }
  sqe->ioprio |= blocks_->receive_flags();
  sqe->flags |= IOSQE_BUFFER_SELECT;
  sqe->buf_group = receive_blocks::group;
  ::io_uring_sqe_set_data64(sqe, number | of_receive);
  names_shared_ |= w->is(is_shared);
  receives_.word_of(number) = counts_receives_ ? is_counted : is_given;
  return true;
}

int uring_backend::send(watcher* w, buffer& from, std::size_t most) {
  send_job* job = spare_jobs_;
  if (job != nullptr)
    spare_jobs_ = job->next_spare;
  else
    job = memory::create<send_job>();
  if (job == nullptr) return ENOMEM;
  job->number = sends_.add(job);
  if (job->number == 0 || !moved_.reserve(moved_.size() + transfer_count()) ||
      !to_send_.reserve(to_send_.size() + 1)) {
    if (job->number != 0) sends_.remove(job->number);
    job->next_spare = std::exchange(spare_jobs_, job);
    return ENOMEM;
  }
  job->whose = w;
  job->fd = w->fd;
  job->count = from.hold(std::min(most, send_job::most_bytes), job->held, job->pieces,
                         send_job::most_pieces);
  job->uncopied = has_uncopied_send_ && !w->is(sends_copied) && size_of(*job) >= job->worth_no_copy;
  // Asked for only just before the wait: until then its stream may be freed and its descriptor
  // closed, and another may get that number.
  to_send_.push_reserved(job->number);
  w->here.moved.number = static_cast<std::uint32_t>(job->number) + 1;
  w->here.moved.outcome = goes_on;
  return 0;
}

bool uring_backend::prepare_send(send_job* job) {
  io_uring_sqe* sqe = next_sqe();
  if (sqe == nullptr) return false;
  if (job->count == 1) {
    ::io_uring_prep_send(sqe, job->fd, job->pieces[0].iov_base, job->pieces[0].iov_len,
                         MSG_NOSIGNAL);
    if (job->uncopied) sqe->opcode = IORING_OP_SEND_ZC;
  } else {
    job->message = msghdr{};
    job->message.msg_iov = job->pieces;
    job->message.msg_iovlen = static_cast<std::size_t>(job->count);
    ::io_uring_prep_sendmsg(sqe, job->fd, &job->message, MSG_NOSIGNAL);
    if (job->uncopied) sqe->opcode = IORING_OP_SENDMSG_ZC;
  }
  if (job->uncopied) sqe->ioprio |= report_copies;
  ::io_uring_sqe_set_data64(sqe, job->number | of_send);
  names_shared_ |= job->whose != nullptr && job->whose->is(is_shared);
  sends_.word_of(job->number) = is_given;
  return true;
}

// The request stays with its watcher until the kernel has let go of it: what it may still bring is
// kept there.
void uring_backend::stop_transfer(watcher* w, bool waiting) {
  const std::uint32_t place = w->here.moved.number - 1;
  if (place == UINT32_MAX) return;
  if (w->is(is_acceptor)) return stop_accepting(w, waiting);
  const bool sends = (w->events & watch_write) != 0;
  std::uint64_t number = sends ? sends_.number_at(place) : receives_.number_at(place);
  if (sends && sends_.word_of(number) == is_new) {
    // Nor has the kernel seen it: there is nothing to tell.
    w->here.moved.number = 0;
    return disown(sends_.find(number));
  }
  if (!sends && receives_.word_of(number) == is_new) {
    // The kernel has not seen it; start_waiting passes over what is stale.
    if (to_start_[to_start_.size() - 1] == number) (void)to_start_.pop_back();
    w->here.moved.number = 0;
    return receives_.remove(number);
  }
  number |= sends ? of_send : of_receive;
  if (waiting || forked())
    cancel_later(number);
  else
    cancel_request(number);
}

// Each number once: it may be stopped, wanted and stopped again while the loop waits.
void uring_backend::cancel_later(std::uint64_t number) {
  if (!is_known(number) || state_of(number) == is_to_cancel) return;
  state_of(number) = is_to_cancel;
  if (!to_cancel_.push_back(number)) cancels_unlisted_ = true;
}

void uring_backend::retry_transfer_cancels() {
  if (cancels_unlisted_) {
    cancels_unlisted_ = false;
    const auto list = [this](auto& table, std::uint64_t kind) {
      table.for_each_number([&](std::uint64_t number) {
        if (table.word_of(number) != is_to_cancel) return;
        if (!to_cancel_.push_back(number | kind)) cancels_unlisted_ = true;
      });
    };
    to_cancel_.clear();
    list(receives_, of_receive);
    list(sends_, of_send);
  }
  // As many as there are now: one that finds no room again is put back.
  for (std::size_t left = to_cancel_.size(); left != 0; --left) {
    const std::uint64_t number = to_cancel_.pop_back();
    if (!is_known(number)) continue;
    state_of(number) = is_given;
    cancel_request(number);
    if (state_of(number) == is_to_cancel) return;
  }
}

void uring_backend::abandon_transfer(watcher* w) {
  if (w->is(has_moved)) {  // from finish_send on to the next wait only
    w->clear(has_moved);
    for (std::size_t i = 0; i < moved_.size(); ++i)
      if (moved_[i] == w) moved_[i] = moved_.pop_back();
  }
  if (w->events & watch_write) forget_notices(w);
  const std::uint32_t place = std::exchange(w->here.moved.number, 0) - 1;
  if (place == UINT32_MAX) return;
  if (w->is(is_acceptor)) return abandon_accepting(place);
  if (w->events & watch_write) {
    send_job* job = sends_.find(sends_.number_at(place));
    if (job != nullptr) disown(job);
  } else {
    receives_.replace(receives_.number_at(place), &nobody);
  }
}

void uring_backend::hurry_send(watcher* w) {
  const std::uint32_t place = w->here.moved.number - 1;
  if (place == UINT32_MAX || forked()) return;
  const std::uint64_t number = sends_.number_at(place);
  send_job* job = sends_.find(number);
  if (sends_.word_of(number) == is_new) return end_unsent(job);
  job->hurried = true;
  cancel_request(number | of_send);
}

// Waits for the kernel, which has been told to stop: not longer than it takes to hear of that.
void uring_backend::finish_send(watcher* w) {
  const std::uint32_t place = w->here.moved.number - 1;
  if (place == UINT32_MAX || forked() || !of_this_thread()) return;
  const std::uint64_t number = sends_.number_at(place);
  hurry_send(w);
  const auto under_way = [&] {
    const send_job* job = sends_.find(number);
    return job != nullptr && !job->notice_due;
  };
  int failures = 0;
  while (under_way()) {
    retry_cancels();
    if (!enter_again(failures)) return;
  }
}

void uring_backend::start_waiting() {
  while (!to_start_.empty()) {
    const std::uint64_t number = to_start_[to_start_.size() - 1];
    watcher* w = receives_.find(number);
    if (w != nullptr && !prepare_receive(w, number)) return;
    to_start_.truncate(to_start_.size() - 1);
  }
}

// In the order in which they were asked for; those that ended meanwhile are passed over.
void uring_backend::start_sending() {
  std::size_t done = 0;
  for (; done < to_send_.size(); ++done) {
    send_job* job = sends_.find(to_send_[done]);
    if (job == nullptr || sends_.word_of(job->number) != is_new) continue;
    if (!prepare_send(job)) break;
  }
  std::copy(to_send_.begin() + done, to_send_.end(), to_send_.begin());
  to_send_.truncate(to_send_.size() - done);
}

void uring_backend::came(std::uint64_t number, int result, unsigned flags) {
  if ((number & any_transfer) == of_accept)
    accepted(number & ~any_transfer, result, flags);
  else if (number & of_send)
    sent(number & ~any_transfer, result, flags);
  else
    received(number & ~any_transfer, result, flags);
}

void uring_backend::received(std::uint64_t number, int result, unsigned flags) {
  watcher* w = receives_.find(number);
  const bool wanted = w != nullptr && w != &nobody;
  const bool counted = wanted && receives_.word_of(number) == is_counted;
  bool lost = false;
  chain* unwanted = nullptr;
  if ((flags & IORING_CQE_F_BUFFER) &&
      !blocks_->take(flags, result > 0 ? static_cast<std::size_t>(result) : 0,
                     wanted ? &w->here.moved.last : &unwanted))
    lost = true;
  const bool ended = !(flags & IORING_CQE_F_MORE);
  if (ended) receives_.remove(number);
  if (!wanted) return release_circle(unwanted);
  if (lost) return lost_piece(w, number, ended);
  transfer& t = w->here.moved;
  if (result == -ENOBUFS) blocks_->grow();
  // (Of several that were asked for together, each is refused.)
  const bool too_new = result == -EINVAL && counted;
  if (too_new) counts_receives_ = false;
  if (ended) {
    t.number = 0;
    t.outcome = result == 0 ? end_of_stream : result;
    if (result > 0 || result == -ENOBUFS || result == -ECANCELED || too_new)
      t.outcome = ended_early;
  } else if (result < 0) {
    t.outcome = result;
  }
  has_news(w);
}

// There is no memory to say where its bytes stand. What came after them must not follow on what
// came before.
void uring_backend::lost_piece(watcher* w, std::uint64_t number, bool ended) {
  if (!ended) {
    receives_.replace(number, &nobody);
    cancel_request(number | of_receive);
  }
  w->here.moved.number = 0;
  w->here.moved.outcome = -ENOMEM;
  has_news(w);
}

void uring_backend::sent(std::uint64_t number, int result, unsigned flags) {
  send_job* job = sends_.find(number);
  if (job == nullptr) return;
  if (flags & IORING_CQE_F_NOTIF) return noticed(job, result);
  // (What failed may have a notice as well.)
  const bool more = (flags & IORING_CQE_F_MORE) != 0;
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

void uring_backend::tell_sent(send_job* job, int outcome) {
  watcher* w = std::exchange(job->whose, nullptr);
  if (w == nullptr) return;
  w->here.moved.number = 0;
  w->here.moved.outcome = outcome;
  has_news(w);
}

// What could not be sent without a copy: with one.
void uring_backend::send_again(send_job* job) {
  if (job->whose != nullptr) job->whose->set(sends_copied);
  sends_.word_of(job->number) = is_new;
  if (job->whose != nullptr && !job->hurried && to_send_.push_back(job->number)) return;
  tell_sent(job, -EAGAIN);
  end_send(job);
}

// What the kernel has not seen ends here, or nobody would ever end it.
void uring_backend::disown(send_job* job) {
  job->whose = nullptr;
  if (sends_.word_of(job->number) == is_new) end_send(job);
}

// The kernel has not seen it.
void uring_backend::end_unsent(send_job* job) {
  tell_sent(job, -ECANCELED);
  end_send(job);
}

void uring_backend::noticed(send_job* job, int usage) {
  if (std::exchange(job->refused, false)) return send_again(job);
  --notices_due_;
  if (job->asks != nullptr && (static_cast<unsigned>(usage) & was_copied))
    job->asks->set(sends_copied);
  end_send(job);
}

void uring_backend::end_send(send_job* job) {
  sends_.remove(job->number);
  for (int i = 0; i < job->count; ++i) release_chain(job->held[i]);
  job->asks = nullptr;
  job->notice_due = job->hurried = job->refused = false;
  job->next_spare = std::exchange(spare_jobs_, job);
}

// Its notices tell nobody any more. O(sends), and rare: who sends little never has any.
void uring_backend::forget_notices(watcher* w) {
  if (w->is(notice_due))
    sends_.for_each([w](send_job* job) {
      if (job->asks == w) job->asks = nullptr;
    });
  w->clear(notice_due);
  w->clear(sends_copied);
}

void uring_backend::forget_transfers() {
  const auto forget = [](watcher* w) {
    w->here.moved.number = 0;
    w->flags = static_cast<std::int16_t>(w->flags &
                                         (is_initialised | is_internal | is_transfer | is_shared));
  };
  while (watcher* w = next_moved()) forget(w);
  receives_.for_each([&](watcher* w) {
    if (w == &nobody) return;
    const std::uint64_t number = receives_.number_at(w->here.moved.number - 1);
    forget(w);
    receives_.replace(number, &nobody);
    if (!forked()) cancel_request(number | of_receive);
  });
  sends_.for_each([&](send_job* job) {
    job->asks = nullptr;
    if (job->whose != nullptr) forget(job->whose);
    disown(job);
  });
  forget_accepts();
}

// Given up by a ring that is gone: the owners ask again.
void uring_backend::restart_transfers() {
  to_start_.clear();
  to_send_.clear();
  to_cancel_.clear();
  give_up_accepts();
  receives_.for_each([&](watcher* w) {
    if (w == &nobody) return;
    w->here.moved.number = 0;
    w->here.moved.outcome = ended_early;
    has_news(w);
  });
  receives_.clear();
  sends_.for_each([&](send_job* job) {
    tell_sent(job, ended_early);
    // (A child of fork has memory of its own.)
    if (std::exchange(job->notice_due, false) && !forked()) give_up(job);
    end_send(job);
  });
  notices_due_ = 0;
  sends_.clear();
}

}  // namespace eddy::engine
