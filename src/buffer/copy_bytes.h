// memcpy for sizes that are small most of the time: a call costs more than such a copy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace eddy::engine {

using vector = std::uint64_t __attribute__((vector_size(16)));

template <class T>
T load(const unsigned char* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}
template <class T>
void store(unsigned char* to, T value) {
  std::memcpy(to, &value, sizeof value);
}

// The first and the last bytes, which overlap: sizeof(T) <= size <= 2 sizeof(T).
template <class T>
void copy_both_ends(unsigned char* to, const unsigned char* from, std::size_t size) {
  const T first = load<T>(from), last = load<T>(from + size - sizeof(T));
  store(to, first);
  store(to + size - sizeof(T), last);
}

inline void copy_bytes(void* to, const void* from, std::size_t size) {
  auto* out = static_cast<unsigned char*>(to);
  const auto* in = static_cast<const unsigned char*>(from);
  if (size > 64) {
    std::memcpy(to, from, size);
  } else if (size > 32) {
    copy_both_ends<vector>(out, in, 32);
    copy_both_ends<vector>(out + size - 32, in + size - 32, 32);
  } else if (size >= 16) {
    copy_both_ends<vector>(out, in, size);
  } else if (size >= 8) {
    copy_both_ends<std::uint64_t>(out, in, size);
  } else if (size >= 4) {
    copy_both_ends<std::uint32_t>(out, in, size);
  } else if (size >= 2) {
    copy_both_ends<std::uint16_t>(out, in, size);
  } else if (size == 1) {
    *out = *in;
  }
}

}  // namespace eddy::engine
