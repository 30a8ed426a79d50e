// Memory that the kernel receives into: blocks that it picks from a ring of them (Linux 5.19),
// filling large ones bit by bit where it can (IOU_PBUF_RING_INC, 6.12), else small ones, several
// for a receive that brings much (6.10), or one. (Both at once gain nothing: a GiB into blocks of
// 64 KiB took 0.20 s of processor time, and 0.22 without several for each receive.)
//
// A piece of a block that was filled becomes a chain of a buffer. Whoever drops the last chain of a
// block that the kernel has done with gives it back, on any thread, also when the ring is gone.
#pragma once

#include <liburing.h>

#include <atomic>
#include <cstdint>

#include "buffer/chain.h"

namespace eddy::engine {

class receive_blocks;

struct receive_block {
  receive_block* next = nullptr;
  receive_blocks* home = nullptr;
  std::atomic<std::uint32_t> users{0};  // chains, and the kernel
  std::uint32_t filled = 0;
  unsigned char* memory() { return reinterpret_cast<unsigned char*>(this + 1); }
};

class receive_blocks {
 public:
  static constexpr unsigned short group = 1;

  // Null where the kernel has no such rings, or no memory. The ring keeps no block when `close`
  // comes; the object itself goes with the last block.
  static receive_blocks* open(io_uring* ring);
  void close(bool forked);  // in a child of fork the ring's pages are not there

  // What a completion with these flags brought, `size` bytes, behind the circle of pieces whose
  // last is `last`. False: no memory (bytes are lost). Completions are taken in their order,
  // because the kernel fills the blocks in the order in which it got them, also several for one
  // receive.
  bool take(unsigned cqe_flags, std::size_t size, chain** last);
  bool incremental() const { return incremental_; }
  // For the request of a receive.
  unsigned short receive_flags() const { return receive_flags_; }
  // There were not enough: from now on there are more, up to a limit.
  void grow();
  // Gives the kernel what it lacks. Once before each wait.
  void refill();

 private:
  static constexpr unsigned most_blocks = 256;  // a power of two: the ring's size
  static constexpr unsigned first_blocks = 4;
  static constexpr std::size_t whole_size = 64 << 10;
  static constexpr std::size_t small_size = 4 << 10;

  static void given_back(const void* data, std::size_t size, void* context);
  static receive_block* closed() { return reinterpret_cast<receive_block*>(1); }
  void let_go(receive_block* b);
  receive_block* spare();
  chain* piece_of(receive_block* b, std::size_t size);
  void filled(unsigned short number);
  void release();
  std::size_t room() const { return size_ - sizeof(receive_block); }

  io_uring_buf_ring* entries_ = nullptr;
  receive_block* by_number_[most_blocks] = {};
  unsigned short free_numbers_[most_blocks];
  unsigned free_count_ = 0;
  unsigned short order_[most_blocks];  // of the blocks that the kernel has, from first_ on
  unsigned first_ = 0;
  unsigned provided_ = 0;  // with the kernel
  unsigned wanted_ = first_blocks;
  std::size_t size_ = whole_size;
  bool incremental_ = false;
  unsigned short receive_flags_ = 0;
  receive_block* spare_ = nullptr;                 // ours
  std::atomic<receive_block*> returned_{nullptr};  // by any thread
  std::atomic<std::size_t> alive_{1};              // blocks, and the ring
};

}  // namespace eddy::engine
