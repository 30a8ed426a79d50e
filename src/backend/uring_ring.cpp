// The ring's life: made at the first operation, enabled by the thread that first waits in it,
// remade when another thread does, closed when nothing that it was given can be touched any more.
#include <pthread.h>
#include <unistd.h>

#include <cerrno>

#include "backend/uring.h"
#include "base/memory.h"
#include "base/sys.h"
#include "base/sys_fork.h"

namespace eddy::engine {
namespace {

// A turn's worth of many connections; less for those whose locked memory is limited (the userland
// queue takes what does not fit), and next to nothing for those who have no more.
struct ring_size {
  unsigned submissions, completions;
};
constexpr ring_size sizes[] = {{256, 4096}, {64, 256}, {8, 32}};

// Best first: completions run when the loop asks for them instead of interrupting it, and the
// kernel need not guard the ring against other threads (6.1); without the interrupts alone (5.19);
// plain. Disabled at first: whoever enables a ring is its issuer, and only then can it be
// restricted.
constexpr unsigned common_flags =
    IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP | IORING_SETUP_R_DISABLED;
constexpr unsigned flag_choices[] = {
    common_flags | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
    common_flags | IORING_SETUP_COOP_TASKRUN,
    common_flags,
};

// EINVAL: fewer flags; ENOMEM: a smaller ring.
int make_ring(io_uring* ring) {
  int result = -EINVAL;
  for (const ring_size size : sizes) {
    for (const unsigned flags : flag_choices) {
      if (!sys::allowed(sys::call::uring_setup, -1)) {
        result = -errno;
      } else {
        io_uring_params params{};
        params.flags = flags;
        params.cq_entries = size.completions;
        result = ::io_uring_queue_init_params(size.submissions, ring, &params);
      }
      if (result != -EINVAL) break;
    }
    if (result != -ENOMEM) break;
  }
  return -result;
}

// Whatever takes this process over cannot make the ring do more than we do (kernel 5.10; a ring
// without restrictions works as well).
void restrict_ring(io_uring* ring, bool with_epoll_wait, bool with_uncopied_send) {
  constexpr unsigned char used[] = {
      IORING_OP_ACCEPT,  IORING_OP_CONNECT,      IORING_OP_RECV,     IORING_OP_RECVMSG,
      IORING_OP_SEND,    IORING_OP_READ,         IORING_OP_WRITE,    IORING_OP_POLL_ADD,
      IORING_OP_TIMEOUT, IORING_OP_ASYNC_CANCEL, IORING_OP_SENDMSG,  op_epoll_wait,
      IORING_OP_SEND_ZC, IORING_OP_SENDMSG_ZC,   IORING_OP_OPENAT,   IORING_OP_CLOSE,
      IORING_OP_FSYNC,   IORING_OP_STATX,        IORING_OP_RENAMEAT, IORING_OP_UNLINKAT,
      IORING_OP_MKDIRAT, IORING_OP_FALLOCATE};
  io_uring_restriction allowed[sizeof used + 2] = {};
  unsigned count = 0;
  allowed[count].opcode = IORING_RESTRICTION_REGISTER_OP;
  allowed[count++].register_op = IORING_REGISTER_ENABLE_RINGS;
  allowed[count].opcode = IORING_RESTRICTION_SQE_FLAGS_ALLOWED;
  allowed[count++].sqe_flags = IOSQE_BUFFER_SELECT;
  for (const unsigned char operation : used) {
    if (operation == op_epoll_wait && !with_epoll_wait) continue;
    const bool uncopied = operation == IORING_OP_SEND_ZC || operation == IORING_OP_SENDMSG_ZC;
    if (uncopied && !with_uncopied_send) continue;
    allowed[count].opcode = IORING_RESTRICTION_SQE_OP;
    allowed[count++].sqe_op = operation;
  }
  (void)::io_uring_register_restrictions(ring, allowed, count);
}

}  // namespace

uring_backend::~uring_backend() {
  close_ring();
  memory::release(epoll_events_);
  memory::destroy(epoll_);
}

bool uring_backend::forked() const { return ring_open_ && process_ != sys::process_mark(); }

bool uring_backend::of_this_thread() const {
  return enabled_ && ::pthread_equal(thread_, ::pthread_self());
}

int uring_backend::open_ring() {
  process_ = sys::process_mark();
  if (process_ == 0) return ENOSYS;  // a child could not be kept out of the ring
  constexpr std::size_t room = most_epoll_events * sizeof(epoll_event);
  if (epoll_events_ == nullptr) epoll_events_ = static_cast<epoll_event*>(memory::allocate(room));
  if (epoll_events_ == nullptr) return ENOMEM;
  if (const int error = make_ring(&ring_)) return error;
  ::io_uring_ring_dontfork(&ring_);
  if (io_uring_probe* probe = ::io_uring_get_probe_ring(&ring_)) {
    has_epoll_wait_ = ::io_uring_opcode_supported(probe, op_epoll_wait);
    // (IORING_SEND_ZC_REPORT_USAGE is a little younger, 6.2: older kernels refuse it with EINVAL.)
    has_uncopied_send_ = ::io_uring_opcode_supported(probe, IORING_OP_SENDMSG_ZC);
    ::io_uring_free_probe(probe);
  }
  if (ring_.flags & IORING_SETUP_DEFER_TASKRUN) blocks_ = receive_blocks::open(&ring_);
  counts_receives_ = blocks_ != nullptr && blocks_->incremental();
  restrict_ring(&ring_, has_epoll_wait_, has_uncopied_send_);
  ring_open_ = true;
  enabled_ = false;
  return 0;
}

// By the thread that waits: it alone may give the ring work from now on.
int uring_backend::enable_ring() {
  if (!sys::allowed(sys::call::uring_register, ring_.ring_fd)) return errno;
  if (const int result = ::io_uring_enable_rings(&ring_)) return -result;
  enabled_ = true;
  thread_ = ::pthread_self();
  return 0;
}

void uring_backend::forget_ring() {
  if (blocks_ != nullptr) blocks_->close(process_ != sys::process_mark());
  blocks_ = nullptr;
  waited_ = false;
  epoll_count_ = 0;
  ring_open_ = enabled_ = false;
  epoll_request_ = epoll_request::none;
  epoll_is_old_ = false;
}

// The loop runs on another thread now. What the ring holds is bound to the old one, which alone
// could make it go on, so it is given up and asked for again in a new ring. The kernel has touched
// none of it that has no completion yet: work of a SINGLE_ISSUER, DEFER_TASKRUN ring is done inside
// its thread's own waits only, and the end of the ring cancels the rest. (Operations on files may
// be under way in the kernel's threads; they, and a connect, which cannot be asked for twice, end
// with ECANCELED.)
int uring_backend::move_to_this_thread() {
  (void)reap();
  ::io_uring_queue_exit(&ring_);
  transfers_.give_up(true);
  forget_ring();
  int error = open_ring();
  if (error == 0) error = enable_ring();
  operations_.give_again(*this, [error](const operation* op) {
    return error == 0 && op->what != verb::connect && op->what != verb::read &&
           op->what != verb::write && !is_of_files(op->what);
  });
  return error;
}

// Everything in flight is stopped by the kernel before the memory that it names may go: as long as
// that takes, which is long only for files whose device does not answer.
void uring_backend::close_ring() {
  if (!ring_open_) return;
  if (forked()) {
    ::close(ring_.ring_fd);
    return forget_ring();
  }
  if (of_this_thread()) {
    operations_.cancel_all(*this);
    transfers_.cancel_sends(*this);
    // What was sent without a copy is read until the peer has got it, and who knows when that is.
    int patience = 1000;
    // (Receives name no memory of ours: their blocks stay until the ring is gone.)
    int failures = 0;
    do {
      const bool under_way = operations_.in_flight() + transfers_.under_way() != 0;
      if (!under_way && (transfers_.notices_due() == 0 || --patience == 0)) break;
      operations_.give_waiting(*this);
      retry_cancels();
      transfers_.give_accepts(*this);
    } while (enter_again(failures));
  }
  ::io_uring_queue_exit(&ring_);
  transfers_.give_up(true);
  forget_ring();
}

}  // namespace eddy::engine
