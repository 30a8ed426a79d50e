// A queue of bytes in chains: what is received before it is read, what is to be sent until it is.
//
// Adding at the end, taking from the front and moving between buffers copy as little as can be. One
// thread at a time, also where it only looks. Functions that may fail return 0 or an errno (ENOMEM;
// EOVERFLOW when the length would pass `longest`), and leave the buffer as it was then; sizes are
// checked before anything is allocated.
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "buffer/chain.h"
#include "buffer/copy_bytes.h"

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
  int add(const void* data, std::size_t size) {
    chain* c = tail_;
    if (c == nullptr || size > c->room || size > longest - size_) return add_chain(data, size);
    write_behind(c, data, size);
    return 0;
  }
  int prepend(const void* data, std::size_t size) {
    if (size_ == 0 || size > first_->space_before() || size > longest - size_)
      return prepend_chain(data, size);
    write_before(data, size);
    return 0;
  }
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
  // The same, and they will stand in one piece. `size` is not 0.
  int expand_in_one(std::size_t size);
  // Keeps no memory beyond what the data takes.
  void give_up_room() { drop_spare(); }
  // Up to `most` pieces of room, at least `size` bytes together; gives how many, or minus an errno.
  // Asked again without a commit, the same room is given.
  int reserve(std::size_t size, iovec* pieces, int most);
  // The first bytes of what was reserved are data now. EINVAL for other memory than that.
  int commit(const iovec* pieces, int count);

  // --- taking (take.cpp) ---
  void drain(std::size_t size) {  // as many as there are
    if (first_ != nullptr && size < first_->size)
      drop_front(size);
    else
      drain_chains(size);
  }
  void clear() { drain(size_); }
  // Copies, without draining, up to `size` bytes from `offset` on; how many.
  std::size_t copy(std::size_t offset, void* to, std::size_t size) const;
  // The first bytes, as many as there must be.
  void copy_front(void* to, std::size_t size) const {
    if (size != 0 && size <= first_->size)
      copy_bytes(to, first_->begin, size);
    else
      (void)copy(0, to, size);
  }
  // Copies and drains.
  std::size_t remove(void* to, std::size_t size) {
    if (first_ == nullptr || size >= first_->size) return remove_chains(to, size);
    copy_bytes(to, first_->begin, size);
    drop_front(size);
    return size;
  }
  // The first `size` bytes (all; at most what there is) in one piece; null when there are not so
  // many, none, or no memory.
  unsigned char* pull_up(std::size_t size) {
    // (0 has no piece; then size - 1 is too large.)
    if (first_ != nullptr && size - 1 < first_->size) return first_->begin;
    return pull_chains(size);
  }
  // Fills in where the bytes from `offset` on stand, `size` of them or as many as there are; the
  // last piece is whole, so there may be more. Gives how many pieces that takes, which may be more
  // than `most`.
  int peek(std::size_t offset, std::size_t size, iovec* pieces, int most) const;

  // The same for the first `size` bytes, and each chain gets one more holder, who must release it.
  // Gives how many pieces there are, at most `most`.
  int hold(std::size_t size, chain** held, iovec* pieces, int most);
  // The file that the first bytes stand in, or null, and how many of them, at most `size`.
  const mapped_file* first_file(std::size_t& size) const;
  // Copies the first bytes when they stand in lent memory (see chain.h) and are but few of it, so
  // that what is kept of it is at most four times what is held.
  void own_little();

  // --- moving (move.cpp) ---
  // Pieces linked in a circle, of which this is the last. The first `most` bytes of them; the rest
  // stays, and what is then the last is returned (null: none are left).
  chain* take_circle(chain* last, std::size_t most);
  void move_all_behind(buffer& from);  // from's bytes behind ours
  void move_all_before(buffer& from);  // from's bytes before ours
  // The first `size` bytes of `from` behind ours; ENOMEM when a piece would have to be split.
  int move_some(buffer& from, std::size_t size);
  // The first piece, which is the taker's then; null: there is none.
  chain* take_front();
  // Pieces with data that are the buffer's from now on.
  void put_front(chain* c);
  void put_behind(chain* c) { append(c); }

  // --- searching (search.cpp) ---
  // Where `what` begins, from `from` on and ending before `until` at the latest; or `nowhere`.
  std::size_t find(const void* what, std::size_t size, std::size_t from, std::size_t until) const;
  std::size_t find_byte(unsigned char byte, std::size_t from) const {
    if (first_ != nullptr && from < first_->size) {
      const void* found = std::memchr(first_->begin + from, byte, first_->size - from);
      if (found != nullptr)
        return static_cast<std::size_t>(static_cast<const unsigned char*>(found) - first_->begin);
      from = first_->size;
    }
    return find_byte_behind(byte, from);
  }
  // The first of two bytes.
  std::size_t find_either(unsigned char a, unsigned char b, std::size_t from) const;
  // A line's end, \n or \r\n, behind `from`: where it begins, and its size.
  std::size_t find_line_end(std::size_t from, std::size_t& size) const;
  // How many bytes from `from` on are one of the two.
  std::size_t count_either(unsigned char a, unsigned char b, std::size_t from) const;
  unsigned char at(std::size_t offset) const;

 private:
  // A chain with data, and how many bytes stand before it.
  struct place {
    chain* at;
    std::size_t before;
  };

  void write_behind(chain* c, const void* data, std::size_t size) {
    copy_bytes(c->end(), data, size);
    c->size += size;
    c->room -= size;
    size_ += size;
  }
  void write_before(const void* data, std::size_t size) {
    first_->begin -= size;
    copy_bytes(first_->begin, data, size);
    first_->size += size;
    size_ += size;
  }
  // Fewer than the first chain has.
  void drop_front(std::size_t size) {
    first_->drop_front(size);
    size_ -= size;
  }

  int check_growth(std::size_t by) const { return by > longest - size_ ? EOVERFLOW : 0; }
  std::size_t next_size(std::size_t piece) const;
  chain* spare() const { return size_ == 0 ? first_ : tail_->next; }
  std::size_t room() const;
  void append(chain* c);
  void append_spare(chain* c);
  void drop_spare() {
    if (first_ != nullptr && (size_ == 0 || tail_->next != nullptr)) release_spare();
  }
  void release_spare();
  int add_chain(const void* data, std::size_t size);
  int prepend_chain(const void* data, std::size_t size);
  void drain_chains(std::size_t size);
  void drain_all();
  std::size_t remove_chains(void* to, std::size_t size);
  unsigned char* pull_chains(std::size_t size);
  void pull_into(chain* target, chain* from, std::size_t size);
  int room_of(std::size_t size, int most);
  static chain* part_of(chain* c, std::size_t size);
  int move_front(buffer& from, std::size_t size);
  place seek(std::size_t offset) const {
    return offset < first_->size ? place{first_, 0} : seek_behind_first(offset);
  }
  place seek_behind_first(std::size_t offset) const;
  void remember(place p) const {
    if (p.at == first_) return;
    first_->shortcut = p.at;
    first_->between = p.before - first_->size;
  }
  std::size_t find_byte_behind(unsigned char byte, std::size_t from) const;
  template <class Look>
  std::size_t first_from(std::size_t from, Look look) const;

  chain* first_ = nullptr;  // chains with data, then those that are spare
  chain* tail_ = nullptr;   // the last with data; when there is none, the first
  std::size_t size_ = 0;
};

}  // namespace eddy::engine
