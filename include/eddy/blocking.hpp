// eddy/blocking.hpp - work that blocks, on threads apart: the loop goes on meanwhile.
//
//   auto ask = [path] { return std::filesystem::file_size(path); };
//   std::uintmax_t size = co_await eddy::blocking(std::move(ask));
//
// The function runs on a thread of the loop's (loop_options::blocking says how many there are);
// what it returns or throws comes back to the coroutine. It must not touch what belongs to the
// loop.
//
// Cancelled (or timed out) it ends at once, with operation_canceled: work that has not begun is
// dropped; work that runs cannot be stopped, so nobody waits for it any more, and its result is
// dropped when it comes. **So the function must own what it uses**: capture by value, or by
// shared_ptr; what a late one refers to may be gone, also the whole program's main.
//
// Bounded: so many threads and no more; so much waits for them, and what is beyond that waits in
// its coroutines, which are resumed in their order. Work that is stuck cannot starve the rest: a
// thread that is stuck in work which was cancelled is replaced (a bounded number of times), and
// some threads are reserved for what is declared to end soon:
//
//   co_await eddy::blocking(eddy::work::ends_soon, [f] { return ::fsync(f); });
//
// Costs one block of memory, two changes of thread and a wake-up: for what takes 50 us or more.
// The threads have all signals blocked.
#pragma once

#include <eddy/loop.hpp>

#include <optional>

namespace eddy {

enum class work : unsigned char { may_hang, ends_soon };

namespace detail {

class blocking_pool;
class blocking_wait;

// What is to be done; shared by the coroutine, while it waits, and by the threads.
class job : public posted, public link {
 protected:
  using job_function = void (*)(job&) noexcept;
  EDDY_API job(job_function run, job_function destroy) noexcept;

 private:
  friend class blocking_pool;
  friend class blocking_wait;
  enum class state : unsigned char { idle, queued, running, abandoned, done };

  job_function run_;
  job_function destroy_;
  blocking_wait* waits_ = nullptr;
  loop_state* loop_ = nullptr;
  work kind_ = work::may_hang;
  state state_ = state::idle;
};

// The coroutine's end of it.
class blocking_wait : public leaf {
 protected:
  explicit blocking_wait(work w) noexcept : leaf(&stop), kind_(w) {}
  ~blocking_wait() {
    if (job_ != nullptr) job_->destroy_(*job_);
  }
  EDDY_API bool start(job& j, const awaiting& a) noexcept;

  int outcome_ = 0;
  const work kind_;
  job* job_ = nullptr;  // ours, once it has ended

 private:
  friend class blocking_pool;
  EDDY_API static void stop(stoppable& s) noexcept;
  void give_up(int reason) noexcept;
};

template <class F>
class job_of final : public job {
 public:
  using value = std::invoke_result_t<F&>;
  static_assert(!std::is_reference_v<value>, "blocking work gives a value: return a pointer");
  using kept = std::conditional_t<std::is_void_v<value>, bool, value>;

  explicit job_of(F&& f) : job(&run, &destroy), function_(std::move(f)) {}
  const std::exception_ptr& failure() const noexcept { return failure_; }
  kept take() { return std::move(*value_); }

 private:
  static void run(job& j) noexcept {
    auto& self = static_cast<job_of&>(j);
    try {
      if constexpr (std::is_void_v<value>)
        self.function_();
      else
        self.value_.emplace(self.function_());
    } catch (...) {
      self.failure_ = std::current_exception();
    }
  }
  static void destroy(job& j) noexcept { delete static_cast<job_of*>(&j); }

  F function_;
  std::optional<kept> value_;
  std::exception_ptr failure_;
};

}  // namespace detail

template <class F>
class [[nodiscard("nothing is done until blocking is awaited")]] blocking
    : public awaitable<blocking<F>>,
      detail::blocking_wait {
  using job = detail::job_of<F>;
  using value = typename job::value;

 public:
  // What is to be done, and what is known of how long that takes.
  [[nodiscard("nothing is done until blocking is awaited")]] explicit blocking(F f)
      : blocking(work::may_hang, std::move(f)) {}
  [[nodiscard("nothing is done until blocking is awaited")]] blocking(work w, F f)
      : blocking_wait(w), function_(std::move(f)) {}
  blocking(blocking && other) noexcept(std::is_nothrow_move_constructible_v<F>)
      : blocking_wait(other.kind_), function_(std::move(other.function_)) {}

  bool begin(const awaiting& a) { return start(*new job(std::move(function_)), a); }
  value await_resume() {
    if (outcome_ != 0) failure_to_run().raise();
    job& j = mine();
    if (j.failure() != nullptr) std::rethrow_exception(j.failure());
    if constexpr (!std::is_void_v<value>) return j.take();
  }
  // What is not a std::system_error is thrown.
  result<value> await_result() {
    if (outcome_ != 0) return failure_to_run();
    job& j = mine();
    if (j.failure() != nullptr) return error_of(j.failure());
    if constexpr (std::is_void_v<value>)
      return {};
    else
      return j.take();
  }
  std::exception_ptr failure() {
    if (outcome_ != 0) return std::make_exception_ptr(exception(failure_to_run()));
    return mine().failure();
  }

 private:
  error failure_to_run() const noexcept { return error::of_errno(outcome_, "run blocking work"); }
  job& mine() noexcept { return static_cast<job&>(*job_); }

  F function_;
};

}  // namespace eddy
