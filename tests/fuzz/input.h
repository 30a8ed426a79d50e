// The bytes of a fuzzer, read as decisions; when they are used up, every decision is 0.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace fuzz {

class input {
 public:
  input(const std::uint8_t* bytes, std::size_t size) : at_(bytes), end_(bytes + size) {}

  bool used_up() const { return at_ == end_; }
  unsigned byte() { return used_up() ? 0 : *at_++; }
  unsigned below(std::size_t limit) { return static_cast<unsigned>(byte() % limit); }
  // Mostly small; up to 16 MiB, so that sizes cross those of chains.
  std::size_t size() {
    const unsigned kind = byte();
    if (kind < 200) return kind;
    if (kind < 240) return byte() * std::size_t{33};
    return byte() * std::size_t{997} + byte();
  }
  std::string text(std::size_t most) {
    const auto have = static_cast<std::size_t>(end_ - at_);
    std::string made(reinterpret_cast<const char*>(at_), std::min(most, have));
    at_ += made.size();
    return made;
  }
  std::string rest() { return text(SIZE_MAX); }

 private:
  const std::uint8_t* at_;
  const std::uint8_t* end_;
};

// Unlike an assertion it is there under NDEBUG; a fuzzer reports the input that got here.
inline void require_that(bool holds, const char* what, const char* file, int line) {
  if (holds) return;
  std::fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
  std::abort();
}

}  // namespace fuzz

#define REQUIRE(what) fuzz::require_that((what), #what, __FILE__, __LINE__)
