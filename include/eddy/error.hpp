// eddy/error.hpp - what goes wrong: `error`, a value, and `exception`, the same thrown.
//
// An error says what was tried, on what, and why it failed: "receive from fd 7: Connection reset by
// peer". Operations of eddy throw `exception`, which is a std::system_error, or with as_result
// (eddy/result.hpp) return the `error`. Neither the end of a stream nor a peer that closed in good
// order is an error.
//
// A cancelled operation fails with std::errc::operation_canceled, one that took longer than it may
// with std::errc::timed_out; compare with those, as the categories of what the system tells differ.
#pragma once

#include <eddy/api.hpp>

#include <exception>
#include <string>
#include <string_view>
#include <system_error>

namespace eddy {

// 40 bytes; copying counts a reference. Any thread may hold copies.
class error {
 public:
  error() noexcept = default;
  // `tried` is a text that lives for ever, as "receive from".
  error(std::error_code code, const char* tried, int fd = -1) noexcept
      : code_(code), tried_(tried), fd_(fd) {}
  error(std::errc code, const char* tried, int fd = -1) noexcept
      : error(std::make_error_code(code), tried, fd) {}
  // `on` is copied; where there is no memory for it, the error goes without.
  EDDY_API error(std::error_code code, const char* tried, std::string_view on) noexcept;
  error(const error& other) noexcept : error(other.code_, other.tried_, other.fd_) {
    share(other.on_);
  }
  error(error&& other) noexcept : error(other.code_, other.tried_, other.fd_) {
    on_ = other.on_;
    other.on_ = nullptr;
  }
  error& operator=(error other) noexcept {
    code_ = other.code_;
    tried_ = other.tried_;
    fd_ = other.fd_;
    std::swap(on_, other.on_);
    return *this;
  }
  ~error() {
    if (on_ != nullptr) forget();
  }

  // From what a system call left in errno.
  static error of_errno(int number, const char* tried, int fd = -1) noexcept {
    return error(code_of(number), tried, fd);
  }
  static error of_errno(int number, const char* tried, std::string_view on) noexcept {
    return error(code_of(number), tried, on);
  }

  // Why it failed.
  const std::error_code& code() const noexcept { return code_; }
  // What: the text that it was made with.
  const char* tried() const noexcept { return tried_; }
  // On what: a text, or "fd 7", or empty.
  EDDY_API std::string on() const;
  // All of it, for people.
  EDDY_API std::string message() const;
  // Whether somebody asked it to stop.
  bool is_cancelled() const noexcept { return code_ == std::errc::operation_canceled; }

  // The same thing tried on the same, but failed for another reason.
  error with(std::errc code) const noexcept {
    error other(*this);
    other.code_ = std::make_error_code(code);
    return other;
  }

  [[noreturn]] EDDY_API void raise() const;  // throws `exception`

  friend bool operator==(const error& e, std::errc code) noexcept { return e.code_ == code; }
  friend bool operator==(const error& e, const std::error_code& code) noexcept {
    return e.code_ == code;
  }

 private:
  // Where the two have numbers of their own (Windows), it is the one that is documented.
  static std::error_code code_of(int number) noexcept {
    if (number == static_cast<int>(std::errc::not_supported))
      number = static_cast<int>(std::errc::operation_not_supported);
    return {number, std::generic_category()};
  }

  struct text;
  void share(text* t) noexcept {
    if (t != nullptr) keep(t);
  }
  EDDY_API void keep(text* t) noexcept;
  EDDY_API void forget() noexcept;

  std::error_code code_;
  const char* tried_ = "";
  text* on_ = nullptr;
  int fd_ = -1;
};

// what() is error::message().
class EDDY_API exception : public std::system_error {
 public:
  // Of an error, which is copied.
  explicit exception(const eddy::error& e);
  exception(const exception&) = default;
  exception& operator=(const exception&) = default;
  ~exception() override;

  // The same as a value.
  const eddy::error& error() const noexcept { return error_; }

 private:
  eddy::error error_;
};

// Whether it was thrown because of a cancellation: a std::system_error (of eddy or not) with
// operation_canceled. Costs a throw and a catch.
EDDY_API bool is_cancelled(const std::exception_ptr& thrown) noexcept;
// The error that a std::system_error tells of. Anything else is thrown again.
EDDY_API error error_of(const std::exception_ptr& thrown);

}  // namespace eddy
