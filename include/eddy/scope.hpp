// eddy/scope.hpp - tasks that run side by side, none of which is forgotten.
//
//   co_await eddy::with_scope([&](eddy::scope& s) -> eddy::task<> {
//     for (;;) s.spawn(serve(co_await listener.accept()));
//   });
//
// A scope owns its tasks, and does not end before they do. The first that fails cancels the others,
// and when all have ended, what it threw is thrown by the co_await; so an exception is never lost.
// What further ones throw is dropped. Who was asked to stop and says so (operation_canceled) did
// not fail; but a `with_scope` that is cancelled from outside before all its tasks have come to
// their ends fails with that.
//
// `with_scope` cannot be forgotten and is the usual form: the function is the first task of the
// scope, may return a value, and is kept, with what it captures, until all is over. A `scope` that
// is made by itself must be joined. To destroy one whose tasks still run would leave them with
// references into what is being destroyed, and there is nobody to tell and no way to wait: that
// alone reports on stderr and ends the program (std::terminate), in every build.
//
// For the loop's own thread.
#pragma once

#include <eddy/task.hpp>

#include <concepts>

namespace eddy {

class loop;

namespace detail {

// The tasks of a scope or of a loop.
class children : public owner {
 public:
  // Gives the coroutine to go on with.
  using all_ended_function = std::coroutine_handle<> (*)(children&) noexcept;
  explicit children(all_ended_function f) noexcept : owner(&child_ended), all_ended_(f) {}

  void start(task<void>&& t) {
    ++count_;
    auto first = std::move(t).operator co_await();
    first.begin(static_cast<owner&>(*this));
    (void)first.release();
  }
  std::size_t count() const noexcept { return count_; }
  void enter() noexcept { ++count_; }
  std::coroutine_handle<> exit() noexcept {
    return --count_ == 0 ? all_ended_(*this) : std::noop_coroutine();
  }
  // The first failure counts, and stops the others.
  EDDY_API void fail(std::exception_ptr thrown) noexcept;
  const std::exception_ptr& failure() const noexcept { return failure_; }
  // What the first threw that was asked to stop, and did not fail: it did not come to its end.
  const std::exception_ptr& cut_short() const noexcept { return cut_short_; }
  std::exception_ptr take_failure() noexcept { return std::exchange(failure_, nullptr); }

 private:
  EDDY_API static std::coroutine_handle<> child_ended(owner&, promise_base&,
                                                      std::coroutine_handle<>) noexcept;

  all_ended_function all_ended_;
  std::size_t count_ = 0;
  std::exception_ptr failure_;
  std::exception_ptr cut_short_;
};

// Keeps a function for as long as its task runs.
template <class F>
task<void> run_kept(F f) {
  co_await f();
}

template <class F>
concept makes_task = requires(F f) {
  { f() } -> std::same_as<task<void>>;
};

// Not a constraint of spawn: then compilers would list all that did not match.
template <class F>
task<void> task_to_spawn(F f) {
  static_assert(makes_task<F>,
                "spawn takes an eddy::task<void>, or a function without parameters that returns "
                "one: there is nobody to take another value");
  if constexpr (makes_task<F>) return run_kept(std::move(f));
}

}  // namespace detail

class [[nodiscard("a scope that is made by itself must be joined: give it a name")]] scope
    : detail::children {
 public:
  // On that loop, stopped with it.
  EDDY_API explicit scope(loop & on) noexcept;
  ~scope() {
    if (count() != 0) [[unlikely]]
      die();
  }

  // Starts it now: it runs until it first waits. In a cancelled scope it is started as well, and
  // told so at its first co_await.
  void spawn(task<void> t) { start(std::move(t)); }
  // The same with what the function returns; the function, with what it captures, is kept until
  // then.
  template <class F>
  void spawn(F f) {
    start(detail::task_to_spawn(std::move(f)));
  }

  // How many run, with the function of with_scope.
  std::size_t size() const noexcept { return count() - (begins_ ? 1 : 0); }
  // Asks all to stop. Those who do (operation_canceled) did not fail. It stays cancelled; a scope
  // that failed can be used again when it has been joined.
  void cancel() noexcept { own_.request(); }
  // Whether they were asked, by whomever.
  bool cancelled() const noexcept { return own_.requested(); }

  // Waits for all, and throws the first failure. A cancellation of who waits reaches a scope by the
  // way that it was made, not by this. One coroutine at a time: another one fails with
  // device_or_resource_busy, as within with_scope, which awaits its scope by itself.
  class [[nodiscard("a scope waits for its tasks when join is awaited")]] join_operation
      : public awaitable<join_operation> {
   public:
    explicit join_operation(scope & s) noexcept : scope_(&s) {}
    bool begin(const awaiting& a) noexcept {
      is_refused_ = scope_->joiner_ != nullptr;
      return !is_refused_ && scope_->wait(a);
    }
    result<void> await_result() {
      if (is_refused_) return refusal();
      if (std::exception_ptr thrown = scope_->finish()) return error_of(thrown);
      return {};
    }
    void await_resume() {
      if (is_refused_) refusal().raise();
      if (std::exception_ptr thrown = scope_->finish()) std::rethrow_exception(thrown);
    }

   private:
    static error refusal() noexcept {
      return error(std::errc::device_or_resource_busy,
                   "join a scope that is awaited already, as with_scope does by itself");
    }
    scope* scope_;
    bool is_refused_ = false;
  };
  // See join_operation.
  join_operation join() noexcept { return join_operation(*this); }

 private:
  template <class F>
  friend class with_scope;

  // Opened when it begins.
  scope() noexcept : children(&all_ended) {}
  void open(const awaiting& a) noexcept {
    core = a.in->core;
    stop = &own_;
    awaited_by = a.promise;
    own_.attach(*a.in->stop);
    joiner_ = a.handle;
  }
  bool wait(const awaiting& a) noexcept {
    if (count() == 0) return false;
    awaited_by = a.promise;
    joiner_ = a.handle;
    return true;
  }
  // Ready for new tasks.
  std::exception_ptr finish() noexcept {
    if (failure() != nullptr) {
      own_.reset();
      own_.detach();
      own_.attach(core->stop);  // which may have been requested
    }
    return take_failure();
  }
  static std::coroutine_handle<> all_ended(detail::children & c) noexcept {
    const std::coroutine_handle<> joiner = std::exchange(static_cast<scope&>(c).joiner_, nullptr);
    c.awaited_by = nullptr;
    return joiner ? joiner : std::noop_coroutine();
  }
  [[noreturn]] EDDY_API void die() const noexcept;

  cancellation own_;
  std::coroutine_handle<> joiner_;
  bool begins_ = false;  // with_scope has entered, and counts for no task
};

// See above. Gives what the function's task returns.
template <class F>
class [[nodiscard("a scope does nothing until it is awaited")]] with_scope
    : public awaitable<with_scope<F>>,
      detail::owner {
  using body_task = std::invoke_result_t<F&, scope&>;
  static_assert(detail::is_task<body_task>,
                "with_scope takes a function that takes a scope& and returns an eddy::task");
  using value_type = typename body_task::value_type;
  static constexpr bool is_void = std::is_void_v<value_type>;

 public:
  [[nodiscard("a scope does nothing until it is awaited")]] explicit with_scope(F f)
      : owner(&body_ended), function_(std::move(f)) {}
  with_scope(with_scope && other) noexcept(std::is_nothrow_move_constructible_v<F>)
      : owner(&body_ended), function_(std::move(other.function_)) {}

  bool begin(const awaiting& a) {
    outer_ = a.in->stop;
    scope_.open(a);
    body_ = function_(scope_).operator co_await();
    static_cast<context&>(*this) = scope_;
    awaited_by = a.promise;
    scope_.enter();
    scope_.enter();  // we ourselves, until the end of this function
    scope_.begins_ = true;
    body_.begin(static_cast<owner&>(*this));
    scope_.begins_ = false;
    (void)scope_.exit();
    return scope_.wait(a);
  }
  value_type await_resume() {
    if (const std::exception_ptr thrown = failure_of_tasks()) std::rethrow_exception(thrown);
    if constexpr (is_void)
      if (body_.failure() != nullptr) return;  // scope::cancel
    return body_.await_resume();
  }
  typename detail::result_of<value_type>::type await_result() {
    if (const std::exception_ptr thrown = failure_of_tasks()) return error_of(thrown);
    if constexpr (is_void)
      if (body_.failure() != nullptr) return {};
    return body_.await_result();
  }
  std::exception_ptr failure() const noexcept {
    const std::exception_ptr thrown = failure_of_tasks();
    return thrown != nullptr ? thrown : body_.failure();
  }

 private:
  // Cut short from outside, it did not do what it was to do, even if its function did.
  std::exception_ptr failure_of_tasks() const noexcept {
    if (scope_.failure() != nullptr) return scope_.failure();
    return outer_->requested() ? scope_.cut_short() : nullptr;
  }
  static std::coroutine_handle<> body_ended(owner & o, detail::promise_base & p,
                                            std::coroutine_handle<>) noexcept {
    auto& self = static_cast<with_scope&>(o);
    if (p.failure() != nullptr) self.scope_.fail(p.failure());
    return self.scope_.exit();
  }

  F function_;
  scope scope_;
  cancellation* outer_ = nullptr;
  detail::task_awaiter<value_type> body_{nullptr};
};

}  // namespace eddy
