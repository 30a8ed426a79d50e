// The limit of completion: a ROT13 server on bare io_uring. One multishot recv for each connection
// into buffers that the kernel picks from a shared ring; text is turned where it lies and sent from
// there; all sends of a turn are submitted by the system call that waits for the next one.
//
// Needs Linux 6.0 (multishot recv). Headers older than that lack nothing that is used here as long
// as liburing is 2.3.
#include <liburing.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>

#include "servers/rot13.h"

#ifndef IORING_SETUP_DEFER_TASKRUN
#define IORING_SETUP_DEFER_TASKRUN (1U << 13)
#endif

namespace {

constexpr unsigned queue_entries = 4096;
constexpr unsigned buffer_count = 2048;  // a power of two
constexpr unsigned buffer_size = 4096;
constexpr unsigned short group = 1;
constexpr int no_buffer = -1;

// What a completion is about: the low bits of its user data, the connection being the rest.
enum tag : uintptr_t { tag_accept = 0, tag_recv = 1, tag_send = 2, tag_bits = 3 };

struct connection {
  int fd;
  int sending = no_buffer;  // the buffer that the send in flight reads from
  bool in_flight = false;   // one send at a time: two could overtake each other
  bool receiving = false;
  bool broken = false;
  std::string rest{};     // of a line that has not ended
  std::string waiting{};  // answers for the next send
  std::string copied{};   // what the send in flight reads from, if not a buffer
};

class server {
 public:
  explicit server(int listener) : listener_{listener} {
    set_up_ring();
    set_up_buffers();
    start_accept();
  }

  [[noreturn]] void run() {
    for (;;) {
      const int result = io_uring_submit_and_wait(&ring_, 1);
      if (result < 0 && result != -EINTR) bench_fail("io_uring_submit_and_wait", strerror(-result));
      unsigned head = 0;
      unsigned count = 0;
      io_uring_cqe* completion = nullptr;
      io_uring_for_each_cqe(&ring_, head, completion) {
        handle(*completion);
        ++count;
      }
      io_uring_cq_advance(&ring_, count);
      if (returned_ > 0) io_uring_buf_ring_advance(buffers_, std::exchange(returned_, 0));
    }
  }

 private:
  void set_up_ring() {
    io_uring_params parameters{};
    parameters.flags =
        IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE;
    parameters.cq_entries = 4 * queue_entries;
    const int result = io_uring_queue_init_params(queue_entries, &ring_, &parameters);
    if (result < 0) bench_fail("io_uring_setup", strerror(-result));
  }

  void set_up_buffers() {
    const size_t ring_bytes = buffer_count * sizeof(io_uring_buf);
    buffers_ = static_cast<io_uring_buf_ring*>(aligned_alloc(4096, ring_bytes));
    memory_ = std::make_unique<char[]>(size_t{buffer_count} * buffer_size);
    if (buffers_ == nullptr) bench_fail("aligned_alloc", "out of memory");
    io_uring_buf_reg registration{};
    registration.ring_addr = reinterpret_cast<uintptr_t>(buffers_);
    registration.ring_entries = buffer_count;
    registration.bgid = group;
    const int result = io_uring_register_buf_ring(&ring_, &registration, 0);
    if (result < 0) bench_fail("io_uring_register_buf_ring (Linux 5.19)", strerror(-result));
    io_uring_buf_ring_init(buffers_);
    for (unsigned i = 0; i < buffer_count; ++i) give_back(static_cast<int>(i));
    io_uring_buf_ring_advance(buffers_, std::exchange(returned_, 0));
  }

  char* buffer(int id) { return memory_.get() + static_cast<size_t>(id) * buffer_size; }

  void give_back(int id) {
    io_uring_buf_ring_add(buffers_, buffer(id), buffer_size, static_cast<unsigned short>(id),
                          io_uring_buf_ring_mask(buffer_count), returned_++);
  }

  io_uring_sqe* entry() {
    io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
    if (sqe == nullptr) {
      io_uring_submit(&ring_);
      sqe = io_uring_get_sqe(&ring_);
    }
    if (sqe == nullptr) bench_fail("io_uring_get_sqe", "the submission queue stays full");
    return sqe;
  }

  // After the entry was prepared, which in newer liburing clears its user data.
  static void label(io_uring_sqe* sqe, connection* peer, tag what) {
    sqe->user_data = reinterpret_cast<uintptr_t>(peer) | what;
  }

  void start_accept() {
    io_uring_sqe* sqe = entry();
    io_uring_prep_multishot_accept(sqe, listener_, nullptr, nullptr, SOCK_CLOEXEC);
    label(sqe, nullptr, tag_accept);
  }

  void start_recv(connection* peer) {
    io_uring_sqe* sqe = entry();
    io_uring_prep_recv_multishot(sqe, peer->fd, nullptr, 0, 0);
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = group;
    label(sqe, peer, tag_recv);
    peer->receiving = true;
  }

  void start_send(connection* peer, const char* text, size_t length) {
    io_uring_sqe* sqe = entry();
    io_uring_prep_send(sqe, peer->fd, text, length, MSG_NOSIGNAL | MSG_WAITALL);
    label(sqe, peer, tag_send);
    peer->in_flight = true;
  }

  void handle(const io_uring_cqe& completion) {
    auto* peer = reinterpret_cast<connection*>(completion.user_data & ~uintptr_t{tag_bits});
    switch (completion.user_data & tag_bits) {
      case tag_accept:
        if (completion.res >= 0) start_recv(new connection{completion.res});
        if ((completion.flags & IORING_CQE_F_MORE) == 0) start_accept();
        return;
      case tag_recv:
        on_received(peer, completion);
        break;
      default:
        on_sent(peer, completion.res);
    }
    if (peer->broken && !peer->in_flight && !peer->receiving) {
      close(peer->fd);
      delete peer;
    }
  }

  void on_received(connection* peer, const io_uring_cqe& completion) {
    peer->receiving = (completion.flags & IORING_CQE_F_MORE) != 0;
    if ((completion.flags & IORING_CQE_F_BUFFER) != 0) {
      const auto id = static_cast<int>(completion.flags >> IORING_CQE_BUFFER_SHIFT);
      if (completion.res > 0)
        take(peer, id, static_cast<size_t>(completion.res));
      else
        give_back(id);
    }
    if (completion.res <= 0 && completion.res != -ENOBUFS) peer->broken = true;
    if (!peer->receiving && !peer->broken) start_recv(peer);
  }

  void take(connection* peer, int id, size_t length) {
    char* text = buffer(id);
    rot13(text, length);
    const size_t whole = rot13_whole_lines(text, length);
    if (whole == length && peer->rest.empty() && !peer->in_flight) {
      peer->sending = id;
      start_send(peer, text, length);
      return;
    }
    peer->rest.append(text, length);
    give_back(id);
    peer->waiting.append(peer->rest, 0, rot13_whole_lines(peer->rest.data(), peer->rest.size()));
    peer->rest.erase(0, rot13_whole_lines(peer->rest.data(), peer->rest.size()));
    if (!peer->in_flight) send_waiting(peer);
  }

  void send_waiting(connection* peer) {
    if (peer->waiting.empty()) return;
    peer->copied = std::exchange(peer->waiting, {});
    start_send(peer, peer->copied.data(), peer->copied.size());
  }

  void on_sent(connection* peer, int result) {
    peer->in_flight = false;
    if (peer->sending != no_buffer) give_back(std::exchange(peer->sending, no_buffer));
    if (result < 0) peer->broken = true;
    if (!peer->broken) send_waiting(peer);
  }

  int listener_;
  io_uring ring_{};
  io_uring_buf_ring* buffers_ = nullptr;
  std::unique_ptr<char[]> memory_;
  int returned_ = 0;  // buffers given back since the kernel was last told
};

}  // namespace

int main(int argc, char** argv) {
  const int listener = rot13_listen(argc, argv, 0);
  bench_announce(listener);
  server{listener}.run();
}
