// Adding at either end.
#include <algorithm>
#include <cerrno>

#include "buffer/buffer.h"

namespace eddy::engine {
namespace {

// What a new chain is for at most, beyond the piece that it is made for.
constexpr std::size_t largest_growth = 1 << 17;
constexpr std::size_t most_pieces = 256;

}  // namespace

// As much as there is already may come once more, in whole pieces of this size.
std::size_t buffer::next_size(std::size_t piece) const {
  const std::size_t count = std::min(std::min(size_, largest_growth) / piece, most_pieces);
  return std::max<std::size_t>(count, 1) * piece;
}

// Behind what has data; spare chains, which would come before it, go.
void buffer::append(chain* c) {
  drop_spare();
  (first_ == nullptr ? first_ : tail_->next) = c;
  tail_ = c;
  size_ += c->size;
}

void buffer::append_spare(chain* c) {
  if (first_ == nullptr) {
    first_ = tail_ = c;
    return;
  }
  chain* last = tail_;
  while (last->next != nullptr) last = last->next;
  last->next = c;
}

void buffer::release_spare() {
  for (chain* c = spare(); c != nullptr;) {
    chain* next = c->next;
    release_chain(c);
    c = next;
  }
  if (size_ == 0)
    first_ = tail_ = nullptr;
  else
    tail_->next = nullptr;
}

int buffer::add_chain(const void* data, std::size_t size) {
  if (size == 0) return 0;
  if (const int error = check_growth(size)) return error;
  chain* c = tail_;
  const std::size_t there = room();
  if (there < size) {
    // A piece is not cut for little room, unless somebody asked for that room.
    const bool cut = size_ != 0 && (c->next != nullptr || c->room > size / 2);
    chain* made = make_chain(next_size(size));
    if (made == nullptr) return ENOMEM;
    if (!cut) drop_spare();
    append_spare(made);
    if (!cut) c = made;
  }
  const auto* bytes = static_cast<const unsigned char*>(data);
  for (; size != 0; c = c->next) {
    const std::size_t part = std::min(size, c->room);
    if (part == 0) continue;
    write_behind(c, bytes, part);
    tail_ = c;
    bytes += part;
    size -= part;
  }
  return 0;
}

int buffer::prepend_chain(const void* data, std::size_t size) {
  if (size == 0) return 0;
  if (const int error = check_growth(size)) return error;
  const auto* bytes = static_cast<const unsigned char*>(data);
  const std::size_t before = size_ != 0 ? std::min(size, first_->space_before()) : 0;
  const std::size_t rest = size - before;
  chain* fresh = make_chain(next_size(size));
  if (fresh == nullptr) return ENOMEM;
  if (before != 0) write_before(bytes + rest, before);
  // At the end of its memory: more may be prepended.
  fresh->begin += fresh->room - rest;
  fresh->room = 0;
  fresh->next = first_;
  if (size_ == 0) tail_ = fresh;
  first_ = fresh;
  fresh->size = rest;
  size_ += rest;
  copy_bytes(fresh->begin, bytes, rest);
  return 0;
}

int buffer::add_borrowed(const void* data, std::size_t size,
                         void (*give_back)(const void*, std::size_t, void*), void* context,
                         const mapped_file* file) {
  if (const int error = check_growth(size)) return error;
  chain* made = make_borrowed_chain(data, size, give_back, context, file);
  if (made == nullptr) return ENOMEM;
  if (size == 0)
    release_chain(made);
  else
    append(made);
  return 0;
}

int buffer::add_shown(const buffer& from) {
  if (&from == this) return EINVAL;
  if (const int error = check_growth(from.size_)) return error;
  const chain* stop = from.size_ == 0 ? from.first_ : from.tail_->next;
  for (const chain* c = from.first_; c != stop; c = c->next)
    if (c->by_reference) return EINVAL;
  // All or nothing: they are made first.
  buffer shown;
  for (chain* c = from.first_; c != stop; c = c->next) {
    foreign_chain* made = make_showing_chain(c);
    if (made == nullptr) return ENOMEM;
    made->by_reference = true;
    shown.append(made);
  }
  move_all_behind(shown);
  return 0;
}

}  // namespace eddy::engine
