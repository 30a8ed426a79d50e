// A growing array of plain values whose growth can fail without an exception.
//
// Memory comes through the seam in base/memory.h, so that tests can make it fail. Growth is
// geometric: n pushes cost O(n). What is large grows by a quarter: its unused rest is memory that
// each descriptor or stream costs more, and realloc moves its pages instead of its bytes.
#pragma once

#include <cstddef>
#include <cstring>
#include <type_traits>

#include "base/memory.h"

namespace eddy::engine {

template <class T>
class array {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  array() = default;
  array(const array&) = delete;
  array& operator=(const array&) = delete;
  ~array() { memory::release(data_); }

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  T* data() { return data_; }
  const T* data() const { return data_; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  T& operator[](std::size_t i) { return data_[i]; }
  const T& operator[](std::size_t i) const { return data_[i]; }

  // False, and nothing changed, when memory is exhausted.
  bool reserve(std::size_t wanted) {
    if (wanted <= capacity_) [[likely]]
      return true;
    return grow(wanted);
  }

  bool push_back(const T& value) {
    if (!reserve(size_ + 1)) return false;
    data_[size_++] = value;
    return true;
  }

  // For a place that `reserve` has made sure of.
  void push_reserved(const T& value) { data_[size_++] = value; }

  // The first of `count` new elements, which the caller fills.
  T* grow_reserved(std::size_t count) {
    T* first = data_ + size_;
    size_ += count;
    return first;
  }

  T pop_back() { return data_[--size_]; }
  void clear() { size_ = 0; }
  void truncate(std::size_t size) { size_ = size; }

  // Grows to `size` elements; new ones are copies of `filling`.
  bool resize(std::size_t size, const T& filling) {
    if (!reserve(size)) return false;
    while (size_ < size) data_[size_++] = filling;
    size_ = size;
    return true;
  }

 private:
  bool grow(std::size_t wanted) {
    constexpr std::size_t large = (64 << 10) / sizeof(T);
    std::size_t capacity = capacity_ < large ? capacity_ * 2 : capacity_ + capacity_ / 4;
    if (capacity < 8) capacity = 8;
    if (capacity < wanted) capacity = wanted;
    if (capacity > static_cast<std::size_t>(-1) / 2 / sizeof(T)) return false;
    void* bigger = memory::reallocate(data_, capacity * sizeof(T));
    if (bigger == nullptr) return false;
    data_ = static_cast<T*>(bigger);
    capacity_ = capacity;
    return true;
  }

  T* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace eddy::engine
