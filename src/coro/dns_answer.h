// An answer of DNS, read: the records of one type that belong to the name that was asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eddy::detail {

enum class record_type : std::uint16_t { cname = 5, ptr = 12, mx = 15, txt = 16, srv = 33 };

// Places within an answer, which nobody can be trusted to have made in good order: whatever reaches
// beyond its end gives nothing.
class answer_reader {
 public:
  explicit answer_reader(std::string_view bytes, std::size_t at = 0) noexcept
      : bytes_(bytes), at_(at) {}

  std::size_t at() const noexcept { return at_; }
  std::optional<std::uint16_t> number16() noexcept;
  std::optional<std::uint32_t> number32() noexcept;
  std::optional<std::string_view> take(std::size_t size) noexcept;
  // With what it refers to; without a dot at its end, "." for the root. Dots and backslashes within
  // a label, and what is not printable, as RFC 1035 writes them in files ("\.", "\007").
  std::optional<std::string> name();

 private:
  std::string_view bytes_;
  std::size_t at_;
};

struct answer_record {
  std::uint32_t ttl;         // s: the least on the way from the name that was asked for
  std::size_t at;            // where its data begins in the answer
  std::string_view content;  // its data
};

// Those of `type`, by way of aliases (CNAME). Nothing: the answer is malformed.
std::optional<std::vector<answer_record>> records_of(std::string_view answer, record_type type);

// "1.0.0.127.in-addr.arpa", or that of IPv6; `bytes` are 4 or 16.
std::string reverse_name(std::string_view bytes);

}  // namespace eddy::detail
