// Looking at the front, and taking from it.
#include <algorithm>
#include <cstring>

#include "buffer/buffer.h"

namespace eddy::engine {

void buffer::drain(std::size_t size) {
  size = std::min(size, size_);
  size_ -= size;
  while (size != 0) {
    chain* c = first_;
    if (c->size > size) {
      c->begin += size;
      c->size -= size;
      return;
    }
    size -= c->size;
    c->size = 0;
    if (c == filled_) filled_ = nullptr;
    // The last one is kept for what comes next.
    if (size_ == 0 && size == 0 && c->next == nullptr && c->may_be_moved()) {
      c->begin = 0;
      return;
    }
    first_ = c->next;
    if (first_ == nullptr) last_ = nullptr;
    release_chain(c);
  }
  if (size_ == 0) filled_ = nullptr;
}

std::size_t buffer::copy(std::size_t offset, void* to, std::size_t size) const {
  if (offset >= size_) return 0;
  size = std::min(size, size_ - offset);
  const chain* c = first_;
  for (; offset >= c->size; c = c->next) offset -= c->size;
  auto* out = static_cast<unsigned char*>(to);
  for (std::size_t left = size; left != 0; c = c->next, offset = 0) {
    const std::size_t part = std::min(left, c->size - offset);
    std::memcpy(out, c->data() + offset, part);
    out += part;
    left -= part;
  }
  return size;
}

std::size_t buffer::remove(void* to, std::size_t size) {
  const std::size_t copied = copy(0, to, size);
  drain(copied);
  return copied;
}

unsigned char* buffer::pull_up(std::size_t size) {
  if (size == all) size = size_;
  if (size == 0 || size > size_) return nullptr;
  if (first_->size >= size) return first_->data();
  chain* target = first_;
  const bool fits = target->may_be_moved() && target->capacity >= size;
  if (!fits) {
    target = make_chain(size);
    if (target == nullptr) return nullptr;
  } else if (target->capacity - target->begin < size) {
    std::memmove(target->memory, target->data(), target->size);
    target->begin = 0;
  }
  // What is missing, from the chains behind.
  chain* from = fits ? first_->next : first_;
  while (target->size < size) {
    const std::size_t part = std::min(size - target->size, from->size);
    std::memcpy(target->end(), from->data(), part);
    target->size += part;
    from->begin += part;
    from->size -= part;
    if (from->size != 0) break;
    chain* next = from->next;
    if (from == filled_) filled_ = target;
    if (from == last_) last_ = target;
    release_chain(from);
    from = next;
  }
  target->next = from;
  first_ = target;
  return target->data();
}

int buffer::peek(std::size_t offset, std::size_t size, iovec* pieces, int most) const {
  if (offset >= size_) return 0;
  size = std::min(size, size_ - offset);
  const chain* c = first_;
  for (; offset >= c->size; c = c->next) offset -= c->size;
  int count = 0;
  for (std::size_t left = size; left != 0; c = c->next, offset = 0) {
    const std::size_t part = std::min(left, c->size - offset);
    if (count < most) pieces[count] = iovec{c->data() + offset, part};
    ++count;
    left -= part;
  }
  return count;
}

int buffer::hold(std::size_t size, chain** held, iovec* pieces, int most) {
  int count = 0;
  size = std::min(size, size_);
  for (chain* c = first_; size != 0 && count < most; c = c->next) {
    const std::size_t part = std::min(size, c->size);
    c->references.fetch_add(1, std::memory_order_relaxed);
    held[count] = c;
    pieces[count++] = iovec{c->data(), part};
    size -= part;
  }
  return count;
}

const mapped_file* buffer::first_file(std::size_t& size) const {
  if (size_ == 0 || first_->file == nullptr) return nullptr;
  size = std::min(size, first_->size);
  return first_->file;
}

void buffer::own_little() {
  constexpr std::size_t little = 4096;
  if (size_ == 0 || size_ > little || !first_->lent) return;
  chain* made = make_chain(size_);
  if (made == nullptr) return;  // then it stays where it is
  made->size = copy(0, made->memory, size_);
  for (chain* c = first_; c != nullptr;) {
    chain* next = c->next;
    release_chain(c);
    c = next;
  }
  first_ = last_ = filled_ = made;
}

unsigned char buffer::at(std::size_t offset) const {
  const chain* c = first_;
  for (; offset >= c->size; c = c->next) offset -= c->size;
  return c->data()[offset];
}

}  // namespace eddy::engine
