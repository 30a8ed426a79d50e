// Looking at the front, and taking from it.
#include <algorithm>
#include <cstring>

#include "buffer/buffer.h"

namespace eddy::engine {
namespace {

constexpr std::size_t kept_when_empty = 4096;

}  // namespace

void buffer::drain_chains(std::size_t size) {
  if (size >= size_) return drain_all();
  size_ -= size;
  while (size >= first_->size) {
    chain* c = first_;
    size -= c->size;
    first_ = c->next;
    release_chain(c);
  }
  first_->drop_front(size);
}

void buffer::drain_all() {
  if (size_ == 0) return;
  while (first_ != tail_) {
    chain* c = first_;
    first_ = c->next;
    release_chain(c);
  }
  size_ = 0;
  // A small one is kept for what comes next.
  if (first_->next == nullptr && first_->may_be_moved() && first_->capacity() < kept_when_empty)
    return first_->reset();
  tail_ = first_->next;
  release_chain(first_);
  first_ = tail_;
}

std::size_t buffer::copy(std::size_t offset, void* to, std::size_t size) const {
  if (offset >= size_) return 0;
  size = std::min(size, size_ - offset);
  const place from = seek(offset);
  const chain* c = from.at;
  offset -= from.before;
  auto* out = static_cast<unsigned char*>(to);
  for (std::size_t left = size; left != 0; c = c->next, offset = 0) {
    const std::size_t part = std::min(left, c->size - offset);
    copy_bytes(out, c->begin + offset, part);
    out += part;
    left -= part;
  }
  return size;
}

std::size_t buffer::remove_chains(void* to, std::size_t size) {
  const std::size_t copied = copy(0, to, size);
  drain(copied);
  return copied;
}

// What is missing in the target, from the chains behind it.
void buffer::pull_into(chain* target, chain* from, std::size_t size) {
  while (target->size < size) {
    const std::size_t part = std::min(size - target->size, from->size);
    copy_bytes(target->end(), from->begin, part);
    target->size += part;
    target->room -= part;
    from->drop_front(part);
    if (from->size != 0) break;
    chain* next = from->next;
    if (from == tail_) tail_ = target;
    release_chain(from);
    from = next;
  }
  target->next = from;
  target->shortcut = nullptr;
  first_ = target;
}

unsigned char* buffer::pull_chains(std::size_t size) {
  if (size == all) size = size_;
  if (size == 0 || size > size_) return nullptr;
  if (first_->size >= size) return first_->begin;
  chain* target = first_;
  if (target->may_be_moved() && target->capacity() >= size) {
    if (target->size + target->room < size) {
      std::memmove(target->memory, target->begin, target->size);
      target->room += target->space_before();
      target->begin = target->memory;
    }
    pull_into(target, target->next, size);
  } else {
    target = make_chain(size);
    if (target == nullptr) return nullptr;
    pull_into(target, first_, size);
  }
  return target->begin;
}

int buffer::peek(std::size_t offset, std::size_t size, iovec* pieces, int most) const {
  if (offset >= size_) return 0;
  size = std::min(size, size_ - offset);
  const place from = seek(offset);
  const chain* c = from.at;
  offset -= from.before;
  int count = 0;
  for (std::size_t left = size; left != 0; c = c->next, offset = 0) {
    const std::size_t piece = c->size - offset;
    if (count < most) pieces[count] = iovec{c->begin + offset, piece};
    ++count;
    left -= std::min(left, piece);
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
    pieces[count++] = iovec{c->begin, part};
    size -= part;
  }
  return count;
}

const mapped_file* buffer::first_file(std::size_t& size) const {
  if (size_ == 0 || !first_->foreign) return nullptr;
  const mapped_file* file = as_foreign(first_)->file;
  if (file != nullptr) size = std::min(size, first_->size);
  return file;
}

void buffer::own_little() {
  if (size_ == 0) return;
  std::size_t little = 0;
  for (const chain* c = first_; is_little(c); c = c->next) little += c->size;
  if (little == 0) return;
  chain* made = make_chain(little);
  if (made == nullptr) return;  // then it stays where it is
  (void)copy(0, made->begin, little);
  made->size = little;
  made->room -= little;
  drain(little);
  if (size_ == 0) drop_spare();
  put_front(made);
}

unsigned char buffer::at(std::size_t offset) const {
  const place p = seek(offset);
  return p.at->begin[offset - p.before];
}

}  // namespace eddy::engine
