// Searching across chains.
#include <algorithm>
#include <cstring>

#include "buffer/buffer.h"

namespace eddy::engine {

// A place in a buffer, which goes on from chain to chain.
class buffer_cursor {
 public:
  buffer_cursor(const buffer& b, std::size_t offset) : at_(b.first_), offset_(offset) {
    for (left_ = b.size_ - offset; left_ != 0 && offset_ >= at_->size; at_ = at_->next)
      offset_ -= at_->size;
  }
  std::size_t left() const { return left_; }
  const unsigned char* data() const { return at_->data() + offset_; }
  std::size_t piece() const { return left_ == 0 ? 0 : at_->size - offset_; }
  void skip(std::size_t n) {
    left_ -= n;
    for (offset_ += n; left_ != 0 && offset_ >= at_->size; at_ = at_->next) offset_ -= at_->size;
  }

 private:
  const chain* at_;
  std::size_t offset_;
  std::size_t left_;
};

std::size_t buffer::find_byte(unsigned char byte, std::size_t from) const {
  if (from >= size_) return nowhere;
  for (buffer_cursor c(*this, from); c.left() != 0; c.skip(c.piece())) {
    const void* found = std::memchr(c.data(), byte, c.piece());
    if (found != nullptr)
      return size_ - c.left() +
             static_cast<std::size_t>(static_cast<const unsigned char*>(found) - c.data());
  }
  return nowhere;
}

std::size_t buffer::find_either(unsigned char a, unsigned char b, std::size_t from) const {
  if (from >= size_) return nowhere;
  for (buffer_cursor c(*this, from); c.left() != 0; c.skip(c.piece())) {
    const void* first = std::memchr(c.data(), a, c.piece());
    const std::size_t before =
        first == nullptr
            ? c.piece()
            : static_cast<std::size_t>(static_cast<const unsigned char*>(first) - c.data());
    const void* second = std::memchr(c.data(), b, before);
    if (second != nullptr) first = second;
    if (first != nullptr)
      return size_ - c.left() +
             static_cast<std::size_t>(static_cast<const unsigned char*>(first) - c.data());
  }
  return nowhere;
}

std::size_t buffer::count_either(unsigned char a, unsigned char b, std::size_t from) const {
  std::size_t count = 0;
  if (from >= size_) return 0;
  for (buffer_cursor c(*this, from); c.left() != 0 && (*c.data() == a || *c.data() == b); c.skip(1))
    ++count;
  return count;
}

std::size_t buffer::find(const void* what, std::size_t size, std::size_t from,
                         std::size_t until) const {
  until = std::min(until, size_);
  if (size == 0 || from > until || size > until - from) return nowhere;
  const auto* wanted = static_cast<const unsigned char*>(what);
  const std::size_t last = until - size;  // where it may begin at the latest
  for (std::size_t at = from; (at = find_byte(wanted[0], at)) <= last; ++at) {
    buffer_cursor c(*this, at);
    std::size_t same = 0;
    while (same < size) {
      const std::size_t part = std::min(size - same, c.piece());
      if (std::memcmp(c.data(), wanted + same, part) != 0) break;
      same += part;
      c.skip(part);
    }
    if (same == size) return at;
  }
  return nowhere;
}

}  // namespace eddy::engine
