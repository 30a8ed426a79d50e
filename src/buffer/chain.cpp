#include "buffer/chain.h"

#include <algorithm>
#include <cstdint>
#include <new>

#include "base/blocks.h"
#include "buffer/kept_chains.h"

namespace eddy::engine {
namespace {

// Of few sizes, so that malloc finds one that was given back; with what malloc itself takes they
// are whole steps.
constexpr std::size_t smallest_block = 512;
constexpr std::size_t step = 128;
constexpr std::size_t taken_by_malloc = 16;
// memcpy is up to 7 % faster to such an address.
constexpr std::size_t alignment = 32;
constexpr std::size_t overhead = sizeof(chain) + alignment - alignof(void*) + taken_by_malloc;

std::size_t round_up(std::size_t size, std::size_t to) { return (size + to - 1) / to * to; }

// How much to ask for, so that `size` bytes fit behind the chain; 0 when that is too much.
std::size_t block_for(std::size_t size) {
  if (size > SIZE_MAX / 2) return 0;
  const std::size_t block = round_up(round_up(size, alignment) + overhead, step);
  return std::max(smallest_block, block) - taken_by_malloc;
}

// The block that a chain with memory of its own lies in.
std::size_t block_of(const chain* c) {
  const auto used =
      static_cast<std::size_t>(c->end() + c->room - reinterpret_cast<const unsigned char*>(c));
  return round_up(used + taken_by_malloc, step) - taken_by_malloc;
}

void end_foreign(foreign_chain* c) {
  if (c->shown != nullptr) release_chain(c->shown);
  if (c->give_back != nullptr) c->give_back(c->memory, c->whole, c->context);
  memory::release_block(c);
}

}  // namespace

chain* make_chain(std::size_t size) {
  if (chain* c = take_kept_chain(size)) return c;
  const std::size_t block = block_for(size);
  void* memory = block == 0 ? nullptr : memory::allocate_block(block);
  if (memory == nullptr) return nullptr;
  chain* made = new (memory) chain;
  const auto behind = reinterpret_cast<std::uintptr_t>(made + 1);
  const std::size_t skipped = -behind % alignment;
  made->begin = made->memory = static_cast<unsigned char*>(memory) + sizeof(chain) + skipped;
  made->room = (block - sizeof(chain) - skipped) / alignment * alignment;
  return made;
}

chain* make_borrowed_chain(const void* data, std::size_t size,
                           void (*give_back)(const void*, std::size_t, void*), void* context,
                           const mapped_file* file) {
  void* block = memory::allocate_block(sizeof(foreign_chain));
  if (block == nullptr) return nullptr;
  auto* made = new (block) foreign_chain;
  made->begin = made->memory = static_cast<unsigned char*>(const_cast<void*>(data));
  made->size = made->whole = size;
  made->foreign = true;
  made->give_back = give_back;
  made->context = context;
  made->file = file;
  return made;
}

foreign_chain* make_showing_chain(chain* of) {
  void* block = memory::allocate_block(sizeof(foreign_chain));
  if (block == nullptr) return nullptr;
  auto* made = new (block) foreign_chain;
  made->begin = made->memory = of->begin;
  made->size = of->size;
  made->foreign = true;
  made->lent = of->lent;
  const foreign_chain* other = as_foreign(of);
  if (other != nullptr) made->file = other->file;
  made->shown = other != nullptr && other->shown != nullptr ? other->shown : of;
  made->shown->references.fetch_add(1, std::memory_order_relaxed);
  return made;
}

void release_chain(chain* c) {
  // Who is the only holder need not tell anybody: a locked instruction costs more than the rest.
  if (c->is_shared() && c->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  if (c->foreign) return end_foreign(static_cast<foreign_chain*>(c));
  const std::size_t block = block_of(c);
  if (block >= smallest_kept_chain && keep_chain(c)) return;
  memory::release_block(c, block);
}

void release_circle(chain* last) {
  if (last == nullptr) return;
  chain* c = last->next;
  last->next = nullptr;
  while (c != nullptr) {
    chain* next = c->next;
    release_chain(c);
    c = next;
  }
}

}  // namespace eddy::engine
