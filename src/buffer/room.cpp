// Room behind the data, for those who write into it themselves.
#include <algorithm>
#include <cerrno>

#include "buffer/buffer.h"

namespace eddy::engine {

std::size_t buffer::room() const {
  std::size_t sum = 0;
  for (const chain* c = tail_; c != nullptr; c = c->next) sum += c->room;
  return sum;
}

int buffer::expand(std::size_t size) {
  if (const int error = check_growth(size)) return error;
  const std::size_t there = room();
  if (there >= size) return 0;
  chain* made = make_chain(size - there);
  if (made == nullptr) return ENOMEM;
  append_spare(made);
  return 0;
}

int buffer::expand_in_one(std::size_t size) {
  if (const int error = check_growth(size)) return error;
  if (tail_ != nullptr && tail_->room >= size) return 0;
  chain* made = make_chain(next_size(size));
  if (made == nullptr) return ENOMEM;
  drop_spare();
  // What is left there would come before it.
  if (size_ != 0) tail_->room = 0;
  append_spare(made);
  return 0;
}

// Room for `size` bytes in at most `most` chains: where it would take more, the spare chains are
// given up for one that is large enough. 0 or an errno.
int buffer::room_of(std::size_t size, int most) {
  std::size_t there = 0;
  int count = 0;
  for (const chain* c = tail_; c != nullptr && count < most; c = c->next) {
    there += c->room;
    count += c->room != 0;
  }
  if (there >= size) return 0;
  if (count < most) return expand(size);
  // One new piece, behind what the last chain with data has left if two are allowed.
  const std::size_t behind = size_ != 0 && most > 1 ? tail_->room : 0;
  chain* made = make_chain(size - std::min(size, behind));
  if (made == nullptr) return ENOMEM;
  drop_spare();
  append_spare(made);
  return 0;
}

int buffer::reserve(std::size_t size, iovec* pieces, int most) {
  if (most < 1) return -EINVAL;
  if (const int error = check_growth(size)) return -error;
  if (const int error = room_of(size, most)) return -error;
  int count = 0;
  std::size_t given = 0;
  for (chain* c = tail_; c != nullptr && count < most; c = c->next) {
    // With one piece only, that which is large enough.
    if (c->room == 0 || (most == 1 && c->room < size)) continue;
    pieces[count++] = iovec{c->end(), c->room};
    given += c->room;
    if (given >= size && given != 0) break;
  }
  return given >= size ? count : -ENOMEM;
}

int buffer::commit(const iovec* pieces, int count) {
  if (count == 0) return 0;
  // First whether all of it is ours, in order; then the sizes.
  chain* c = tail_;
  std::size_t sum = 0;
  for (int i = 0; i < count; ++i) {
    while (c != nullptr && c->end() != pieces[i].iov_base) c = c->next;
    if (c == nullptr || pieces[i].iov_len > c->room) return EINVAL;
    sum += pieces[i].iov_len;
    c = c->next;
  }
  if (const int error = check_growth(sum)) return error;
  if (sum == 0) return 0;
  chain* const old_tail = size_ == 0 ? nullptr : tail_;
  c = tail_;
  for (int i = 0; i < count; ++i) {
    while (c->end() != pieces[i].iov_base) c = c->next;
    c->size += pieces[i].iov_len;
    c->room -= pieces[i].iov_len;
    if (pieces[i].iov_len != 0) tail_ = c;
    c = c->next;
  }
  size_ += sum;
  // Chains that were passed over lie, empty, among those with data: they go.
  if (old_tail == tail_) return 0;
  for (chain** link = old_tail == nullptr ? &first_ : &old_tail->next; *link != tail_;) {
    c = *link;
    if (c->size != 0) {
      link = &c->next;
    } else {
      *link = c->next;
      release_chain(c);
    }
  }
  return 0;
}

}  // namespace eddy::engine
