// Room behind the data, for those who write into it themselves.
#include <algorithm>
#include <cerrno>
#include <cstring>

#include "buffer/buffer.h"

namespace eddy::engine {

int buffer::expand(std::size_t size) {
  if (const int error = check_growth(size)) return error;
  std::size_t room = 0;
  for (chain* c = filled_ != nullptr ? filled_ : first_; c != nullptr; c = c->next) {
    if (c->size == 0) c->begin = 0;
    room += c->space_behind();
  }
  if (room >= size) return 0;
  chain* made = make_chain(size - room);
  if (made == nullptr) return ENOMEM;
  (last_ == nullptr ? first_ : last_->next) = made;
  last_ = made;
  return 0;
}

// Room for `size` bytes in at most `most` chains: where it would take more, the spare chains are
// given up for one that is large enough. 0 or an errno.
int buffer::room_of(std::size_t size, int most) {
  std::size_t room = 0;
  int count = 0;
  for (chain* c = filled_ != nullptr ? filled_ : first_; c != nullptr && count < most;
       c = c->next) {
    if (c->size == 0) c->begin = 0;
    room += c->space_behind();
    count += c->space_behind() != 0;
  }
  if (room >= size) return 0;
  if (count < most) return expand(size);
  // One new piece, behind what the last chain with data has left if two are allowed.
  const std::size_t behind = filled_ != nullptr && most > 1 ? filled_->space_behind() : 0;
  chain* made = make_chain(size - std::min(size, behind));
  if (made == nullptr) return ENOMEM;
  drop_spare();
  (last_ == nullptr ? first_ : last_->next) = made;
  last_ = made;
  return 0;
}

int buffer::reserve(std::size_t size, iovec* pieces, int most) {
  if (most < 1) return -EINVAL;
  if (const int error = check_growth(size)) return -error;
  if (const int error = room_of(size, most)) return -error;
  int count = 0;
  std::size_t given = 0;
  for (chain* c = filled_ != nullptr ? filled_ : first_; c != nullptr && count < most;
       c = c->next) {
    const std::size_t room = c->space_behind();
    // With one piece only, that which is large enough.
    if (room == 0 || (most == 1 && room < size)) continue;
    pieces[count++] = iovec{c->end(), room};
    given += room;
    if (given >= size && given != 0) break;
  }
  return given >= size ? count : -ENOMEM;
}

int buffer::commit(const iovec* pieces, int count) {
  if (count == 0) return 0;
  // First whether all of it is ours, in order; then the sizes.
  chain* c = filled_ != nullptr ? filled_ : first_;
  std::size_t sum = 0;
  for (int i = 0; i < count; ++i) {
    while (c != nullptr && c->end() != pieces[i].iov_base) c = c->next;
    if (c == nullptr || pieces[i].iov_len > c->space_behind()) return EINVAL;
    sum += pieces[i].iov_len;
    c = c->next;
  }
  if (const int error = check_growth(sum)) return error;
  c = filled_ != nullptr ? filled_ : first_;
  for (int i = 0; i < count; ++i) {
    while (c->end() != pieces[i].iov_base) c = c->next;
    c->size += pieces[i].iov_len;
    size_ += pieces[i].iov_len;
    if (pieces[i].iov_len != 0) filled_ = c;
    c = c->next;
  }
  if (filled_ == nullptr) return 0;
  // Chains that were passed over lie, empty, among those with data: they go.
  chain** link = &first_;
  for (chain* at = first_; at != filled_;) {
    chain* next = at->next;
    if (at->size == 0) {
      *link = next;
      release_chain(at);
    } else {
      link = &at->next;
    }
    at = next;
  }
  return 0;
}

}  // namespace eddy::engine
