// eddy/async_generator.hpp - `async_generator<T>`: a coroutine that gives values one after the
// other, and may wait in between.
//
//   eddy::async_generator<std::string> lines(eddy::tcp_stream& peer) {
//     while (auto line = co_await peer.read_line(100))
//       co_yield std::string(line->begin(), line->end());
//   }
//
//   auto all = lines(peer);
//   while (auto line = co_await all.next()) use(*line);
//
// It is lazy: it runs when the next value is asked for, on the loop and under the cancellation (and
// the timeout) of who asks, until it yields. What it throws is thrown by that `next`, and is its
// end; so is a cancellation that it lets through. After its end `next` gives nothing. It is
// destroyed where it stands, at a yield; not while somebody waits for its next value.
//
// Memory: its frame, as a task's, by operator new or an allocator. A value is moved twice.
#pragma once

#include <eddy/task.hpp>

#include <optional>

namespace eddy {

template <class T>
class async_generator;

namespace detail {

template <class T>
class generator_promise final : public coroutine_promise {
 public:
  async_generator<T> get_return_object() noexcept;
  // A yield is an end for who waits.
  template <class U>
  requires std::is_convertible_v<U&&, T> final_step yield_value(U&& value) {
    value_.emplace(std::forward<U>(value));
    return {};
  }
  void return_void() const noexcept {}

  std::optional<T> take() noexcept(std::is_nothrow_move_constructible_v<T>) {
    std::optional<T> taken(std::move(value_));
    value_.reset();
    return taken;
  }

 private:
  std::optional<T> value_;
};

}  // namespace detail

template <class T>
class [[nodiscard("a generator does nothing until its next value is awaited")]] async_generator {
  static_assert(std::is_object_v<T>, "a generator gives values; use a pointer instead");
  using handle = std::coroutine_handle<detail::generator_promise<T>>;

 public:
  using promise_type = detail::generator_promise<T>;
  using value_type = T;

  async_generator(async_generator && other) noexcept
      : handle_(std::exchange(other.handle_, nullptr)) {}
  async_generator& operator=(async_generator other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~async_generator() {
    if (handle_) handle_.destroy();
  }

  // Gives a std::optional: empty at the end. One at a time.
  class [[nodiscard("the next value is made when this is awaited")]] next_operation
      : public awaitable<next_operation> {
   public:
    explicit next_operation(handle h) noexcept : handle_(h) {}

#if EDDY_SYMMETRIC_TRANSFER
    EDDY_NAMED_BY_TRANSFER std::coroutine_handle<> begin(const awaiting& a) noexcept {
      if (is_over()) return a.handle;
      handle_.promise().start_for(a);
      return handle_;
    }
#else
    bool begin(const awaiting& a) {
      if (is_over()) return false;
      promise_type& p = handle_.promise();
      p.start_for(a);
      return !p.run_inline(handle_);
    }
#endif
    std::optional<T> await_resume() {
      promise_type& p = handle_.promise();
      if (std::exception_ptr thrown = p.take_failure()) [[unlikely]]
        std::rethrow_exception(std::move(thrown));
      return p.take();
    }
    // What is not a std::system_error is thrown.
    result<std::optional<T>> await_result() {
      promise_type& p = handle_.promise();
      if (const std::exception_ptr thrown = p.take_failure()) [[unlikely]]
        return error_of(thrown);
      return p.take();
    }
    std::exception_ptr failure() const noexcept { return handle_.promise().failure(); }

   private:
    // Its failure was told once.
    bool is_over() const noexcept {
      if (!handle_.done()) return false;
      (void)handle_.promise().take_failure();
      return true;
    }
    handle handle_;
  };
  next_operation next() noexcept { return next_operation(handle_); }

 private:
  friend promise_type;
  explicit async_generator(handle h) noexcept : handle_(h) {}

  handle handle_;
};

namespace detail {

template <class T>
async_generator<T> generator_promise<T>::get_return_object() noexcept {
  return async_generator<T>(handle_of(*this));
}

}  // namespace detail
}  // namespace eddy

template <class T, class... Parameters>
struct std::coroutine_traits<eddy::async_generator<T>, Parameters...>
    : eddy::detail::coroutine_of<eddy::async_generator<T>, Parameters...> {};
