// eddy/task.hpp - `task<T>`: a coroutine that gives a T, or throws.
//
//   eddy::task<std::string> greeting(eddy::tcp_stream& peer) {
//     std::string text = "hello ";
//     if (auto name = co_await peer.read_line(100)) text.append(name->begin(), name->end());
//     co_return text;
//   }
//
// A task is lazy: it starts when it is awaited, or handed to a scope or a loop, and it is awaited
// once. It runs on the loop of whoever awaits it, under the same cancellation. What it throws is
// thrown by the co_await. A task that is dropped before it started does nothing.
//
// Parameters are copied into its frame, references are not: what they refer to must outlive the
// task. The same goes for the captures of a lambda, which lie in the lambda:
// `[x]() -> task<> {...}()` leaves `x` dangling as soon as it waits. Hand such a lambda to
// scope::spawn or with_scope, which keep it; or give it parameters.
//
// A parameter that is an rvalue reference would refer to something temporary, which is gone when
// the task starts, unless that is in the same expression; it is refused. Take it by value.
//
// Two traps of GCC 12, which Clang has not:
// - What a lambda captures by value is destroyed twice, when the lambda stands within the co_await
//   and the captured thing has a destructor, as in `co_await f([text] {...})`. Name it before:
//   `auto g = [text] {...}; co_await f(std::move(g));`. Captures by reference, and of numbers and
//   pointers, are safe.
// - `if (co_await x) ...`, `while (co_await x) ...` and the like are miscompiled in a coroutine
//   that declares no variable. Name the value: `if (const bool b = co_await x)`. Made all the
//   same, such a coroutine is reported on stderr and ends the program when it is called, since it
//   would otherwise run on a frame that is not its own.
//
// Memory: one allocation, of its frame, by operator new; or by an allocator that is handed over as
// the first two parameters:
//
//   eddy::task<> work(std::allocator_arg_t, arena_allocator<> a, int n);
//
// Not for several threads: a task is awaited, runs and is destroyed on its loop's thread
// (but see resume_on).
#pragma once

#include <eddy/context.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <tuple>
#include <type_traits>
#include <utility>

namespace eddy {

template <class T = void>
class task;

namespace detail {

// Behind the frame stands who releases it: null for operator delete.
class frame_memory {
 public:
  [[gnu::always_inline]] static void* operator new(std::size_t size) {
    void* frame = ::operator new(with_trailer(size));
    trailer(frame, size) = nullptr;
    return frame;
  }
  template <class Allocator, class... Rest>
  static void* operator new(std::size_t size, std::allocator_arg_t, const Allocator& a,
                            const Rest&...) {
    return allocate_by(size, a);
  }
  // Of member functions and lambdas.
  template <class This, class Allocator, class... Rest>
  static void* operator new(std::size_t size, const This&, std::allocator_arg_t, const Allocator& a,
                            const Rest&...) {
    return allocate_by(size, a);
  }
  // As `new` inlined everywhere, or GCC warns of a pair that does not match.
  [[gnu::always_inline]] static void operator delete(void* frame, std::size_t size) noexcept {
    if (release_function release = trailer(frame, size)) [[unlikely]]
      release(frame, size);
    else
      ::operator delete(frame);
  }

 private:
  using release_function = void (*)(void* frame, std::size_t size) noexcept;

  static constexpr std::size_t rounded(std::size_t size, std::size_t to) {
    return (size + to - 1) / to * to;
  }
  static constexpr std::size_t with_trailer(std::size_t size) {
    return rounded(size, sizeof(release_function)) + sizeof(release_function);
  }
  static release_function& trailer(void* frame, std::size_t size) noexcept {
    return *reinterpret_cast<release_function*>(static_cast<char*>(frame) +
                                                rounded(size, sizeof(release_function)));
  }

  struct alignas(__STDCPP_DEFAULT_NEW_ALIGNMENT__) unit {
    std::byte bytes[__STDCPP_DEFAULT_NEW_ALIGNMENT__];
  };
  template <class Allocator>
  static void* allocate_by(std::size_t size, const Allocator& given) {
    using allocator = typename std::allocator_traits<Allocator>::template rebind_alloc<unit>;
    struct kept {
      static std::size_t offset(std::size_t of) { return rounded(with_trailer(of), sizeof(unit)); }
      static std::size_t units(std::size_t of) {
        return (offset(of) + sizeof(allocator) + sizeof(unit) - 1) / sizeof(unit);
      }
      static void release(void* frame, std::size_t of) noexcept {
        auto* place = reinterpret_cast<allocator*>(static_cast<char*>(frame) + offset(of));
        allocator a(std::move(*place));
        place->~allocator();
        a.deallocate(static_cast<unit*>(frame), units(of));
      }
    };
    static_assert(alignof(allocator) <= sizeof(unit));
    allocator a(given);
    void* frame = a.allocate(kept::units(size));
    ::new (static_cast<char*>(frame) + kept::offset(size)) allocator(std::move(a));
    trailer(frame, size) = &kept::release;
    return frame;
  }
};

[[noreturn]] EDDY_API void die_of_misplaced_frame() noexcept;

// Of a new coroutine. GCC 12 misplaces all of the frame when it needs room for a condition before
// anything else (see the head of this file): then it does not begin where operator new said.
template <class Promise>
std::coroutine_handle<Promise> handle_of(Promise& p) noexcept {
  const auto h = std::coroutine_handle<Promise>::from_promise(p);
#if defined(__GNUC__) && !defined(__clang__)
  if (reinterpret_cast<std::uintptr_t>(h.address()) % __STDCPP_DEFAULT_NEW_ALIGNMENT__ != 0)
      [[unlikely]]
    die_of_misplaced_frame();
#endif
  return h;
}

struct final_step {
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) noexcept {
    return promise_base::end(h.promise(), h);
  }
  void await_resume() const noexcept {}
};

template <class T>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<task<T>> = true;

// An awaitable that stays where it is: GCC would copy the whole of it into the frame once more.
template <class A>
class awaited_in_place {
 public:
  explicit awaited_in_place(A& a) noexcept : of_(a) {}
  bool await_ready() { return of_.await_ready(); }
  template <class Promise>
  EDDY_NAMED_BY_TRANSFER auto await_suspend(std::coroutine_handle<Promise> h) {
    return of_.await_suspend(h);
  }
  decltype(auto) await_resume() { return of_.await_resume(); }

 private:
  A& of_;
};

// What may stand behind co_await in a coroutine of eddy's.
class coroutine_promise : public promise_base, public frame_memory {
 public:
  std::suspend_always initial_suspend() const noexcept { return {}; }
  final_step final_suspend() const noexcept { return {}; }

  template <class A>
  decltype(auto) await_transform(
      A&& a, std::source_location where = std::source_location::current()) noexcept {
    static_assert(!(is_task<std::remove_cvref_t<A>> && std::is_lvalue_reference_v<A>),
                  "a task is awaited once: co_await std::move(t), or await the call itself");
    static_assert(is_task<std::remove_cvref_t<A>> || can_be_awaited<A>,
                  "this cannot be awaited: co_await takes a task, an operation of eddy, or "
                  "something else with await_ready, await_suspend and await_resume");
    where_ = where;
    if constexpr (is_task<std::remove_cvref_t<A>>)
      return static_cast<std::remove_reference_t<A>&&>(a);
    else if constexpr (!can_be_awaited<A>)
      return std::suspend_never();  // one mistake, one error
    else if constexpr (is_awaiter<A> && !has_member_co_await<A> && !has_free_co_await<A>)
      return awaited_in_place<std::remove_reference_t<A>>(a);
    else
      return static_cast<A&&>(a);
  }
};

template <class T>
class task_promise final : public coroutine_promise {
 public:
  task<T> get_return_object() noexcept;

  template <class U = T>
  requires std::is_convertible_v<U&&, T>
  void return_value(U&& value) {
    // The cast: a program's `co_return 0` for an unsigned number is no cause for a warning in here.
    ::new (static_cast<void*>(std::addressof(value_))) T(static_cast<T>(std::forward<U>(value)));
    has_value_ = true;
  }
  T take() {
    if (!has_value_) [[unlikely]]
      std::rethrow_exception(take_failure());
    return std::move(value_);
  }

  task_promise() noexcept {}
  ~task_promise() {
    if (has_value_) value_.~T();
  }

 private:
  bool has_value_ = false;
  union {
    T value_;
  };
};

template <class T>
class task_promise<T&> final : public coroutine_promise {
 public:
  task<T&> get_return_object() noexcept;
  void return_value(T& value) noexcept { value_ = std::addressof(value); }
  T& take() {
    if (value_ == nullptr) [[unlikely]]
      std::rethrow_exception(take_failure());
    return *value_;
  }

 private:
  T* value_ = nullptr;
};

template <>
class task_promise<void> final : public coroutine_promise {
 public:
  inline task<void> get_return_object() noexcept;
  void return_void() const noexcept {}
  void take() {
    if (failure_ != nullptr) [[unlikely]]
      std::rethrow_exception(take_failure());
  }
};

template <class T>
struct result_of {
  using type = result<T>;
};
template <class T>
struct result_of<T&> {
  using type = result<T*>;
};

// Owns the frame of a coroutine that is awaited, or is about to be.
template <class T>
class [[nodiscard]] task_awaiter : public awaitable<task_awaiter<T>> {
 public:
  using handle = std::coroutine_handle<task_promise<T>>;

  explicit task_awaiter(handle h) noexcept : handle_(h) {}
  task_awaiter(task_awaiter&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  task_awaiter& operator=(task_awaiter other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~task_awaiter() {
    if (handle_) handle_.destroy();
  }

#if EDDY_SYMMETRIC_TRANSFER
  EDDY_NAMED_BY_TRANSFER std::coroutine_handle<> begin(const awaiting& a) noexcept {
    handle_.promise().start_for(a);
    return handle_;
  }
#else
  bool begin(const awaiting& a) {
    task_promise<T>& p = handle_.promise();
    p.start_for(a);
    return !p.run_inline(handle_);
  }
#endif
  // For an owner; ends by its function.
  void begin(owner& o) {
    handle_.promise().start_for(o);
    handle_.resume();
  }

  T await_resume() { return handle_.promise().take(); }
  // What is not a std::system_error is thrown.
  typename result_of<T>::type await_result() {
    task_promise<T>& p = handle_.promise();
    if (p.failure() != nullptr) return error_of(p.failure());
    if constexpr (std::is_void_v<T>)
      return {};
    else if constexpr (std::is_reference_v<T>)
      return std::addressof(p.take());
    else
      return p.take();
  }
  std::exception_ptr failure() const noexcept { return handle_.promise().failure(); }
  bool is(const promise_base* p) const noexcept { return &handle_.promise() == p; }
  handle release() noexcept { return std::exchange(handle_, nullptr); }

 private:
  handle handle_;
};

}  // namespace detail

template <class T>
class [[nodiscard(
    "a task does nothing until it is awaited: co_await it, or hand it to a scope or a "
    "loop")]] task {
  static_assert(!std::is_rvalue_reference_v<T>);

 public:
  using promise_type = detail::task_promise<T>;
  using value_type = T;

  task(task && other) noexcept = default;
  task& operator=(task&& other) noexcept = default;

  // Awaited in another coroutine of eddy's. A result<T> by as_result.
  detail::task_awaiter<T> operator co_await()&& noexcept { return std::move(awaiter_); }

 private:
  friend promise_type;
  explicit task(std::coroutine_handle<promise_type> h) noexcept : awaiter_(h) {}

  detail::task_awaiter<T> awaiter_;
};

namespace detail {

template <class T>
task<T> task_promise<T>::get_return_object() noexcept {
  return task<T>(handle_of(*this));
}
template <class T>
task<T&> task_promise<T&>::get_return_object() noexcept {
  return task<T&>(handle_of(*this));
}
inline task<void> task_promise<void>::get_return_object() noexcept {
  return task<void>(handle_of(*this));
}

// A task of anything that can be awaited.
template <class A>
task<awaited_t<A>> task_of(A a) {
  co_return co_await std::move(a);
}
template <class T>
task<T> task_of(task<T> t) {
  return t;
}

// What the parameters of a coroutine of eddy's may be.
template <class Coroutine, class... Parameters>
struct coroutine_of {
  static_assert(!(std::is_rvalue_reference_v<Parameters> || ...),
                "this coroutine would outlive what its parameter refers to: it is lazy, and keeps "
                "references as such. Take the parameter by value, and move into it");
  using promise_type = typename Coroutine::promise_type;
};

}  // namespace detail
}  // namespace eddy

template <class T, class... Parameters>
struct std::coroutine_traits<eddy::task<T>, Parameters...>
    : eddy::detail::coroutine_of<eddy::task<T>, Parameters...> {};
