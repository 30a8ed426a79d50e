// eddy/result.hpp - `result<T>`: a value, or the `error` that kept it from being there.
//
// Every operation of eddy has two forms: awaited as it is, it gives the value or throws; awaited
// through `as_result` it gives a result and throws nothing:
//
//   std::size_t n = co_await peer.read_some(space);
//   eddy::result<std::size_t> r = co_await eddy::as_result(peer.read_some(space));
//
// No exception is thrown on the way to a result, unless the operation is a task whose own code
// throws.
//
// Compilers warn of a result that nobody looks at; but GCC (12 at least) does not of one that a
// co_await gives, as it never does.
#pragma once

#include <eddy/error.hpp>

#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace eddy {

template <class T>
class [[nodiscard("this result may be an error: look at it, or say (void)")]] result {
  static_assert(!std::is_reference_v<T>, "eddy::result holds values; use a pointer instead");

 public:
  using value_type = T;

  // From a value, or from what a T can be made of; and from an error.
  template <class U = T>
  requires(std::is_constructible_v<T, U> && !std::is_same_v<std::remove_cvref_t<U>, result> &&
           !std::is_same_v<std::remove_cvref_t<U>, eddy::error>) result(U && value)
      : has_value_(true) {
    ::new (static_cast<void*>(std::addressof(value_))) T(std::forward<U>(value));
  }
  result(eddy::error e) noexcept : has_value_(false) {
    ::new (static_cast<void*>(&error_)) eddy::error(std::move(e));
  }
  result(const result& other) : has_value_(other.has_value_) {
    if (has_value_)
      ::new (static_cast<void*>(std::addressof(value_))) T(other.value_);
    else
      ::new (static_cast<void*>(&error_)) eddy::error(other.error_);
  }
  result(result && other) noexcept(std::is_nothrow_move_constructible_v<T>)
      : has_value_(other.has_value_) {
    if (has_value_)
      ::new (static_cast<void*>(std::addressof(value_))) T(std::move(other.value_));
    else
      ::new (static_cast<void*>(&error_)) eddy::error(std::move(other.error_));
  }
  // Holds an error without a code, when moving the value into it throws.
  result& operator=(result other) noexcept(std::is_nothrow_move_constructible_v<T>) {
    this->~result();
    if constexpr (std::is_nothrow_move_constructible_v<T>) {
      ::new (static_cast<void*>(this)) result(std::move(other));
    } else {
      try {
        ::new (static_cast<void*>(this)) result(std::move(other));
      } catch (...) {
        ::new (static_cast<void*>(this)) result(eddy::error());
        throw;
      }
    }
    return *this;
  }
  ~result() {
    if (has_value_)
      value_.~T();
    else
      error_.~error();
  }

  // Or an error.
  bool has_value() const noexcept { return has_value_; }
  explicit operator bool() const noexcept { return has_value_; }

  // Only where there is a value.
  T& operator*()& noexcept { return value_; }
  const T& operator*() const& noexcept { return value_; }
  T&& operator*()&& noexcept { return std::move(value_); }
  T* operator->() noexcept { return std::addressof(value_); }
  const T* operator->() const noexcept { return std::addressof(value_); }

  // The value, or throws the error.
  T& value()& {
    if (!has_value_) [[unlikely]]
      error_.raise();
    return value_;
  }
  const T& value() const& {
    if (!has_value_) [[unlikely]]
      error_.raise();
    return value_;
  }
  T&& value()&& {
    if (!has_value_) [[unlikely]]
      error_.raise();
    return std::move(value_);
  }
  // The value, or where there is none this.
  T value_or(T otherwise)&& { return has_value_ ? std::move(value_) : std::move(otherwise); }

  // Only where there is none.
  const eddy::error& error() const noexcept { return error_; }

 private:
  bool has_value_;
  union {
    T value_;
    eddy::error error_;
  };
};

template <>
class [[nodiscard("this result may be an error: look at it, or say (void)")]] result<void> {
 public:
  using value_type = void;

  result() noexcept = default;
  result(eddy::error e) noexcept : has_value_(false), error_(std::move(e)) {}

  bool has_value() const noexcept { return has_value_; }
  explicit operator bool() const noexcept { return has_value_; }
  void operator*() const noexcept {}
  void value() const {
    if (!has_value_) [[unlikely]]
      error_.raise();
  }
  const eddy::error& error() const noexcept { return error_; }

 private:
  bool has_value_ = true;
  eddy::error error_;
};

}  // namespace eddy
