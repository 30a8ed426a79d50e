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

// What is looked at most often comes first.
struct chain {
  chain* next = nullptr;
  unsigned char* begin = nullptr;  // of the data
  std::size_t size = 0;            // of the data
  std::size_t room = 0;            // behind the data, for more of it; none in foreign memory
  std::atomic<std::uint32_t> references{1};  // holders may be buffers of several threads
  bool foreign = false;                      // it is a foreign_chain
  bool by_reference = false;  // a user asked for another's data to be shown: not once more
  bool lent = false;          // of a few large blocks that many share: not to be kept for long
  unsigned char* memory = nullptr;
  // Where a search went: a later chain of the same buffer, and how many bytes stand between the end
  // of this one and it. Whoever changes what is between, or moves this one elsewhere, forgets it.
  chain* shortcut = nullptr;
  std::size_t between = 0;

  unsigned char* end() const { return begin + size; }
  bool is_shared() const { return references.load(std::memory_order_acquire) > 1; }
  bool may_be_moved() const { return !foreign && !is_shared(); }
  // Nobody else sees what is written into the data.
  bool may_be_changed() const { return (!foreign || (lent && !by_reference)) && !is_shared(); }
  std::size_t space_before() const {
    return may_be_moved() ? static_cast<std::size_t>(begin - memory) : 0;
  }
  // Of memory of its own.
  std::size_t capacity() const { return static_cast<std::size_t>(end() + room - memory); }

  void drop_front(std::size_t n) {
    begin += n;
    size -= n;
  }
  // All of its own memory is room again.
  void reset() {
    room = capacity();
    begin = memory;
    size = 0;
    shortcut = nullptr;
  }
};

struct foreign_chain : chain {
  chain* shown = nullptr;             // whose memory this is, when it is another chain's
  const mapped_file* file = nullptr;  // where the memory comes from, as long as it is lent
  void (*give_back)(const void* data, std::size_t size, void* context) = nullptr;
  void* context = nullptr;
  std::size_t whole = 0;  // what is given back
};

inline foreign_chain* as_foreign(chain* c) {
  return c->foreign ? static_cast<foreign_chain*>(c) : nullptr;
}
inline const foreign_chain* as_foreign(const chain* c) {
  return c->foreign ? static_cast<const foreign_chain*>(c) : nullptr;
}

// Few bytes in memory that is not to be kept for long, which blocks of 64 KiB are made of.
inline bool is_little(const chain* c) {
  constexpr std::size_t worth_lending = 16 << 10;
  return c != nullptr && c->lent && c->size != 0 && c->size < worth_lending;
}

// With memory of its own, for at least `size` bytes; null when there is none.
chain* make_chain(std::size_t size);
// Shows somebody else's memory. `give_back` may be null.
chain* make_borrowed_chain(const void* data, std::size_t size,
                           void (*give_back)(const void*, std::size_t, void*), void* context,
                           const mapped_file* file = nullptr);
// Shows the data of `of`, as it is now, which stays as long as this one.
foreign_chain* make_showing_chain(chain* of);
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
