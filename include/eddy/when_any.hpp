// eddy/when_any.hpp - several at once, of which the first to end counts.
//
//   auto [index, value] = co_await eddy::when_any(primary.read_line(), secondary.read_line());
//   auto first = co_await eddy::when_any(std::move(queries));   // first.index, first.value
//
// When one has ended, by a value or by throwing, the others are cancelled *and awaited*: nothing of
// theirs is in flight when the co_await returns. Those that have not begun by then are not started.
// What the first gave is given, or what it threw is thrown; whatever the losers give or throw is
// dropped. Where a failure should not win, let each task say what it makes of its own.
//
// Gives `first_of`: the index, and the value: for several, a std::variant in which it is the
// alternative of that index (std::monostate for void, a pointer for a reference); for a range, the
// value itself, or none.
//
// Memory: as when_all.
#pragma once

#include <eddy/side_by_side.hpp>

#include <utility>

namespace eddy {

template <class T>
struct first_of {
  // Which of them it was, and what it gave.
  std::size_t index;
  T value;
};
template <>
struct first_of<void> {
  std::size_t index;
};

namespace detail {

template <class... T>
class [[nodiscard("nothing starts until when_any is awaited")]] any_operation
    : public started_together<any_operation<T...>> {
  using base = started_together<any_operation>;
  using value = std::variant<element_t<T>...>;

 public:
  explicit any_operation(task_awaiter<T> && ... each)
      : base(side_by_side::decided_by::end), each_(std::move(each)...) {}
  any_operation(any_operation && other) noexcept
      : base(side_by_side::decided_by::end), each_(std::move(other.each_)) {}

  first_of<value> await_resume() { return take(std::index_sequence_for<T...>()); }
  result<first_of<value>> await_result() {
    if (const std::exception_ptr thrown = failure()) return error_of(thrown);
    return await_resume();
  }
  std::exception_ptr failure() const noexcept { return this->decisive()->failure(); }

 private:
  friend base;
  template <class F>
  void for_each(F f) {
    std::apply([&](auto&... one) { (f(one), ...); }, each_);
  }
  template <std::size_t I, std::size_t... Rest>
  first_of<value> take(std::index_sequence<I, Rest...>) {
    auto& one = std::get<I>(each_);
    if constexpr (sizeof...(Rest) != 0)
      if (!one.is(this->decisive())) return take(std::index_sequence<Rest...>());
    using taken = std::tuple_element_t<I, std::tuple<element_of<T>...>>;
    return {I, value(std::in_place_index<I>, taken::take(one))};
  }

  std::tuple<task_awaiter<T>...> each_;
};

template <class T>
class [[nodiscard("nothing starts until when_any is awaited")]] any_in_range_operation
    : public started_together<any_in_range_operation<T>> {
  using base = started_together<any_in_range_operation>;
  using value = first_of<std::conditional_t<std::is_void_v<T>, void, element_t<T>>>;

 public:
  explicit any_in_range_operation(std::vector<task_awaiter<T>> && each)
      : base(side_by_side::decided_by::end), each_(std::move(each)) {}
  any_in_range_operation(any_in_range_operation && other) noexcept
      : base(side_by_side::decided_by::end), each_(std::move(other.each_)) {}

  value await_resume() {
    if (each_.empty()) of_none().raise();
    std::size_t index = 0;
    while (!each_[index].is(this->decisive())) ++index;
    if constexpr (std::is_void_v<T>) {
      each_[index].await_resume();
      return {index};
    } else {
      return {index, element_of<T>::take(each_[index])};
    }
  }
  result<value> await_result() {
    if (each_.empty()) return of_none();
    if (const std::exception_ptr thrown = failure()) return error_of(thrown);
    return await_resume();
  }
  std::exception_ptr failure() const noexcept {
    return each_.empty() ? nullptr : this->decisive()->failure();
  }

 private:
  friend base;
  template <class F>
  void for_each(F f) {
    for (auto& one : each_) f(one);
  }
  static error of_none() noexcept {
    return error(std::errc::invalid_argument, "wait for the first of no tasks");
  }

  std::vector<task_awaiter<T>> each_;
};

}  // namespace detail

// Of each: a task, an operation, an as_result, whatever can be awaited.
template <class... A>
requires(sizeof...(A) > 0 && (detail::can_be_awaited<A> && ...)) auto when_any(A&&... each) {
  return detail::any_operation<detail::value_of_awaiting<A>...>(
      detail::task_awaiter_of(std::forward<A>(each))...);
}
// Of a container of them, which is emptied of them. Fails with invalid_argument when it is empty.
template <class R>
requires detail::many_awaitables<R>
auto when_any(R&& range) {
  return detail::any_in_range_operation<detail::value_of_awaiting<detail::in_range<R>>>(
      detail::task_awaiters_of(std::forward<R>(range)));
}

}  // namespace eddy
