#include "backend/uring_blocks.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <utility>

#include "base/memory.h"
#include "base/sys.h"

namespace eddy::engine {
namespace {

// Not in the headers of Debian 12.
constexpr unsigned short fill_bit_by_bit = 2;     // IOU_PBUF_RING_INC
constexpr unsigned buffer_goes_on = 1U << 4;      // IORING_CQE_F_BUF_MORE
constexpr unsigned can_fill_several = 1U << 14;   // IORING_FEAT_RECVSEND_BUNDLE
constexpr unsigned short fill_several = 1U << 4;  // IORING_RECVSEND_BUNDLE

int register_ring(io_uring* ring, void* entries, unsigned count, unsigned short flags) {
  if (!sys::allowed(sys::call::uring_register, ring->ring_fd)) return -errno;
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<std::uintptr_t>(entries);
  registration.ring_entries = count;
  registration.bgid = receive_blocks::group;
  registration.pad = flags;
  return ::io_uring_register_buf_ring(ring, &registration, 0);
}

}  // namespace

receive_blocks* receive_blocks::open(io_uring* ring) {
  constexpr std::size_t bytes = most_blocks * sizeof(io_uring_buf);
  // Pages of its own, which no child shares.
  void* pages = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return nullptr;
  (void)::madvise(pages, bytes, MADV_DONTFORK);
  const bool incremental = register_ring(ring, pages, most_blocks, fill_bit_by_bit) == 0;
  auto* made = incremental || register_ring(ring, pages, most_blocks, 0) == 0
                   ? memory::create<receive_blocks>()
                   : nullptr;
  if (made == nullptr) {
    ::munmap(pages, bytes);
    return nullptr;
  }
  made->entries_ = static_cast<io_uring_buf_ring*>(pages);
  made->incremental_ = incremental;
  made->size_ = incremental ? whole_size : small_size;
  if (!incremental) made->wanted_ = most_blocks / 4;
  if (!incremental && (ring->features & can_fill_several)) made->receive_flags_ = fill_several;
  ::io_uring_buf_ring_init(made->entries_);
  for (unsigned i = 0; i < most_blocks; ++i)
    made->free_numbers_[made->free_count_++] = static_cast<unsigned short>(i);
  made->refill();
  return made;
}

void receive_blocks::close(bool forked) {
  for (receive_block*& b : by_number_)
    if (b != nullptr) let_go(std::exchange(b, nullptr));
  receive_block* left = returned_.exchange(closed(), std::memory_order_acq_rel);
  for (receive_block* list : {spare_, left}) {
    while (list != nullptr) {
      receive_block* next = list->next;
      memory::destroy(list);
      release();
      list = next;
    }
  }
  if (!forked) ::munmap(entries_, most_blocks * sizeof(io_uring_buf));
  release();
}

void receive_blocks::release() {
  if (alive_.fetch_sub(1, std::memory_order_acq_rel) == 1) memory::destroy(this);
}

receive_block* receive_blocks::spare() {
  if (spare_ == nullptr) spare_ = returned_.exchange(nullptr, std::memory_order_acquire);
  if (receive_block* b = spare_) {
    spare_ = b->next;
    return b;
  }
  void* memory = memory::allocate(size_);
  if (memory == nullptr) return nullptr;
  auto* made = new (memory) receive_block;
  made->home = this;
  alive_.fetch_add(1, std::memory_order_relaxed);
  return made;
}

void receive_blocks::refill() {
  int added = 0;
  while (provided_ < wanted_ && free_count_ != 0) {
    receive_block* b = spare();
    if (b == nullptr) break;
    const unsigned short number = free_numbers_[--free_count_];
    by_number_[number] = b;
    order_[(first_ + provided_) % most_blocks] = number;
    b->users.store(1, std::memory_order_relaxed);
    b->filled = 0;
    ::io_uring_buf_ring_add(entries_, b->memory(), static_cast<unsigned>(room()), number,
                            ::io_uring_buf_ring_mask(most_blocks), added++);
    ++provided_;
  }
  if (added != 0) ::io_uring_buf_ring_advance(entries_, added);
}

void receive_blocks::grow() {
  if (wanted_ < most_blocks) wanted_ *= 2;
}

// The last user is gone.
void receive_blocks::let_go(receive_block* b) {
  if (b->users.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  receive_block* head = returned_.load(std::memory_order_relaxed);
  do {
    if (head == closed()) {
      memory::destroy(b);
      return release();
    }
    b->next = head;
  } while (!returned_.compare_exchange_weak(head, b, std::memory_order_release,
                                            std::memory_order_relaxed));
}

void receive_blocks::given_back(const void*, std::size_t, void* context) {
  auto* b = static_cast<receive_block*>(context);
  b->home->let_go(b);
}

chain* receive_blocks::piece_of(receive_block* b, std::size_t size) {
  chain* made = make_borrowed_chain(b->memory() + b->filled, size, given_back, b);
  b->filled += static_cast<std::uint32_t>(size);
  if (made == nullptr) return nullptr;
  made->lent = true;
  b->users.fetch_add(1, std::memory_order_relaxed);
  return made;
}

// The kernel has done with the first block.
void receive_blocks::filled(unsigned short number) {
  first_ = (first_ + 1) % most_blocks;
  --provided_;
  free_numbers_[free_count_++] = number;
  let_go(std::exchange(by_number_[number], nullptr));
}

bool receive_blocks::take(unsigned cqe_flags, std::size_t size, chain** last) {
  bool complete = true;
  for (;;) {
    const unsigned short number = order_[first_];
    receive_block* b = by_number_[number];
    const std::size_t part = std::min(size, room() - b->filled);
    if (part != 0) {
      chain* made = piece_of(b, part);
      if (made == nullptr)
        complete = false;
      else
        append_to_circle(last, made);
    }
    size -= part;
    if (size == 0 && incremental_ && (cqe_flags & buffer_goes_on)) return complete;
    filled(number);
    if (size == 0) return complete;
  }
}

}  // namespace eddy::engine
