// eddy/with_stop.hpp - an operation, or a whole task, that another thread can stop.
//
//   std::stop_source source;                       // source.request_stop() from any thread
//   co_await eddy::with_stop(source.get_token(), serve(8080));
//
// The bridge to std::stop_token, whose requests may come from any thread: inside, a request is a
// cancellation. What is cancelled is awaited; it fails with std::errc::operation_canceled, unless
// it ends otherwise all the same. A token that was stopped before it began cancels it as it begins.
//
// While it runs, its loop goes on although nothing else is to be waited for. Costs one block of
// memory, if the token can be stopped at all. Within a program of coroutines, scopes do the same
// for nothing.
//
// GCC 12 for Windows: the destructor of std::stop_callback may wait for ever for a request that
// runs on another thread, and this with it.
#pragma once

#include <eddy/task.hpp>

#include <exception>
#include <optional>
#include <stop_token>

namespace eddy {

namespace detail {

// A cancellation that other threads may request.
class remote_request {
 public:
  // Null: no memory.
  EDDY_API static remote_request* make(loop_core& on, cancellation& stop) noexcept;
  EDDY_API void request() noexcept;  // from any thread; not after `end`
  EDDY_API void end() noexcept;      // on the loop's thread; the cancellation may go

 protected:
  remote_request() = default;
};

}  // namespace detail

template <class A>
class [[nodiscard("nothing starts until with_stop is awaited")]] with_stop
    : public awaitable<with_stop<A>> {
  using inner = detail::awaiter_t<A>;
  static_assert(detail::can_begin<inner>,
                "with_stop takes a task or an operation of eddy: others cannot be cancelled");

 public:
  [[nodiscard("nothing starts until with_stop is awaited")]] with_stop(std::stop_token token,
                                                                       A && a)
      : inner_(detail::awaiter_of(std::forward<A>(a))), token_(std::move(token)) {}
  with_stop(with_stop && other) noexcept
      : inner_(std::move(other.inner_)), token_(std::move(other.token_)) {}
  ~with_stop() { finish(); }

  EDDY_NAMED_BY_TRANSFER auto begin(const awaiting& a) {
    stop_.attach(*a.in->stop);
    in_ = {a.in->core, &stop_};
    if (token_.stop_possible()) listen();
    return inner_.begin(awaiting{a.handle, a.promise, &in_});
  }
  decltype(auto) await_resume() {
    finish();
    return inner_.await_resume();
  }
  auto await_result() {
    finish();
    return inner_.await_result();
  }
  std::exception_ptr failure() const noexcept requires detail::keeps_exception<inner> {
    return inner_.failure();
  }

 private:
  struct ask {
    detail::remote_request* remote;
    void operator()() const noexcept { remote->request(); }
  };
  void listen() {
    if (!token_.stop_requested()) remote_ = detail::remote_request::make(*in_.core, stop_);
    if (remote_ != nullptr)
      callback_.emplace(token_, ask{remote_});
    else
      stop_.request();
  }
  void finish() noexcept {
    callback_.reset();  // waits for one that runs
    if (remote_ != nullptr) std::exchange(remote_, nullptr)->end();
    stop_.detach();
  }

  inner inner_;
  std::stop_token token_;
  context in_;
  cancellation stop_;
  detail::remote_request* remote_ = nullptr;
  std::optional<std::stop_callback<ask>> callback_;
};
template <class A>
with_stop(std::stop_token, A&&) -> with_stop<A>;

}  // namespace eddy
