// A queue of bytes in chains: what is received before it is read, what is to be sent until it is.
//
// Adding at the end, taking from the front and moving between buffers copy as little as can be. One
// thread at a time. Functions that may fail return 0 or an errno (ENOMEM; EOVERFLOW when the length
// would pass `longest`), and leave the buffer as it was then; sizes are checked before anything is
// allocated.
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>

#include "buffer/chain.h"

namespace eddy::engine {

class buffer {
 public:
  static constexpr std::size_t longest = SSIZE_MAX;
  static constexpr std::size_t all = SIZE_MAX;
  static constexpr std::size_t nowhere = SIZE_MAX;

  buffer() = default;
  buffer(const buffer&) = delete;
  buffer& operator=(const buffer&) = delete;
  ~buffer() {
    clear();
    drop_spare();
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // How many of the first bytes stand in one piece.
  std::size_t first_piece() const { return size_ == 0 ? 0 : first_->size; }

  // --- adding (add.cpp) ---
  int add(const void* data, std::size_t size);
  int prepend(const void* data, std::size_t size);
  // Shows memory without copying it; `give_back` (may be null) is called when nobody needs it any
  // more: not when this fails. `file`: the memory is a part of it.
  int add_borrowed(const void* data, std::size_t size,
                   void (*give_back)(const void*, std::size_t, void*), void* context,
                   const mapped_file* file = nullptr);
  // Shows what stands in `from` now, which keeps it. EINVAL for itself, or for a buffer that shows
  // another's data.
  int add_shown(const buffer& from);

  // --- room at the end (room.cpp) ---
  // Makes sure that `size` more bytes can be added without an allocation.
  int expand(std::size_t size);
  // Keeps no memory beyond what the data takes.
  void give_up_room() { drop_spare(); }
  // Up to `most` pieces of room, at least `size` bytes together; gives how many, or minus an errno.
  // Asked again without a commit, the same room is given.
  int reserve(std::size_t size, iovec* pieces, int most);
  // The first bytes of what was reserved are data now. EINVAL for other memory than that.
  int commit(const iovec* pieces, int count);

  // --- taking (take.cpp) ---
  void drain(std::size_t size);  // as many as there are
  void clear() { drain(size_); }
  // Copies, without draining, up to `size` bytes from `offset` on; how many.
  std::size_t copy(std::size_t offset, void* to, std::size_t size) const;
  std::size_t remove(void* to, std::size_t size);
  // The first `size` bytes (all; at most what there is) in one piece; null when there are not so
  // many, none, or no memory.
  unsigned char* pull_up(std::size_t size);
  // Fills in where the bytes from `offset` on stand, `size` of them or as many as there are. Gives
  // how many pieces that takes, which may be more than `most`.
  int peek(std::size_t offset, std::size_t size, iovec* pieces, int most) const;

  // The same for the first `size` bytes, and each chain gets one more holder, who must release it.
  // Gives how many pieces there are, at most `most`.
  int hold(std::size_t size, chain** held, iovec* pieces, int most);
  // The file that the first bytes stand in, or null, and how many of them, at most `size`.
  const mapped_file* first_file(std::size_t& size) const;
  // Copies bytes that stand in lent memory (see chain.h) when they are but few of it.
  void own_little();

  // --- moving (move.cpp) ---
  // Pieces linked in a circle, of which this is the last. The first `most` bytes of them; the rest
  // stays, and what is then the last is returned (null: none are left).
  chain* take_circle(chain* last, std::size_t most);
  void move_all_behind(buffer& from);  // from's bytes behind ours
  void move_all_before(buffer& from);  // from's bytes before ours
  // The first `size` bytes of `from` behind ours; ENOMEM when a piece would have to be split.
  int move_some(buffer& from, std::size_t size);

  // --- searching (search.cpp) ---
  // Where `what` begins, from `from` on and ending before `until` at the latest; or `nowhere`.
  std::size_t find(const void* what, std::size_t size, std::size_t from, std::size_t until) const;
  std::size_t find_byte(unsigned char byte, std::size_t from) const;
  // The first of two bytes.
  std::size_t find_either(unsigned char a, unsigned char b, std::size_t from) const;
  // How many bytes from `from` on are one of the two.
  std::size_t count_either(unsigned char a, unsigned char b, std::size_t from) const;
  unsigned char at(std::size_t offset) const;

 private:
  friend class buffer_cursor;

  int check_growth(std::size_t by) const;
  void append(chain* c);
  void drop_spare();
  chain* last_with_data();
  int room_of(std::size_t size, int most);

  chain* first_ = nullptr;  // chains with data, then those that are spare
  chain* last_ = nullptr;
  chain* filled_ = nullptr;  // the last with data; null when there is none
  std::size_t size_ = 0;
};

}  // namespace eddy::engine
