// eddy/when_all.hpp - several at once, and all that they give.
//
//   auto [user, orders] = co_await eddy::when_all(read_user(db, id), read_orders(db, id));
//   std::vector<page> pages = co_await eddy::when_all(std::move(downloads));   // task<page>s
//
// All run side by side until they have ended. The first that fails cancels the others, they are
// awaited, and what it threw is thrown; what further ones throw is dropped, as in a scope. What has
// not begun by then is not started. To have the failure of each instead, ask for results:
// `when_all(as_result(a), as_result(b))` gives them all, and cancels nothing.
//
// Gives a std::tuple, or for a range a std::vector (nothing for tasks without a value), in the
// order in which they were handed over, whichever ended first. void counts as std::monostate, a
// reference as a pointer.
//
// Memory: tasks take none beside their own frames, a range one block; anything else that can be
// awaited gets a frame.
#pragma once

#include <eddy/side_by_side.hpp>

namespace eddy {

namespace detail {

template <class... T>
class [[nodiscard("nothing starts until when_all is awaited")]] all_operation
    : public started_together<all_operation<T...>> {
  using base = started_together<all_operation>;
  using all_values = std::tuple<element_t<T>...>;

 public:
  explicit all_operation(task_awaiter<T> && ... each)
      : base(side_by_side::decided_by::failure), each_(std::move(each)...) {}
  all_operation(all_operation && other) noexcept
      : base(side_by_side::decided_by::failure), each_(std::move(other.each_)) {}

  all_values await_resume() {
    if (std::exception_ptr thrown = failure()) std::rethrow_exception(std::move(thrown));
    return std::apply([](auto&... one) { return all_values{element_of<T>::take(one)...}; }, each_);
  }
  result<all_values> await_result() {
    if (const std::exception_ptr thrown = failure()) return error_of(thrown);
    return await_resume();
  }
  std::exception_ptr failure() noexcept {
    if (this->decisive() != nullptr) return this->decisive()->failure();
    std::exception_ptr found;
    for_each([&](auto& one) {
      if (found == nullptr) found = one.failure();
    });
    return found;
  }

 private:
  friend base;
  template <class F>
  void for_each(F f) {
    std::apply([&](auto&... one) { (f(one), ...); }, each_);
  }

  std::tuple<task_awaiter<T>...> each_;
};

template <class T>
class [[nodiscard("nothing starts until when_all is awaited")]] all_in_range_operation
    : public started_together<all_in_range_operation<T>> {
  using base = started_together<all_in_range_operation>;
  using value = std::conditional_t<std::is_void_v<T>, void, std::vector<element_t<T>>>;

 public:
  explicit all_in_range_operation(std::vector<task_awaiter<T>> && each)
      : base(side_by_side::decided_by::failure), each_(std::move(each)) {}
  all_in_range_operation(all_in_range_operation && other) noexcept
      : base(side_by_side::decided_by::failure), each_(std::move(other.each_)) {}

  value await_resume() {
    if (std::exception_ptr thrown = failure()) std::rethrow_exception(std::move(thrown));
    if constexpr (!std::is_void_v<T>) {
      value all;
      all.reserve(each_.size());
      for (auto& one : each_) all.push_back(element_of<T>::take(one));
      return all;
    }
  }
  result<value> await_result() {
    if (const std::exception_ptr thrown = failure()) return error_of(thrown);
    if constexpr (std::is_void_v<T>)
      return {};
    else
      return await_resume();
  }
  std::exception_ptr failure() noexcept {
    if (this->decisive() != nullptr) return this->decisive()->failure();
    for (auto& one : each_)
      if (one.failure() != nullptr) return one.failure();
    return nullptr;
  }

 private:
  friend base;
  template <class F>
  void for_each(F f) {
    for (auto& one : each_) f(one);
  }

  std::vector<task_awaiter<T>> each_;
};

}  // namespace detail

// Of each: a task, an operation, an as_result, whatever can be awaited.
template <class... A>
requires(sizeof...(A) > 0 && (detail::can_be_awaited<A> && ...)) auto when_all(A&&... each) {
  return detail::all_operation<detail::value_of_awaiting<A>...>(
      detail::task_awaiter_of(std::forward<A>(each))...);
}
// Of a container of them, which is emptied of them.
template <class R>
requires detail::many_awaitables<R>
auto when_all(R&& range) {
  return detail::all_in_range_operation<detail::value_of_awaiting<detail::in_range<R>>>(
      detail::task_awaiters_of(std::forward<R>(range)));
}

}  // namespace eddy
