// Moving chains between buffers, copying little of what they hold.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "buffer/buffer.h"

namespace eddy::engine {
namespace {

// A part of a chain that is smaller is copied: a chain that shows it costs as much.
constexpr std::size_t worth_showing = 2048;

}  // namespace

void buffer::move_all_behind(buffer& from) {
  if (&from == this || from.size_ == 0) return;
  from.drop_spare();
  drop_spare();
  (first_ == nullptr ? first_ : tail_->next) = from.first_;
  tail_ = from.tail_;
  size_ += std::exchange(from.size_, 0);
  from.first_ = from.tail_ = nullptr;
}

void buffer::move_all_before(buffer& from) {
  if (&from == this || from.size_ == 0) return;
  from.drop_spare();
  from.tail_->next = first_;
  if (size_ == 0) tail_ = from.tail_;
  first_ = from.first_;
  size_ += std::exchange(from.size_, 0);
  from.first_ = from.tail_ = nullptr;
}

chain* buffer::take_circle(chain* last, std::size_t most) {
  // Who holds bytes already gets a few more as a copy: each piece may keep a whole block.
  const bool holds = size_ != 0;
  while (last != nullptr && most != 0) {
    chain* c = last->next;
    if (c->size > most) {
      // Both parts show the same memory.
      chain* part = make_showing_chain(c);
      if (part == nullptr) return last;
      part->size = most;
      c->drop_front(most);
      append(part);
      return last;
    }
    most -= c->size;
    if (c == last)
      last = nullptr;
    else
      last->next = c->next;
    c->next = nullptr;
    if (holds && is_little(c) && add(c->begin, c->size) == 0)
      release_chain(c);
    else
      append(c);
  }
  return last;
}

chain* buffer::take_front() {
  if (size_ == 0) return nullptr;
  chain* c = first_;
  first_ = c->next;
  if (c == tail_) tail_ = first_;
  size_ -= c->size;
  c->next = c->shortcut = nullptr;
  return c;
}

void buffer::put_front(chain* c) {
  c->next = first_;
  if (size_ == 0) tail_ = c;
  first_ = c;
  size_ += c->size;
}

// The first bytes of a chain, fewer than it has.
chain* buffer::part_of(chain* c, std::size_t size) {
  if (size < worth_showing) {
    chain* copied = make_chain(size);
    if (copied == nullptr) return nullptr;
    copy_bytes(copied->begin, c->begin, size);
    copied->size = size;
    copied->room -= size;
    return copied;
  }
  chain* shown = make_showing_chain(c);
  if (shown != nullptr) shown->size = size;
  return shown;
}

int buffer::move_front(buffer& from, std::size_t size) {
  if (size < worth_showing) {
    if (const int error = add(from.first_->begin, size)) return error;
  } else {
    chain* part = part_of(from.first_, size);
    if (part == nullptr) return ENOMEM;
    append(part);
  }
  from.drop_front(size);
  return 0;
}

int buffer::move_some(buffer& from, std::size_t size) {
  if (&from == this || size == 0) return 0;
  if (size >= from.size_) return move_all_behind(from), 0;
  if (size < from.first_->size) return move_front(from, size);
  chain* last = from.first_;
  std::size_t whole = last->size;
  for (; whole + last->next->size <= size; last = last->next) whole += last->next->size;
  chain* split = last->next;
  chain* part = nullptr;
  if (whole != size) {
    part = part_of(split, size - whole);
    if (part == nullptr) return ENOMEM;
    split->drop_front(size - whole);
  }
  drop_spare();
  (first_ == nullptr ? first_ : tail_->next) = from.first_;
  for (chain* c = from.first_; c != split; c = c->next) c->shortcut = nullptr;
  last->next = nullptr;
  tail_ = last;
  size_ += whole;
  from.first_ = split;
  from.size_ -= size;
  if (part != nullptr) append(part);
  return 0;
}

}  // namespace eddy::engine
