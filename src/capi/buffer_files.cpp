// event2/buffer.h: parts of files as data.
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>

#include "base/memory.h"
#include "capi/buffer.h"
#include "capi/settings.h"

using namespace eddy::engine;
using namespace eddy::engine::capi;

struct evbuffer_file_segment {
  std::atomic<int> references{1};
  int fd = -1;
  unsigned flags = 0;
  std::size_t size = 0;
  void* mapping = nullptr;  // from the start of a page on, or null
  std::size_t mapped = 0;
  unsigned char* contents = nullptr;  // within the mapping, or memory that the file was read into
  mapped_file file;
  evbuffer_file_segment_cleanup_cb on_end = nullptr;
  void* argument = nullptr;
};

namespace {

void release(evbuffer_file_segment* s) {
  if (s->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  if (s->mapping != nullptr)
    ::munmap(s->mapping, s->mapped);
  else
    memory::release(s->contents);
  if ((s->flags & EVBUF_FS_CLOSE_ON_FREE) && ::close(s->fd) != 0)
    log_warn("evbuffer_file_segment_free: close of descriptor %d", s->fd);
  if (s->on_end != nullptr) s->on_end(s, static_cast<int>(s->flags), s->argument);
  memory::destroy(s);
}

bool map_file(evbuffer_file_segment* s, ev_off_t offset) {
  const auto page = static_cast<ev_off_t>(::sysconf(_SC_PAGESIZE));
  const ev_off_t before = offset % page;
  s->mapped = s->size + static_cast<std::size_t>(before);
  void* mapping = ::mmap(nullptr, s->mapped, PROT_READ, MAP_PRIVATE, s->fd, offset - before);
  if (mapping == MAP_FAILED) return false;
  s->mapping = mapping;
  s->contents = static_cast<unsigned char*>(mapping) + before;
  s->file.memory = s->contents;
  return true;
}

bool read_file(evbuffer_file_segment* s, ev_off_t offset) {
  s->contents = static_cast<unsigned char*>(memory::allocate(s->size));
  if (s->contents == nullptr) return false;
  for (std::size_t done = 0; done < s->size;) {
    const ssize_t got =
        ::pread(s->fd, s->contents + done, s->size - done, offset + static_cast<ev_off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      if (got == 0) errno = EIO;  // shorter than it was said to be
      memory::release(s->contents);
      s->contents = nullptr;
      return false;
    }
    done += static_cast<std::size_t>(got);
  }
  return true;
}

// How long a part is that goes from `offset` on, and may be told to go to the end; -1 when there is
// no such part.
ev_off_t length_of(int fd, ev_off_t offset, ev_off_t length) {
  if (offset < 0 || length < -1) return -1;
  if (length >= 0) return length;
  struct stat status {};
  if (::fstat(fd, &status) != 0) {
    log_warn("evbuffer_file_segment_new: fstat of descriptor %d", fd);
    return -1;
  }
  return status.st_size < offset ? -1 : status.st_size - offset;
}

void give_back(const void*, std::size_t, void* segment) {
  release(static_cast<evbuffer_file_segment*>(segment));
}

}  // namespace

extern "C" {

evbuffer_file_segment* evbuffer_file_segment_new(int fd, ev_off_t offset, ev_off_t length,
                                                 unsigned flags) {
  const ev_off_t size = length_of(fd, offset, length);
  if (size < 0 || static_cast<std::size_t>(size) > buffer::longest ||
      offset > static_cast<ev_off_t>(buffer::longest) - size)
    return nullptr;
  auto* s = memory::create<evbuffer_file_segment>();
  if (s == nullptr) return nullptr;
  s->fd = fd;
  s->flags = flags;
  s->size = static_cast<std::size_t>(size);
  s->file = {fd, offset, nullptr};
  if (s->size == 0 || (!(flags & EVBUF_FS_DISABLE_MMAP) && map_file(s, offset)) ||
      read_file(s, offset))
    return s;
  log_warn("evbuffer_file_segment_new: %zu bytes of descriptor %d", s->size, fd);
  memory::destroy(s);
  return nullptr;
}

void evbuffer_file_segment_free(evbuffer_file_segment* s) { release(s); }

void evbuffer_file_segment_add_cleanup_cb(evbuffer_file_segment* s,
                                          evbuffer_file_segment_cleanup_cb on_end, void* argument) {
  s->on_end = on_end;
  s->argument = argument;
}

int evbuffer_add_file_segment(evbuffer* b, evbuffer_file_segment* s, ev_off_t offset,
                              ev_off_t length) {
  const auto size = static_cast<ev_off_t>(s->size);
  if (offset < 0 || offset > size || length < -1) return as_buffer_result(EINVAL);
  if (length == -1) length = size - offset;
  if (length > size - offset) return as_buffer_result(EINVAL);
  buffer_guard guard(b);
  if (b->end_frozen()) return as_buffer_result(EPERM);
  s->references.fetch_add(1, std::memory_order_relaxed);
  const bool sendable = s->mapping != nullptr && !(s->flags & EVBUF_FS_DISABLE_SENDFILE);
  const std::size_t before = b->bytes.size();
  const int error = b->bytes.add_borrowed(s->contents + offset, static_cast<std::size_t>(length),
                                          give_back, s, sendable ? &s->file : nullptr);
  if (error != 0) release(s);
  buffer_changed(b, b->bytes.size() - before, 0);
  return as_buffer_result(error);
}

int evbuffer_add_file(evbuffer* b, int fd, ev_off_t offset, ev_off_t length) {
  evbuffer_file_segment* s = evbuffer_file_segment_new(fd, offset, length, EVBUF_FS_CLOSE_ON_FREE);
  if (s == nullptr) return -1;
  const int result = evbuffer_add_file_segment(b, s, 0, length);
  // The descriptor stays the caller's when this fails.
  if (result != 0) s->flags &= ~static_cast<unsigned>(EVBUF_FS_CLOSE_ON_FREE);
  release(s);
  return result;
}

}  // extern "C"
