// Kernels that fill blocks bit by bit, but do not count what a multishot receive brings (Linux 6.12
// to 6.16): the kernel of today plays one, and refuses such requests.
#if __has_include(<liburing.h>)
#include <liburing.h>
#endif

#include <vector>

#include "support/streams.h"

#if __has_include(<liburing.h>)

namespace {

int refused = 0;

// In place of what it does not know: an operation that no kernel has, which ends with EINVAL too.
void refuse_counted(io_uring* ring) {
  constexpr unsigned char unknown = 250;
  const unsigned mask = ring->sq.ring_mask;
  for (unsigned i = *ring->sq.khead; i != ring->sq.sqe_tail; ++i) {
    io_uring_sqe& sqe = ring->sq.sqes[i & mask];
    const bool multishot = sqe.opcode == IORING_OP_RECV && (sqe.ioprio & IORING_RECV_MULTISHOT);
    if (!multishot || (sqe.len == 0 && sqe.file_index == 0)) continue;
    sqe.opcode = unknown;
    ++refused;
  }
}

}  // namespace

extern "C" {
int __real_io_uring_submit_and_wait_timeout(io_uring*, io_uring_cqe**, unsigned, __kernel_timespec*,
                                            sigset_t*);
int __wrap_io_uring_submit_and_wait_timeout(io_uring*, io_uring_cqe**, unsigned, __kernel_timespec*,
                                            sigset_t*);
int __real_io_uring_submit(io_uring*);
int __wrap_io_uring_submit(io_uring*);

int __wrap_io_uring_submit_and_wait_timeout(io_uring* ring, io_uring_cqe** cqe, unsigned count,
                                            __kernel_timespec* limit, sigset_t* signals) {
  refuse_counted(ring);
  return __real_io_uring_submit_and_wait_timeout(ring, cqe, count, limit, signals);
}

int __wrap_io_uring_submit(io_uring* ring) {
  refuse_counted(ring);
  return __real_io_uring_submit(ring);
}
}

namespace {

using namespace eddy::engine::test;

class uncounted_receives : public stream_test {};

TEST_P(uncounted_receives, are_asked_for_again_by_each_of_several_streams) {
  refused = 0;
  std::vector<socket_pair> pairs(8);
  std::vector<reader> readers(8);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    open_on(base.get(), pairs[i].a.get(), readers[i]);
    bufferevent_setwatermark(readers[i].bev, EV_READ, 0, 1000);
  }
  look();
  for (socket_pair& pair : pairs) (void)feed(pair.b.get(), 0, 5000);
  for (reader& r : readers) {
    run_until([&] { return r.seen + static_cast<std::size_t>(r.errors) >= 5000; });
    EXPECT_EQ(r.errors, 0);
    EXPECT_EQ(r.wrong, 0u);
    EXPECT_LE(r.longest, 1000u);
    bufferevent_free(r.bev);
  }
  if (GetParam() == "io_uring") {
    EXPECT_GE(refused, 1);
  }
}

EDDY_ON_EVERY_BACKEND(uncounted_receives);

}  // namespace

#endif
