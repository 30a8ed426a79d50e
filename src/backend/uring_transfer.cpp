// Transfers: multishot receives into blocks that the kernel picks, and sends from chains.
//
// Only on rings with DEFER_TASKRUN: there the kernel takes bytes from a socket inside our own waits
// and nowhere else, so that whoever stops a transfer finds in the socket what was not told yet.
#include <cerrno>

#include "backend/uring.h"

namespace eddy::engine {
namespace {

// Linux 6.2; not in the headers of Debian 12's liburing.
constexpr unsigned short report_copies = 1U << 3;  // IORING_SEND_ZC_REPORT_USAGE
constexpr unsigned was_copied = 1U << 31;          // IORING_NOTIF_USAGE_ZC_COPIED

}  // namespace

bool uring_backend::transfers(bool waiting) {
  if (forked()) return false;
  if (!ring_open_ && (waiting || open_ring() != 0)) return false;
  return blocks_ != nullptr;
}

bool uring_backend::give_receive(watcher* w, std::uint64_t number) {
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
  transfers_.receive_given(
      number, counts_receives_ ? transfer_states::is_counted : transfer_states::is_given);
  return true;
}

bool uring_backend::give_send(send_job* job) {
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
  transfers_.send_given(job->number);
  return true;
}

void uring_backend::stop_transfer(watcher* w, bool waiting) {
  if (w->here.moved.number == 0) return;
  if (w->is(is_acceptor)) return stop_accepting(w, waiting);
  transfers_.stop(*this, w, waiting || forked());
}

void uring_backend::hurry_send(watcher* w) {
  if (w->here.moved.number != 0 && !forked()) transfers_.hurry_send(*this, w);
}

// Waits for the kernel, which has been told to stop: not longer than it takes to hear of that.
void uring_backend::finish_send(watcher* w) {
  if (w->here.moved.number == 0 || forked() || !of_this_thread()) return;
  const std::uint64_t number = transfers_.send_of(w);
  transfers_.hurry_send(*this, w);
  int failures = 0;
  while (transfers_.is_sending(number)) {
    retry_cancels();
    if (!enter_again(failures)) return;
  }
}

void uring_backend::came(std::uint64_t number, int result, unsigned flags) {
  const std::uint64_t of_table = number & ~any_transfer;
  const bool more = (flags & IORING_CQE_F_MORE) != 0;
  if ((number & any_transfer) == of_accept)
    transfers_.accepted(of_table, result, !more);
  else if (!(number & of_send))
    received(of_table, result, flags);
  else if (flags & IORING_CQE_F_NOTIF)
    transfers_.noticed(of_table, (static_cast<unsigned>(result) & was_copied) != 0);
  else
    transfers_.sent(of_table, result, more);
}

void uring_backend::received(std::uint64_t number, int result, unsigned flags) {
  watcher* w = transfers_.receiver(number);
  bool lost = false;
  chain* unwanted = nullptr;
  if ((flags & IORING_CQE_F_BUFFER) &&
      !blocks_->take(flags, result > 0 ? static_cast<std::size_t>(result) : 0,
                     w != nullptr ? &w->here.moved.last : &unwanted))
    lost = true;
  const bool ended = !(flags & IORING_CQE_F_MORE);
  if (w == nullptr) {
    transfers_.received(nullptr, number, result, ended);
    return release_circle(unwanted);
  }
  if (lost) return transfers_.lost_piece(*this, w, number, ended);
  if (result == -ENOBUFS) blocks_->grow();
  // (Of several that were asked for together, each is refused.)
  if (result == -EINVAL && transfers_.is_counted_receive(number)) {
    counts_receives_ = false;
    result = -ECANCELED;
  }
  transfers_.received(w, number, result, ended);
}

void uring_backend::forget_transfers() { transfers_.forget(*this, !forked()); }

}  // namespace eddy::engine
