// Searching across chains.
//
// A search that ended beyond the first chain is remembered there, so that the next one from that
// place on need not walk through all chains before it.
#include <algorithm>
#include <cstring>

#include "buffer/buffer.h"

namespace eddy::engine {
namespace {

const unsigned char* find_in(const unsigned char* data, unsigned char byte, std::size_t size) {
  return static_cast<const unsigned char*>(std::memchr(data, byte, size));
}

// In one piece: where `what` begins, before `end` at the latest.
const unsigned char* find_whole(const unsigned char* at, const unsigned char* end,
                                const unsigned char* what, std::size_t size) {
  while (at < end) {
    at = find_in(at, what[0], static_cast<std::size_t>(end - at));
    if (at == nullptr) break;
    // The last byte tells most of them.
    if (at[size - 1] == what[size - 1] &&
        (size <= 2 || std::memcmp(at + 1, what + 1, size - 2) == 0))
      return at;
    ++at;
  }
  return nullptr;
}

// Whether it stands from `offset` of the chain on, and goes on in those behind.
bool stands_at(const chain* c, std::size_t offset, const unsigned char* what, std::size_t size) {
  while (size != 0) {
    const std::size_t part = std::min(size, c->size - offset);
    if (std::memcmp(c->begin + offset, what, part) != 0) return false;
    what += part;
    size -= part;
    offset = 0;
    c = c->next;
  }
  return true;
}

// Where it begins in this chain, from `offset` on and before `end`; null when nowhere.
const unsigned char* find_in_chain(const chain* c, std::size_t offset, std::size_t end,
                                   const unsigned char* what, std::size_t size) {
  const unsigned char* data = c->begin;
  const std::size_t whole = c->size < size ? 0 : std::min(end, c->size - size + 1);
  if (const unsigned char* found = find_whole(data + offset, data + whole, what, size))
    return found;
  for (offset = std::max(offset, whole); offset < end; ++offset)
    if (data[offset] == what[0] && stands_at(c, offset, what, size)) return data + offset;
  return nullptr;
}

// Both are looked for in pieces that double: one that comes often and one that never comes must not
// make every search go through everything.
const unsigned char* find_first_of(const unsigned char* data, std::size_t size, unsigned char a,
                                   unsigned char b) {
  for (std::size_t step = 64; size != 0; step *= 2) {
    const std::size_t piece = std::min(step, size);
    const unsigned char* one = find_in(data, a, piece);
    const std::size_t before = one == nullptr ? piece : static_cast<std::size_t>(one - data);
    const unsigned char* other = find_in(data, b, before);
    if (other != nullptr) return other;
    if (one != nullptr) return one;
    data += piece;
    size -= piece;
  }
  return nullptr;
}

}  // namespace

buffer::place buffer::seek_behind_first(std::size_t offset) const {
  place p{first_, 0};
  if (first_->shortcut != nullptr && offset >= first_->size + first_->between)
    p = {first_->shortcut, first_->size + first_->between};
  for (; offset - p.before >= p.at->size; p.at = p.at->next) p.before += p.at->size;
  remember(p);
  return p;
}

// `look` is given the pieces from `from` on, one after the other, and gives where in one it is.
template <class Look>
std::size_t buffer::first_from(std::size_t from, Look look) const {
  if (from >= size_) return nowhere;
  place p = seek(from);
  for (std::size_t offset = from - p.before;; offset = 0) {
    const chain* c = p.at;
    const unsigned char* found = look(c->begin + offset, c->size - offset);
    if (found != nullptr) {
      remember(p);
      return p.before + static_cast<std::size_t>(found - c->begin);
    }
    p.before += c->size;
    if (p.before == size_) return nowhere;
    p.at = c->next;
  }
}

std::size_t buffer::find_byte_behind(unsigned char byte, std::size_t from) const {
  return first_from(from, [byte](const unsigned char* data, std::size_t size) {
    return find_in(data, byte, size);
  });
}

std::size_t buffer::find_line_end(std::size_t from, std::size_t& size) const {
  unsigned char last = 0;  // of the piece before
  size = 0;
  const std::size_t at =
      first_from(from, [&last, &size](const unsigned char* data, std::size_t piece) {
        const unsigned char* found = find_in(data, '\n', piece);
        if (found != nullptr) size = (found == data ? last : found[-1]) == '\r' ? 2 : 1;
        last = data[piece - 1];
        return found;
      });
  return size == 2 ? at - 1 : at;
}

std::size_t buffer::find_either(unsigned char a, unsigned char b, std::size_t from) const {
  return first_from(from, [a, b](const unsigned char* data, std::size_t size) {
    return find_first_of(data, size, a, b);
  });
}

std::size_t buffer::count_either(unsigned char a, unsigned char b, std::size_t from) const {
  if (from >= size_) return 0;
  place p = seek(from);
  for (std::size_t offset = from - p.before;; offset = 0) {
    const unsigned char* data = p.at->begin;
    for (; offset < p.at->size; ++offset)
      if (data[offset] != a && data[offset] != b) return p.before + offset - from;
    p.before += p.at->size;
    if (p.before == size_) return size_ - from;
    p.at = p.at->next;
  }
}

std::size_t buffer::find(const void* what, std::size_t size, std::size_t from,
                         std::size_t until) const {
  until = std::min(until, size_);
  if (size == 0 || from > until || size > until - from) return nowhere;
  const auto* wanted = static_cast<const unsigned char*>(what);
  const std::size_t last = until - size;  // where it may begin at the latest
  place p = seek(from);
  for (std::size_t offset = from - p.before;; offset = 0) {
    const chain* c = p.at;
    const std::size_t places = std::min(c->size, last + 1 - p.before);
    const unsigned char* found = find_in_chain(c, offset, places, wanted, size);
    if (found != nullptr) {
      remember(p);
      return p.before + static_cast<std::size_t>(found - c->begin);
    }
    p.before += c->size;
    if (p.before > last) return nowhere;
    p.at = c->next;
  }
}

}  // namespace eddy::engine
