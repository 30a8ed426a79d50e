#include "buffer/kept_chains.h"

#include <cstdlib>

#include "base/memory.h"

namespace eddy::engine {
namespace {

constexpr std::size_t smallest = 32 << 10, largest = 160 << 10, most_bytes = 512 << 10;

thread_local bool thread_ends = false;

struct kept_chains {
  chain* first = nullptr;
  std::size_t bytes = 0;

  ~kept_chains() {
    clear();
    thread_ends = true;
  }
  void clear() {
    while (chain* c = first) {
      first = c->next;
      std::free(c);
    }
    bytes = 0;
  }
};
thread_local kept_chains kept;

}  // namespace

chain* take_kept_chain(std::size_t size) {
  if (size < smallest || size > largest || memory::in_use.allocate != std::malloc) return nullptr;
  for (chain** link = &kept.first; *link != nullptr; link = &(*link)->next) {
    chain* c = *link;
    if (c->room < size || c->room > 2 * size) continue;
    *link = c->next;
    kept.bytes -= c->room;
    c->next = nullptr;
    return c;
  }
  return nullptr;
}

bool keep_chain(chain* c) {
  const std::size_t size = c->capacity();
  if (size < smallest || size > largest || memory::in_use.release != std::free) return false;
  if (thread_ends || size > most_bytes - kept.bytes) return false;
  c->reset();
  c->references.store(1, std::memory_order_relaxed);
  c->lent = false;
  c->between = 0;
  c->next = kept.first;
  kept.first = c;
  kept.bytes += size;
  return true;
}

void forget_kept_chains() { kept.clear(); }

}  // namespace eddy::engine
