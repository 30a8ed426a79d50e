// Adding at either end.
#include <algorithm>
#include <cerrno>
#include <cstring>

#include "buffer/buffer.h"

namespace eddy::engine {

int buffer::check_growth(std::size_t by) const { return by > longest - size_ ? EOVERFLOW : 0; }

// Behind what has data; spare chains, which would come before it, go.
void buffer::append(chain* c) {
  drop_spare();
  (last_ == nullptr ? first_ : last_->next) = c;
  last_ = c;
  if (c->size != 0) filled_ = c;
  size_ += c->size;
}

void buffer::drop_spare() {
  chain* spare = filled_ == nullptr ? first_ : filled_->next;
  while (spare != nullptr) {
    chain* next = spare->next;
    release_chain(spare);
    spare = next;
  }
  last_ = filled_;
  if (filled_ == nullptr)
    first_ = nullptr;
  else
    filled_->next = nullptr;
}

int buffer::add(const void* data, std::size_t size) {
  if (size == 0) return 0;
  // Into the room that there is; what does not fit there goes into one new chain, or into none.
  if (const int error = expand(size)) return error;
  const auto* bytes = static_cast<const unsigned char*>(data);
  chain* c = filled_ != nullptr ? filled_ : first_;
  for (; size != 0; c = c->next) {
    if (c->size == 0) c->begin = 0;
    const std::size_t part = std::min(size, c->space_behind());
    if (part == 0) continue;
    std::memcpy(c->end(), bytes, part);
    c->size += part;
    size_ += part;
    bytes += part;
    size -= part;
    filled_ = c;
  }
  return 0;
}

int buffer::prepend(const void* data, std::size_t size) {
  if (size == 0) return 0;
  if (const int error = check_growth(size)) return error;
  const auto* bytes = static_cast<const unsigned char*>(data);
  chain* front = size_ != 0 ? first_ : nullptr;
  const std::size_t before = front != nullptr ? std::min(size, front->space_before()) : 0;
  chain* fresh = nullptr;
  if (before < size) {
    fresh = make_chain(size - before);
    if (fresh == nullptr) return ENOMEM;
  }
  if (before != 0) {
    front->begin -= before;
    front->size += before;
    std::memcpy(front->data(), bytes + (size - before), before);
  }
  if (fresh != nullptr) {
    // At the end of its memory: more may be prepended.
    fresh->size = size - before;
    fresh->begin = fresh->capacity - fresh->size;
    std::memcpy(fresh->data(), bytes, fresh->size);
    fresh->next = first_;
    first_ = fresh;
    if (last_ == nullptr) last_ = fresh;
    if (filled_ == nullptr) filled_ = fresh;
  }
  size_ += size;
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
  const chain* stop = from.filled_ != nullptr ? from.filled_->next : from.first_;
  for (const chain* c = from.first_; c != stop; c = c->next)
    if (c->shown != nullptr) return EINVAL;
  // All or nothing: they are made first.
  buffer shown;
  for (chain* c = from.first_; c != stop; c = c->next) {
    chain* made = make_showing_chain(c);
    if (made == nullptr) return ENOMEM;
    shown.append(made);
  }
  move_all_behind(shown);
  return 0;
}

}  // namespace eddy::engine
