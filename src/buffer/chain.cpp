#include "buffer/chain.h"

#include <cstdint>
#include <new>

#include "base/memory.h"

namespace eddy::engine {
namespace {

// The first chain of a small buffer; larger ones are powers of two, up to a page's worth of waste.
constexpr std::size_t smallest_block = 512;
constexpr std::size_t largest_doubling = 1 << 16;
constexpr std::size_t page = 4096;

// How much to ask for, so that `size` bytes fit behind the chain; 0 when that is too much.
std::size_t block_for(std::size_t size) {
  if (size > SIZE_MAX / 2) return 0;
  const std::size_t needed = size + sizeof(chain);
  if (needed > largest_doubling) return (needed + page - 1) / page * page;
  std::size_t block = smallest_block;
  while (block < needed) block *= 2;
  return block;
}

}  // namespace

chain* make_chain(std::size_t size) {
  const std::size_t block = block_for(size);
  void* memory = block == 0 ? nullptr : memory::allocate(block);
  if (memory == nullptr) return nullptr;
  chain* made = new (memory) chain;
  made->memory = static_cast<unsigned char*>(memory) + sizeof(chain);
  made->capacity = block - sizeof(chain);
  return made;
}

chain* make_borrowed_chain(const void* data, std::size_t size,
                           void (*give_back)(const void*, std::size_t, void*), void* context,
                           const mapped_file* file) {
  chain* made = memory::create<chain>();
  if (made == nullptr) return nullptr;
  made->memory = static_cast<unsigned char*>(const_cast<void*>(data));
  made->capacity = made->size = size;
  made->read_only = true;
  made->give_back = give_back;
  made->context = context;
  made->file = file;
  return made;
}

chain* make_showing_chain(chain* of) {
  chain* made = memory::create<chain>();
  if (made == nullptr) return nullptr;
  made->memory = of->memory;
  made->capacity = of->capacity;
  made->begin = of->begin;
  made->size = of->size;
  made->file = of->file;
  made->read_only = true;
  made->shown = of->shown != nullptr ? of->shown : of;
  made->shown->references.fetch_add(1, std::memory_order_relaxed);
  return made;
}

void release_chain(chain* c) {
  if (c->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  if (c->shown != nullptr) release_chain(c->shown);
  if (c->give_back != nullptr) c->give_back(c->memory, c->capacity, c->context);
  memory::release(c);
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
