#include <malloc.h>

#include <cstdlib>

#include "base/blocks.h"
#include "base/memory.h"
#include "base/thread_end.h"

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
  std::size_t left = 0;  // bytes that may still be kept
  bool begun = false;    // also after the end

  void clear() {
    for (std::size_t place = 0; place < sizes; ++place)
      while (free_block* b = first[place]) {
        first[place] = b->next;
        left += place * step;
        std::free(b);
      }
  }
};

constinit thread_local kept_blocks mine;

void end() {
  mine.clear();
  mine.left = 0;
}

// Whether there is room for it, now that what is kept has an end.
bool begin_to_keep(std::size_t size) {
  if (mine.begun) return false;
  at_thread_end<end>();
  mine.begun = true;
  mine.left = most_kept;
  return size <= most_kept;
}

}  // namespace

void* allocate_block(std::size_t size) {
  const std::size_t place = (size + taken_by_malloc + step - 1) / step;
  if (!keeps || place >= sizes || !is_malloc()) return allocate(size);
  kept_blocks& kept = mine;
  free_block* b = kept.first[place];
  // (Of its full size, so that it comes back to this place.)
  if (b == nullptr) return allocate(place * step - taken_by_malloc);
  kept.first[place] = b->next;
  kept.left += place * step;
  return b;
}

void release_block(void* block) {
  if (!keeps || block == nullptr) return release(block);
#if defined(_WIN32)
  release_block(block, ::_msize(block));
#else
  release_block(block, ::malloc_usable_size(block));
#endif
}

void release_block(void* block, std::size_t size) {
  const std::size_t place = (size + taken_by_malloc) / step;
  if (!keeps || place == 0 || place >= sizes || !is_malloc()) return release(block);
  kept_blocks& kept = mine;
  if (kept.left < place * step && !begin_to_keep(place * step)) return release(block);
  auto* b = static_cast<free_block*>(block);
  b->next = kept.first[place];
  kept.first[place] = b;
  kept.left -= place * step;
}

void forget_blocks() { mine.clear(); }

}  // namespace eddy::engine::memory
