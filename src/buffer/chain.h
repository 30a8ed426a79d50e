// A chain: one piece of memory in a buffer, and where in it the data stands.
//
// The memory is the chain's own (it lies behind it), somebody else's (given back by a function when
// the last chain that shows it is gone), or another chain's, which is shown by several buffers at a
// time. What several show is never moved and never written to, but behind its end.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace eddy::engine {

// A file whose bytes from `offset` on also stand at `memory`.
struct mapped_file {
  int fd = -1;
  std::int64_t offset = 0;
  const unsigned char* memory = nullptr;

  std::int64_t place_of(const unsigned char* data) const { return offset + (data - memory); }
};

struct chain {
  chain* next = nullptr;
  unsigned char* memory = nullptr;
  std::size_t capacity = 0;
  std::size_t begin = 0;                     // of the data
  std::size_t size = 0;                      // of the data
  std::atomic<std::uint32_t> references{1};  // holders may be buffers of several threads
  bool read_only = false;                    // borrowed memory
  bool lent = false;       // of a few large blocks that many share: not to be kept for long
  bool pinned = false;     // space was handed out (reserve): it must stay where it is
  chain* shown = nullptr;  // whose memory this is, when it is another chain's
  void (*give_back)(const void* data, std::size_t size, void* context) = nullptr;
  void* context = nullptr;
  const mapped_file* file = nullptr;  // where the memory comes from, as long as it is lent

  unsigned char* data() const { return memory + begin; }
  unsigned char* end() const { return memory + begin + size; }
  bool is_shared() const { return references.load(std::memory_order_acquire) > 1; }
  std::size_t space_behind() const { return read_only ? 0 : capacity - begin - size; }
  std::size_t space_before() const { return read_only || is_shared() ? 0 : begin; }
  bool may_be_moved() const { return !read_only && !is_shared() && !pinned; }
};

// With memory of its own, for at least `size` bytes; null when there is none.
chain* make_chain(std::size_t size);
// Shows somebody else's memory. `give_back` may be null.
chain* make_borrowed_chain(const void* data, std::size_t size,
                           void (*give_back)(const void*, std::size_t, void*), void* context,
                           const mapped_file* file = nullptr);
// Shows the data of `of`, as it is now, which stays as long as this one.
chain* make_showing_chain(chain* of);
// The chain is not used by this holder any more.
void release_chain(chain* c);

// Chains linked in a circle, known by the last of them; null: none.
inline void append_to_circle(chain** last, chain* c) {
  if (*last == nullptr) {
    c->next = c;
  } else {
    c->next = (*last)->next;
    (*last)->next = c;
  }
  *last = c;
}
void release_circle(chain* last);

}  // namespace eddy::engine
