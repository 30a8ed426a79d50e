#include <malloc.h>

#include <cstdlib>

#include "base/blocks.h"
#include "base/memory.h"

namespace eddy::engine::memory {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool keeps = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool keeps = false;
#else
constexpr bool keeps = true;
#endif
#else
constexpr bool keeps = true;
#endif

constexpr std::size_t step = 128, largest = 8192, most_kept = 256 << 10;
constexpr std::size_t sizes = largest / step + 1;
constexpr std::size_t taken_by_malloc = 16;

// Of the program's own allocator nothing is kept.
bool is_malloc() { return in_use.allocate == std::malloc && in_use.release == std::free; }

struct free_block {
  free_block* next;
};

// By size: place n has blocks of n steps, with what malloc takes of them.
struct kept_blocks {
  free_block* first[sizes] = {};
  std::size_t left = most_kept;  // bytes; 0 when the thread ends

  kept_blocks() = default;
  ~kept_blocks() {
    clear();
    left = 0;
  }
  void clear() {
    for (free_block*& list : first)
      while (free_block* b = list) {
        list = b->next;
        std::free(b);
      }
    left = most_kept;
  }
  kept_blocks(const kept_blocks&) = delete;
  kept_blocks& operator=(const kept_blocks&) = delete;
};

thread_local kept_blocks mine;

}  // namespace

void* allocate_block(std::size_t size) {
  const std::size_t place = (size + taken_by_malloc + step - 1) / step;
  if (!keeps || place >= sizes || !is_malloc()) return allocate(size);
  free_block* b = mine.first[place];
  // (Of its full size, so that it comes back to this place.)
  if (b == nullptr) return allocate(place * step - taken_by_malloc);
  mine.first[place] = b->next;
  mine.left += place * step;
  return b;
}

void release_block(void* block) {
  if (!keeps || block == nullptr || !is_malloc()) return release(block);
  const std::size_t place = (::malloc_usable_size(block) + taken_by_malloc) / step;
  if (place == 0 || place >= sizes || mine.left < place * step) return release(block);
  auto* b = static_cast<free_block*>(block);
  b->next = mine.first[place];
  mine.first[place] = b;
  mine.left -= place * step;
}

void forget_blocks() { mine.clear(); }

}  // namespace eddy::engine::memory
