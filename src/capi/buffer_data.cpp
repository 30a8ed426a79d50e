// event2/buffer.h: adding and taking.
#include <algorithm>
#include <climits>
#include <cstdarg>
#include <cstdio>

#include "capi/buffer.h"

using namespace eddy::engine;
using namespace eddy::engine::capi;

namespace {

// Tells what an addition came to: 0 or -1.
int added(evbuffer* b, std::size_t size, int error) {
  if (error != 0) return as_buffer_result(error);
  if (size != 0) buffer_changed(b, size, 0);
  return 0;
}

[[gnu::cold]] int frozen() {
  errno = EPERM;
  return -1;
}

int as_count(std::size_t n) { return n > INT_MAX ? INT_MAX : static_cast<int>(n); }

// All of `from`, behind or before what is in `to`. Under their locks.
int move_all(evbuffer* to, evbuffer* from, bool behind) {
  const std::size_t size = from->bytes.size();
  if (size == 0 || to == from) return 0;
  if ((behind ? to->end_frozen() : to->front_frozen()) || from->front_frozen()) return frozen();
  if (size > buffer::longest - to->bytes.size()) return as_buffer_result(EOVERFLOW);
  if (behind)
    to->bytes.move_all_behind(from->bytes);
  else
    to->bytes.move_all_before(from->bytes);
  buffer_changed(from, 0, size);
  buffer_changed(to, size, 0);
  return 0;
}

}  // namespace

extern "C" {

int evbuffer_add(evbuffer* b, const void* data, size_t size) {
  buffer_guard guard(b);
  if (b->end_frozen()) return frozen();
  if (const int error = b->bytes.add(data, size)) [[unlikely]]
    return as_buffer_result(error);
  if (size != 0) buffer_changed(b, size, 0);
  return 0;
}

int evbuffer_prepend(evbuffer* b, const void* data, size_t size) {
  buffer_guard guard(b);
  if (size == 0) return 0;
  if (b->front_frozen()) return frozen();
  if (const int error = b->bytes.prepend(data, size)) [[unlikely]]
    return as_buffer_result(error);
  buffer_changed(b, size, 0);
  return 0;
}

int evbuffer_add_buffer(evbuffer* to, evbuffer* from) {
  two_buffers_guard guard(to, from);
  return move_all(to, from, true);
}

int evbuffer_prepend_buffer(evbuffer* to, evbuffer* from) {
  two_buffers_guard guard(to, from);
  return move_all(to, from, false);
}

int evbuffer_add_buffer_reference(evbuffer* to, evbuffer* from) {
  two_buffers_guard guard(to, from);
  if (from->bytes.empty()) return 0;
  if (to->end_frozen() || to == from) return frozen();
  return added(to, from->bytes.size(), to->bytes.add_shown(from->bytes));
}

int evbuffer_add_reference(evbuffer* b, const void* data, size_t size,
                           evbuffer_ref_cleanup_cb cleanup, void* argument) {
  buffer_guard guard(b);
  if (b->end_frozen()) return frozen();
  return added(b, size, b->bytes.add_borrowed(data, size, cleanup, argument));
}

size_t evbuffer_add_iovec(evbuffer* b, evbuffer_iovec* pieces, int count) {
  buffer_guard guard(b);
  std::size_t sum = 0;
  for (int i = 0; i < count; ++i) {
    if (pieces[i].iov_len > buffer::longest - sum) return 0;
    sum += pieces[i].iov_len;
  }
  if (b->end_frozen()) return 0;
  // All or nothing, as far as memory goes.
  if (sum == 0 || b->bytes.expand_in_one(sum) != 0) return 0;
  std::size_t done = 0;
  for (int i = 0; i < count; ++i) {
    if (evbuffer_add(b, pieces[i].iov_base, pieces[i].iov_len) != 0) break;
    done += pieces[i].iov_len;
  }
  return done;
}

int evbuffer_add_vprintf(evbuffer* b, const char* format, va_list arguments) {
  buffer_guard guard(b);
  if (b->end_frozen()) return frozen();
  std::size_t room = 64;
  for (;;) {
    iovec piece;
    if (const int error = b->bytes.expand_in_one(room)) return as_buffer_result(error);
    if (const int pieces = b->bytes.reserve(room, &piece, 1); pieces < 0)
      return as_buffer_result(-pieces);
    va_list again;
    va_copy(again, arguments);
    const int size =
        std::vsnprintf(static_cast<char*>(piece.iov_base), piece.iov_len, format, again);
    va_end(again);
    if (size < 0) return -1;
    if (static_cast<std::size_t>(size) < piece.iov_len) {
      piece.iov_len = static_cast<std::size_t>(size);
      if (const int error = b->bytes.commit(&piece, 1)) return as_buffer_result(error);
      buffer_changed(b, piece.iov_len, 0);
      return size;
    }
    room = static_cast<std::size_t>(size) + 1;
  }
}

int evbuffer_add_printf(evbuffer* b, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int size = evbuffer_add_vprintf(b, format, arguments);
  va_end(arguments);
  return size;
}

int evbuffer_expand(evbuffer* b, size_t size) {
  buffer_guard guard(b);
  return as_buffer_result(b->bytes.expand(size));
}

int evbuffer_reserve_space(evbuffer* b, ev_ssize_t size, evbuffer_iovec* pieces, int count) {
  buffer_guard guard(b);
  if (b->end_frozen()) return frozen();
  if (count < 1 || size < 0) return as_buffer_result(EINVAL);
  // (Some room is given to whom none is enough.)
  const int given =
      b->bytes.reserve(std::max<std::size_t>(static_cast<std::size_t>(size), 1), pieces, count);
  return given >= 0 ? given : as_buffer_result(-given);
}

int evbuffer_commit_space(evbuffer* b, evbuffer_iovec* pieces, int count) {
  buffer_guard guard(b);
  if (b->end_frozen()) return frozen();
  const std::size_t before = b->bytes.size();
  const int error = b->bytes.commit(pieces, count);
  return added(b, b->bytes.size() - before, error);
}

int evbuffer_drain(evbuffer* b, size_t size) {
  buffer_guard guard(b);
  const std::size_t before = b->bytes.size();
  if (before == 0) return 0;
  if (b->front_frozen()) return frozen();
  size = std::min(size, before);
  b->bytes.drain(size);
  buffer_changed(b, 0, size);
  return 0;
}

int evbuffer_remove(evbuffer* b, void* to, size_t size) {
  buffer_guard guard(b);
  if (b->front_frozen()) [[unlikely]]
    return size == 0 || b->bytes.empty() ? 0 : frozen();
  const std::size_t taken = b->bytes.remove(to, std::min<std::size_t>(size, INT_MAX));
  if (taken != 0) buffer_changed(b, 0, taken);
  return static_cast<int>(taken);
}

ev_ssize_t evbuffer_copyout(evbuffer* b, void* to, size_t size) {
  return evbuffer_copyout_from(b, nullptr, to, size);
}

ev_ssize_t evbuffer_copyout_from(evbuffer* b, const evbuffer_ptr* from, void* to, size_t size) {
  buffer_guard guard(b);
  if (from != nullptr && from->pos < 0) return as_buffer_result(EINVAL);
  const std::size_t offset = from == nullptr ? 0 : static_cast<std::size_t>(from->pos);
  if (size == 0 || offset >= b->bytes.size()) return 0;
  if (b->front_frozen()) return frozen();
  return static_cast<ev_ssize_t>(b->bytes.copy(offset, to, size));
}

int evbuffer_remove_buffer(evbuffer* from, evbuffer* to, size_t size) {
  two_buffers_guard guard(from, to);
  if (size == 0 || from == to) return 0;
  if (to->end_frozen() || from->front_frozen()) return frozen();
  const std::size_t before = from->bytes.size();
  // (Then `from` is told first, as by evbuffer_add_buffer.)
  if (size >= before) return move_all(to, from, true) == 0 ? as_count(before) : -1;
  if (size > buffer::longest - to->bytes.size()) return as_buffer_result(EOVERFLOW);
  if (const int error = to->bytes.move_some(from->bytes, size)) return as_buffer_result(error);
  buffer_changed(to, size, 0);
  buffer_changed(from, 0, size);
  return as_count(size);
}

unsigned char* evbuffer_pullup(evbuffer* b, ev_ssize_t size) {
  buffer_guard guard(b);
  return b->bytes.pull_up(size < 0 ? buffer::all : static_cast<std::size_t>(size));
}

int evbuffer_peek(evbuffer* b, ev_ssize_t size, evbuffer_ptr* from, evbuffer_iovec* pieces,
                  int count) {
  buffer_guard guard(b);
  if (from != nullptr && from->pos < 0) return as_buffer_result(EINVAL);
  const std::size_t offset = from == nullptr ? 0 : static_cast<std::size_t>(from->pos);
  // A place alone means the piece there.
  if (size == 0 && from != nullptr) size = 1;
  const int needed =
      b->bytes.peek(offset, size < 0 ? buffer::all : static_cast<std::size_t>(size), pieces, count);
  // Without a length, what fits is what was asked for.
  return size < 0 && count > 0 && needed > count ? count : needed;
}

}  // extern "C"
