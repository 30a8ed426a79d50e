#include "buffer/kept_chains.h"

#include <cstdlib>

#include "base/memory.h"
#include "base/thread_end.h"

namespace eddy::engine {
namespace {

constexpr std::size_t smallest = smallest_kept_chain, largest = 160 << 10, most_bytes = 512 << 10;

struct kept_chains {
  chain* first = nullptr;
  std::size_t left = 0;  // bytes that may still be kept
  bool begun = false;    // also after the end

  void clear() {
    while (chain* c = first) {
      first = c->next;
      left += c->room;
      std::free(c);
    }
  }
};
constinit thread_local kept_chains kept;

void end() {
  kept.clear();
  kept.left = 0;
}

bool has_room(std::size_t size) {
  if (kept.begun) return size <= kept.left;
  at_thread_end<end>();
  kept.begun = true;
  kept.left = most_bytes;
  return true;
}

}  // namespace

chain* take_kept_chain(std::size_t size) {
  if (size < smallest || size > largest || memory::in_use.allocate != std::malloc) return nullptr;
  for (chain** link = &kept.first; *link != nullptr; link = &(*link)->next) {
    chain* c = *link;
    if (c->room < size || c->room > 2 * size) continue;
    *link = c->next;
    kept.left += c->room;
    c->next = nullptr;
    return c;
  }
  return nullptr;
}

bool keep_chain(chain* c) {
  const std::size_t size = c->capacity();
  if (size < smallest || size > largest || memory::in_use.release != std::free) return false;
  if (!has_room(size)) return false;
  c->reset();
  c->references.store(1, std::memory_order_relaxed);
  c->lent = false;
  c->between = 0;
  c->next = kept.first;
  kept.first = c;
  kept.left -= size;
  return true;
}

void forget_kept_chains() { kept.clear(); }

}  // namespace eddy::engine
