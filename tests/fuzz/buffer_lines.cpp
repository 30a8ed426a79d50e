// Lines and searches in text that is cut into chains at any place, against the same in a string.
#include <event2/buffer.h>

#include <optional>

#include "input.h"

namespace {

struct line {
  std::string text;
  std::size_t eaten;  // with its end
};

std::optional<line> until(const std::string& text, const std::string& end) {
  const std::size_t at = text.find(end);
  if (at == std::string::npos) return {};
  return line{text.substr(0, at), at + end.size()};
}

// What a line is, by the words of the manual.
std::optional<line> next_line(const std::string& text, evbuffer_eol_style style) {
  switch (style) {
    case EVBUFFER_EOL_LF:
      return until(text, "\n");
    case EVBUFFER_EOL_CRLF_STRICT:
      return until(text, "\r\n");
    case EVBUFFER_EOL_NUL:
      return until(text, std::string(1, '\0'));
    case EVBUFFER_EOL_CRLF: {
      auto found = until(text, "\n");
      if (found && !found->text.empty() && found->text.back() == '\r') found->text.pop_back();
      return found;
    }
    case EVBUFFER_EOL_ANY: {
      const std::size_t at = text.find_first_of("\r\n");
      if (at == std::string::npos) return {};
      const std::size_t end = text.find_first_not_of("\r\n", at);
      return line{text.substr(0, at), end == std::string::npos ? text.size() : end};
    }
  }
  return {};
}

void add_in_pieces(evbuffer* to, const std::string& text, std::size_t piece) {
  for (std::size_t at = 0; at < text.size(); at += piece) {
    const std::size_t size = std::min(piece, text.size() - at);
    // A reference is a chain of its own.
    REQUIRE(evbuffer_add_reference(to, text.data() + at, size, nullptr, nullptr) == 0);
  }
}

void search(evbuffer* b, const std::string& text, const std::string& what, std::size_t from) {
  evbuffer_ptr start;
  const bool there = evbuffer_ptr_set(b, &start, from, EVBUFFER_PTR_SET) == 0;
  REQUIRE(there == (from <= text.size()));
  if (!there || what.empty()) return;
  const std::size_t expected = text.find(what, from);
  const evbuffer_ptr found = evbuffer_search(b, what.data(), what.size(), &start);
  REQUIRE(found.pos == (expected == std::string::npos ? -1 : static_cast<ev_ssize_t>(expected)));
  evbuffer_ptr end;
  const std::size_t limit = from + (text.size() - from) / 2;
  REQUIRE(evbuffer_ptr_set(b, &end, limit, EVBUFFER_PTR_SET) == 0);
  const evbuffer_ptr within = evbuffer_search_range(b, what.data(), what.size(), &start, &end);
  const bool fits = expected != std::string::npos && expected + what.size() <= limit;
  REQUIRE(within.pos == (fits ? static_cast<ev_ssize_t>(expected) : -1));
}

void read_lines(evbuffer* b, std::string text, evbuffer_eol_style style) {
  for (;;) {
    const std::optional<line> expected = next_line(text, style);
    std::size_t length = 0, end_length = 0;
    const evbuffer_ptr end = evbuffer_search_eol(b, nullptr, &end_length, style);
    char* got = evbuffer_readln(b, &length, style);
    REQUIRE((got != nullptr) == expected.has_value());
    REQUIRE((end.pos >= 0) == expected.has_value());
    if (got == nullptr) break;
    REQUIRE(std::string(got, length) == expected->text);
    REQUIRE(got[length] == '\0');
    REQUIRE(static_cast<std::size_t>(end.pos) == expected->text.size());
    REQUIRE(end_length == expected->eaten - expected->text.size());
    std::free(got);
    text.erase(0, expected->eaten);
    REQUIRE(evbuffer_get_length(b) == text.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  fuzz::input input(bytes, size);
  const auto style = static_cast<evbuffer_eol_style>(input.below(5));
  const std::size_t piece = input.below(40) + 1;
  const std::size_t from = input.byte();
  const std::string what = input.text(input.below(6));
  const std::string text = input.rest();
  evbuffer* b = evbuffer_new();
  REQUIRE(b != nullptr);
  add_in_pieces(b, text, piece);
  search(b, text, what, from);
  read_lines(b, text, style);
  evbuffer_free(b);
  return 0;
}
