// eddy/context.hpp - where a coroutine runs and what stops it; what every awaitable of eddy has in
// common. For whoever writes awaitables; users of tasks need none of it.
//
// A coroutine inherits its context, a loop and a cancellation, from whoever awaits it. An awaitable
// of eddy has
//
//   begin(awaiting)   starts; false (or the coroutine's own handle) when it has ended already
//   await_result()    how it ended, as a result<T>; throws nothing of its own
//   await_resume()    the same, but throws the error
//
// and may be moved until it has begun. `awaitable<Derived>` makes the rest of it.
#pragma once

#include <eddy/cancellation.hpp>
#include <eddy/result.hpp>

#include <concepts>
#include <coroutine>
#include <exception>
#include <source_location>
#include <type_traits>
#include <utility>

namespace eddy {

namespace detail {

class promise_base;
struct leaf;

// The part of a loop that the headers touch.
struct loop_core {
  link_list ready;            // queue_link: coroutines to be resumed in this turn
  bool ready_is_due = false;  // the loop knows that there are some
  cancellation stop;          // of everything that runs on the loop

  inline void make_ready(leaf& l) noexcept;
};

EDDY_API void run_ready_soon(loop_core& core) noexcept;

}  // namespace detail

// Where a coroutine runs, and what stops it.
struct context {
  detail::loop_core* core = nullptr;  // of the loop
  cancellation* stop = nullptr;       // never null in what runs
};

// Who waits: the coroutine to resume, its promise, and the context for what it waits for, which
// must live until that has ended.
struct awaiting {
  std::coroutine_handle<> handle;           // to be resumed
  detail::promise_base* promise = nullptr;  // its own
  const context* in = nullptr;              // for what is waited for
};

namespace detail {

// Tasks are awaited by a coroutine or by an owner: a scope, a when_all, a loop.
class owner : public context {
 public:
  // `h`, of which nobody else will speak, has ended. Gives the coroutine to go on with.
  using ended_function = std::coroutine_handle<> (*)(owner&, promise_base&,
                                                     std::coroutine_handle<> h) noexcept;
  explicit owner(ended_function ended) noexcept : ended_(ended) {}

  // The coroutine in whose name it is there, for reports; may be null.
  promise_base* awaited_by = nullptr;

 private:
  friend class promise_base;
  ended_function ended_;
};

// How a task that was started by a plain call is getting on.
enum class progress : unsigned char { running, ended };

EDDY_API std::coroutine_handle<> come_home(promise_base& p, std::coroutine_handle<> h) noexcept;

class promise_base : public context {
 public:
  promise_base() noexcept = default;
  promise_base(const promise_base&) = delete;
  promise_base& operator=(const promise_base&) = delete;

  void start_for(const awaiting& a) noexcept {
    static_cast<context&>(*this) = *a.in;
    home_ = a.promise;
    continuation_ = a.handle;
  }
  void start_for(owner& o) noexcept {
    static_cast<context&>(*this) = o;
    home_ = &o;
  }

  // At its end. Static, since the frame may be gone when the owner returns.
  static std::coroutine_handle<> end(promise_base& p, std::coroutine_handle<> h) noexcept {
    if (p.progress_ != nullptr) {
      *std::exchange(p.progress_, nullptr) = progress::ended;
      return std::noop_coroutine();
    }
    if (p.home_->core != p.core) [[unlikely]]
      return come_home(p, h);
    return hand_over(p, h);
  }
  static std::coroutine_handle<> hand_over(promise_base& p, std::coroutine_handle<> h) noexcept {
    if (p.continuation_) return p.continuation_;
    auto& o = static_cast<owner&>(*p.home_);
    return o.ended_(o, p, h);
  }

  // Resumes it by a call. True when it has ended.
  bool run_inline(std::coroutine_handle<> h) {
    progress seen = progress::running;
    progress_ = &seen;
    h.resume();
    if (seen == progress::running) progress_ = nullptr;
    return seen == progress::ended;
  }
  // Who awaits it: a coroutine's promise, or null.
  promise_base* awaited_by() const noexcept {
    if (home_ == nullptr) return nullptr;
    return continuation_ ? static_cast<promise_base*>(home_)
                         : static_cast<owner*>(home_)->awaited_by;
  }
  // Not away on another loop; see resume_on.
  bool is_home() const noexcept { return home_->core == core; }
  const std::source_location& where() const noexcept { return where_; }

  const std::exception_ptr& failure() const noexcept { return failure_; }
  std::exception_ptr take_failure() noexcept { return std::exchange(failure_, nullptr); }
  void unhandled_exception() noexcept { failure_ = std::current_exception(); }

 protected:
  context* home_ = nullptr;  // the promise_base that awaits it, or the owner
  std::coroutine_handle<> continuation_;
  progress* progress_ = nullptr;
  std::source_location where_;  // what it waits for
  std::exception_ptr failure_;
};

// Its place in the loop's queue, or in the queue of what it waits for.
struct queue_link : link {};

// A coroutine that waits.
struct waiting : stoppable {
  using stoppable::stoppable;

  // Registers it. False when the cancellation was requested already.
  bool wait(const awaiting& a) noexcept {
    if (a.in->stop->requested()) [[unlikely]]
      return false;
    who = a;
    a.in->stop->add(*this);
    return true;
  }

  awaiting who;
};

// One that waits for something of eddy's own, not of the kernel: it is resumed by way of the loop's
// queue.
struct leaf : waiting, queue_link {
  explicit leaf(stop_function stop) noexcept : waiting(stop) {}

  // Ends the wait: it is resumed in its turn, and cannot be cancelled any more.
  void wake() noexcept {
    stoppable::unlink_if_linked();
    who.in->core->make_ready(*this);
  }
  static leaf& of(link& l) noexcept { return static_cast<leaf&>(static_cast<queue_link&>(l)); }
};

inline void loop_core::make_ready(leaf& l) noexcept {
  ready.push_back(static_cast<queue_link&>(l));
  if (ready_is_due) return;
  ready_is_due = true;
  run_ready_soon(*this);
}

template <class Promise>
concept runs_on_eddy = std::is_base_of_v<promise_base, Promise>;

}  // namespace detail

template <class Derived>
class awaitable {
 public:
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  EDDY_NAMED_BY_TRANSFER auto await_suspend(std::coroutine_handle<Promise> h) {
    static_assert(
        detail::runs_on_eddy<Promise>,
        "operations of eddy can be awaited in an eddy::task or eddy::async_generator only: "
        "a coroutine of another library has no eddy loop to run them on");
    // What follows would only be a second error.
    if constexpr (detail::runs_on_eddy<Promise>) {
      detail::promise_base& p = h.promise();
      return static_cast<Derived*>(this)->begin(awaiting{h, &p, &p});
    }
  }
  auto await_resume() {
    if constexpr (std::is_void_v<
                      typename decltype(static_cast<Derived*>(this)->await_result())::value_type>)
      static_cast<Derived*>(this)->await_result().value();
    else
      return static_cast<Derived*>(this)->await_result().value();
  }

 protected:
  awaitable() noexcept = default;
};

namespace detail {

template <class A>
concept has_member_co_await = requires(A&& a) {
  static_cast<A&&>(a).operator co_await();
};
template <class A>
concept has_free_co_await = requires(A&& a) {
  operator co_await(static_cast<A&&>(a));
};
template <class A>
concept is_awaiter = requires(std::remove_reference_t<A>& a) {
  a.await_ready();
  a.await_resume();
};
template <class A>
concept can_be_awaited = has_member_co_await<A> || has_free_co_await<A> || is_awaiter<A>;

// One that can be started in another context than the coroutine's own.
template <class A>
concept can_begin = requires(std::remove_reference_t<A>& a, awaiting w) {
  a.begin(w);
};

// Whose failure is an exception that is kept; that of a stream's operation is an error.
template <class A>
concept keeps_exception = requires(A& a) {
  { a.failure() } -> std::convertible_to<std::exception_ptr>;
};

// The awaitable itself, or what its operator co_await gives, to be kept.
template <class A>
auto awaiter_of(A&& a) {
  static_assert(!std::is_lvalue_reference_v<A>,
                "an awaitable is awaited once: hand it over with std::move, or make it in place");
  if constexpr (has_member_co_await<A>)
    return static_cast<A&&>(a).operator co_await();
  else
    return std::remove_cvref_t<A>(static_cast<A&&>(a));
}
template <class A>
using awaiter_t = decltype(awaiter_of(std::declval<A>()));

// What co_await gives for it.
template <class A>
using awaited_t = decltype(std::declval<awaiter_t<A>&>().await_resume());

}  // namespace detail

// Gives a result instead of throwing; see eddy/result.hpp. For every operation and task of eddy.
template <class A>
class [[nodiscard("nothing starts until as_result is awaited")]] as_result
    : public awaitable<as_result<A>> {
 public:
  [[nodiscard("nothing starts until as_result is awaited")]] explicit as_result(A && a)
      : inner_(detail::awaiter_of(std::forward<A>(a))) {}

  EDDY_NAMED_BY_TRANSFER auto begin(const awaiting& a) { return inner_.begin(a); }
  auto await_result() { return inner_.await_result(); }
  auto await_resume() { return inner_.await_result(); }

 private:
  detail::awaiter_t<A> inner_;
};
template <class A>
as_result(A&&) -> as_result<A>;

}  // namespace eddy
