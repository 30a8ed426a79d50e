// Moving chains between buffers, without copying what they hold.
#include <algorithm>
#include <cerrno>

#include "buffer/buffer.h"

namespace eddy::engine {

void buffer::move_all_behind(buffer& from) {
  if (&from == this || from.size_ == 0) return;
  from.drop_spare();
  drop_spare();
  (last_ == nullptr ? first_ : last_->next) = from.first_;
  last_ = filled_ = from.last_;
  size_ += from.size_;
  from.first_ = from.last_ = from.filled_ = nullptr;
  from.size_ = 0;
}

void buffer::move_all_before(buffer& from) {
  if (&from == this || from.size_ == 0) return;
  from.drop_spare();
  from.last_->next = first_;
  if (last_ == nullptr) last_ = from.last_;
  if (filled_ == nullptr) filled_ = from.last_;
  first_ = from.first_;
  size_ += from.size_;
  from.first_ = from.last_ = from.filled_ = nullptr;
  from.size_ = 0;
}

chain* buffer::take_circle(chain* last, std::size_t most) {
  while (last != nullptr && most != 0) {
    chain* c = last->next;
    if (c->size > most) {
      // Both parts show the same memory.
      chain* part = make_showing_chain(c);
      if (part == nullptr) return last;
      part->lent = c->lent;
      part->size = most;
      c->begin += most;
      c->size -= most;
      append(part);
      return last;
    }
    most -= c->size;
    if (c == last)
      last = nullptr;
    else
      last->next = c->next;
    c->next = nullptr;
    append(c);
  }
  return last;
}

int buffer::move_some(buffer& from, std::size_t size) {
  if (&from == this) return 0;
  if (size >= from.size_) return move_all_behind(from), 0;
  // The chain that has to be split: its first part is copied, as it is the smaller trouble.
  std::size_t whole = 0;
  chain* c = from.first_;
  for (; whole + c->size <= size; c = c->next) whole += c->size;
  const std::size_t part = size - whole;
  chain* made = nullptr;
  if (part != 0) {
    made = make_chain(part);
    if (made == nullptr) return ENOMEM;
    made->size = part;
    std::copy_n(c->data(), part, made->data());
    c->begin += part;
    c->size -= part;
  }
  while (from.first_ != c) {
    chain* moved = from.first_;
    from.first_ = moved->next;
    moved->next = nullptr;
    append(moved);
  }
  if (made != nullptr) append(made);
  from.size_ -= size;
  return 0;
}

}  // namespace eddy::engine
