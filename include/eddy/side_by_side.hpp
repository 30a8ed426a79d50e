// eddy/side_by_side.hpp - what when_all and when_any have in common: tasks that run side by side
// under a cancellation of their own. Users need none of it.
#pragma once

#include <eddy/task.hpp>

#include <cstddef>
#include <tuple>
#include <variant>
#include <vector>

namespace eddy::detail {

class side_by_side : public owner {
 public:
  // What decides, and stops the others.
  enum class decided_by : unsigned char { failure, end };

  explicit side_by_side(decided_by d) noexcept : owner(&ended), decided_by_(d) {}

 protected:
  void open(const awaiting& a) noexcept {
    core = a.in->core;
    stop = &own_;
    awaited_by = a.promise;
    own_.attach(*a.in->stop);
    waiter_ = a.handle;
    running_ = 1;  // we ourselves, until all have begun
  }
  // What comes after it was decided is not started.
  template <class T>
  void start(task_awaiter<T>& one) {
    if (decisive_ != nullptr) return;
    ++running_;
    one.begin(static_cast<owner&>(*this));
  }
  bool all_have_begun() noexcept { return --running_ != 0; }

  // The first that ended, or failed; null: none did.
  promise_base* decisive() const noexcept { return decisive_; }

 private:
  static std::coroutine_handle<> ended(owner& o, promise_base& p,
                                       std::coroutine_handle<>) noexcept {
    auto& all = static_cast<side_by_side&>(o);
    if (all.decisive_ == nullptr && all.decides(p)) [[unlikely]] {
      all.decisive_ = &p;
      all.own_.request();
    }
    return --all.running_ == 0 ? all.waiter_ : std::noop_coroutine();
  }
  // Who was asked to stop and says so did not fail: another may.
  bool decides(promise_base& p) const noexcept {
    if (decided_by_ == decided_by::end) return true;
    return p.failure() != nullptr && !(own_.requested() && is_cancelled(p.failure()));
  }

  const decided_by decided_by_;
  std::size_t running_ = 0;
  promise_base* decisive_ = nullptr;
  std::coroutine_handle<> waiter_;
  cancellation own_;
};

// The awaitable of both: Derived has for_each, which visits the awaiters.
template <class Derived>
class started_together : public awaitable<Derived>, protected side_by_side {
 public:
  bool begin(const awaiting& a) {
    open(a);
    static_cast<Derived*>(this)->for_each([this](auto& one) { this->start(one); });
    return all_have_begun();
  }

 protected:
  explicit started_together(decided_by d) noexcept : side_by_side(d) {}
};

// What a task of T puts into a tuple, a variant or a vector.
template <class T>
struct element_of {
  using type = T;
  static T take(task_awaiter<T>& a) { return a.await_resume(); }
};
template <class T>
struct element_of<T&> {
  using type = T*;
  static T* take(task_awaiter<T&>& a) { return std::addressof(a.await_resume()); }
};
template <>
struct element_of<void> {
  using type = std::monostate;
  static std::monostate take(task_awaiter<void>& a) {
    a.await_resume();
    return {};
  }
};
template <class T>
using element_t = typename element_of<T>::type;

template <class T>
struct task_value;
template <class T>
struct task_value<task<T>> {
  using type = T;
};
// Of what can be awaited: what co_await gives.
template <class A>
using value_of_awaiting = typename task_value<decltype(task_of(std::declval<A>()))>::type;

template <class A>
auto task_awaiter_of(A&& a) {
  static_assert(!std::is_lvalue_reference_v<A>,
                "an awaitable is awaited once: hand it over with std::move, or make it in place");
  return task_of(static_cast<A&&>(a)).operator co_await();
}

template <class R>
concept many_awaitables = !can_be_awaited<R> && requires(std::remove_reference_t<R> & r) {
  r.begin() != r.end();
  *r.begin();
};
template <class R>
using in_range =
    std::remove_cvref_t<decltype(*std::declval<std::remove_reference_t<R>&>().begin())>;

template <class R>
auto task_awaiters_of(R&& range) {
  static_assert(!std::is_lvalue_reference_v<R>,
                "awaitables are awaited once: hand the range over with std::move");
  std::vector<task_awaiter<value_of_awaiting<in_range<R>>>> all;
  if constexpr (requires { range.size(); }) all.reserve(range.size());
  for (auto& one : range) all.push_back(task_awaiter_of(std::move(one)));
  return all;
}

}  // namespace eddy::detail
