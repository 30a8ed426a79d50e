// event2/buffer.h: places, searching, lines.
#include <cstring>

#include "capi/buffer.h"
#include "capi/settings.h"

using namespace eddy::engine;
using namespace eddy::engine::capi;

namespace {

// (`nowhere` is -1.)
evbuffer_ptr place(std::size_t offset) {
  evbuffer_ptr at{};
  at.pos = static_cast<ev_ssize_t>(offset);
  return at;
}

int set(evbuffer_ptr* at, std::size_t offset) {
  at->pos = static_cast<ev_ssize_t>(offset);
  at->internal_ = {nullptr, 0};
  return offset == buffer::nowhere ? -1 : 0;
}

evbuffer_ptr search(const evbuffer* b, const char* what, size_t size, const evbuffer_ptr* start,
                    const evbuffer_ptr* end) {
  buffer_guard guard(b);
  if ((start != nullptr && start->pos < 0) || (end != nullptr && end->pos < 0))
    return place(buffer::nowhere);
  const std::size_t from = start == nullptr ? 0 : static_cast<std::size_t>(start->pos);
  // Nothing stands everywhere.
  if (size == 0 || size > buffer::longest) return place(size == 0 ? from : buffer::nowhere);
  const std::size_t until = end == nullptr ? buffer::all : static_cast<std::size_t>(end->pos);
  return place(b->bytes.find(what, size, from, until));
}

struct line_end {
  std::size_t at = buffer::nowhere;
  std::size_t size = 0;
};

line_end found(std::size_t at, std::size_t size) {
  return at == buffer::nowhere ? line_end{} : line_end{at, size};
}

line_end find_line_end(const buffer& b, std::size_t from, evbuffer_eol_style style) {
  switch (style) {
    case EVBUFFER_EOL_ANY: {
      const std::size_t at = b.find_either('\r', '\n', from);
      return found(at, at == buffer::nowhere ? 0 : b.count_either('\r', '\n', at));
    }
    case EVBUFFER_EOL_CRLF_STRICT:
      return found(b.find("\r\n", 2, from, buffer::all), 2);
    case EVBUFFER_EOL_CRLF: {
      line_end end;
      end.at = b.find_line_end(from, end.size);
      return end;
    }
    case EVBUFFER_EOL_LF:
      return found(b.find_byte('\n', from), 1);
    case EVBUFFER_EOL_NUL:
      return found(b.find_byte('\0', from), 1);
  }
  return {};
}

}  // namespace

extern "C" {

int evbuffer_ptr_set(evbuffer* b, evbuffer_ptr* at, size_t position, evbuffer_ptr_how how) {
  buffer_guard guard(b);
  std::size_t wanted = position;
  if (how == EVBUFFER_PTR_ADD) {
    // Position and its sum must be what a length can be.
    if (at->pos < 0 || position > buffer::longest - static_cast<std::size_t>(at->pos))
      return set(at, buffer::nowhere);
    wanted += static_cast<std::size_t>(at->pos);
  }
  return set(at, wanted > b->bytes.size() ? buffer::nowhere : wanted);
}

evbuffer_ptr evbuffer_search(evbuffer* b, const char* what, size_t size,
                             const evbuffer_ptr* start) {
  return search(b, what, size, start, nullptr);
}

evbuffer_ptr evbuffer_search_range(evbuffer* b, const char* what, size_t size,
                                   const evbuffer_ptr* start, const evbuffer_ptr* end) {
  return search(b, what, size, start, end);
}

evbuffer_ptr evbuffer_search_eol(evbuffer* b, evbuffer_ptr* start, size_t* eol_size,
                                 evbuffer_eol_style style) {
  buffer_guard guard(b);
  line_end end;
  if (start == nullptr || start->pos >= 0)
    end =
        find_line_end(b->bytes, start == nullptr ? 0 : static_cast<std::size_t>(start->pos), style);
  if (eol_size != nullptr) *eol_size = end.size;
  return place(end.at);
}

char* evbuffer_readln(evbuffer* b, size_t* size_out, evbuffer_eol_style style) {
  buffer_guard guard(b);
  if (size_out != nullptr) *size_out = 0;
  if (b->front_frozen()) return nullptr;
  const line_end end = find_line_end(b->bytes, 0, style);
  if (end.at == buffer::nowhere) return nullptr;
  auto* line = static_cast<char*>(mm_malloc(end.at + 1));
  if (line == nullptr) {
    log_warn("evbuffer_readln: a line of %zu bytes", end.at);
    return nullptr;
  }
  b->bytes.copy_front(line, end.at);
  line[end.at] = '\0';
  if (find_extras(b) != nullptr) [[unlikely]] {
    // Callbacks are told of the line, then of its end.
    (void)evbuffer_drain(b, end.at);
    (void)evbuffer_drain(b, end.size);
  } else {
    b->bytes.drain(end.at + end.size);
    buffer_changed(b, 0, end.at + end.size);
  }
  if (size_out != nullptr) *size_out = end.at;
  return line;
}

char* evbuffer_readline(evbuffer* b) { return evbuffer_readln(b, nullptr, EVBUFFER_EOL_ANY); }

unsigned char* evbuffer_find(evbuffer* b, const unsigned char* what, size_t size) {
  buffer_guard guard(b);
  const std::size_t at = b->bytes.find(what, size, 0, buffer::all);
  if (at == buffer::nowhere) return nullptr;
  unsigned char* front = b->bytes.pull_up(at + size);
  return front == nullptr ? nullptr : front + at;
}

}  // extern "C"
