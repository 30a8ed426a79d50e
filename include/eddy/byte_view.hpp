// eddy/byte_view.hpp - bytes to be written: whatever has them in one piece.
//
//   co_await peer.write("220 ready\r\n");         // a text, as far as its '\0'
//   co_await peer.write(line);                    // std::string, std::string_view, std::span
//   co_await peer.write(std::as_bytes(numbers));  // std::byte, char, unsigned char
//
// Refers to what it was made of, which must stay as long as it does.
#pragma once

#include <concepts>
#include <cstddef>
#include <string_view>
#include <type_traits>

namespace eddy {

namespace detail {

template <class T>
concept byte_like = std::same_as < std::remove_cv_t<T>,
char > || std::same_as<std::remove_cv_t<T>, unsigned char> ||
    std::same_as<std::remove_cv_t<T>, std::byte>;

// Arrays of char are texts, whose size is not that of the array.
template <class R>
concept has_bytes = !std::is_array_v<std::remove_reference_t<R>> && requires(const R& r) {
  requires byte_like<std::remove_reference_t<decltype(*r.data())>>;
  { r.size() } -> std::convertible_to<std::size_t>;
};

}  // namespace detail

class byte_view {
 public:
  constexpr byte_view() noexcept = default;
  // A text, as far as its '\0'; so many bytes; whatever has them in one piece.
  constexpr byte_view(const char* text) noexcept
      : data_(text), size_(std::char_traits<char>::length(text)) {}
  byte_view(const void* data, std::size_t size) noexcept
      : data_(static_cast<const char*>(data)), size_(size) {}
  template <class R>
  requires(detail::has_bytes<R> && !std::same_as<R, byte_view>) byte_view(const R& r)
  noexcept : byte_view(static_cast<const void*>(r.data()), r.size()) {}

  constexpr const char* data() const noexcept { return data_; }
  constexpr std::size_t size() const noexcept { return size_; }
  constexpr bool empty() const noexcept { return size_ == 0; }

 private:
  const char* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace eddy
