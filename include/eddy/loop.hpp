// eddy/loop.hpp - the loop that coroutines run on.
//
//   eddy::loop loop;
//   loop.run(serve(8080));
//
// One thread runs a loop. All of it is for that thread, except `post`, `wake` and `stop`, which any
// thread may call. It has the best backend that the machine has; EDDY_BACKEND=name, or
// loop_options::backend, choose another.
//
// A loop *is* an event_base of the C face: `native_handle()` gives it, and `wrap` makes an
// event_base of a program's own a loop for coroutines, which then run in its event_base_dispatch().
#pragma once

#include <eddy/scope.hpp>
#include <eddy/timer.hpp>

#include <chrono>
#include <string>

struct event_base;

namespace eddy {

class loop_group;

// How the threads of a loop do what blocks.
struct blocking_options {
  unsigned threads = 8;   // at most; started when they are needed
  unsigned reserved = 2;  // of them, for work that is known to end soon
  unsigned queue = 64;    // what waits for a thread; more waits in the coroutines
  // Threads beyond `threads`, in place of those that are stuck in work which nobody waits for.
  unsigned replacements = 8;
};

struct loop_options {
  // A backend by name, as eddy/backends.hpp lists them; null: the best.
  const char* backend = nullptr;
  // The event_base may be used by several threads (as after evthread_use_pthreads). Coroutines need
  // no locks and are faster without.
  bool threads = false;
  // Tells on stderr which tasks are still suspended when the loop ends, and where they wait.
  bool report_suspended =
#ifdef NDEBUG
      false;
#else
      true;
#endif
  // For eddy::blocking (eddy/blocking.hpp).
  blocking_options blocking{};
};

namespace detail {

struct loop_state;
EDDY_API loop_core& core_of(loop_state& s) noexcept;

// Work from another thread.
class posted {
 public:
  // `wanted`: to be done; otherwise the loop ends, and it is only to be forgotten.
  using function = void (*)(posted&, bool wanted);
  explicit posted(function f) noexcept : call_(f) {}

 private:
  friend struct loop_state;
  function call_;
  posted* next_ = nullptr;
};

// While a loop runs. Throws device_or_resource_busy when it does already.
class running {
 public:
  EDDY_API explicit running(loop_state& s);
  EDDY_API ~running();
  running(const running&) = delete;
  running& operator=(const running&) = delete;

 private:
  loop_state& state_;
};

// The task that loop::run runs.
class main_task : public owner {
 public:
  bool ended() const noexcept { return ended_; }
  void leave() noexcept {
    if (ended_)
      destroy_(*this);
    else
      left_ = true;
  }

 protected:
  using destroy_function = void (*)(main_task&) noexcept;
  EDDY_API main_task(loop_state& s, destroy_function f) noexcept;

 private:
  static std::coroutine_handle<> on_end(owner& o, promise_base& p,
                                        std::coroutine_handle<>) noexcept;
  loop_state& state_;
  destroy_function destroy_;
  bool ended_ = false;
  bool left_ = false;  // run did not wait for it: its end is the end of this
};

template <class T>
class main_run final : public main_task {
 public:
  main_run(loop_state& s, task<T>&& t) noexcept
      : main_task(s, &destroy), awaiter(std::move(t).operator co_await()) {}
  task_awaiter<T> awaiter;

 private:
  static void destroy(main_task& m) noexcept { delete static_cast<main_run*>(&m); }
};

}  // namespace detail

class loop {
 public:
  // That of all times here.
  using clock = std::chrono::steady_clock;

  // Throws `exception` when there is no backend, memory or descriptor for it.
  loop() : loop(loop_options{}) {}
  EDDY_API explicit loop(const loop_options& options);
  loop(loop&& other) noexcept
      : state_(std::exchange(other.state_, nullptr)), owns_(std::exchange(other.owns_, false)) {}
  loop& operator=(loop other) noexcept {
    std::swap(state_, other.state_);
    std::swap(owns_, other.owns_);
    return *this;
  }
  // First cancels the tasks that are left and runs until they have ended. What they throw then is
  // told on stderr.
  ~loop() {
    if (owns_) close();
  }

  // A loop on a base of the program's own, which stays the program's: it must outlive its tasks.
  // event_base_free first cancels what is left, and lets the base run until that has ended. Any
  // number of times for one base. Throws when out of memory.
  EDDY_API static loop wrap(event_base* base);
  // Stays the loop's; event_base_free is not for it, unless it was wrapped.
  EDDY_API event_base* native_handle() const noexcept;

  // Runs until there is nothing to wait for, or `stop`. Throws what a spawned task threw, when all
  // others have been cancelled and have ended; or, after a `stop`, timed_out.
  EDDY_API void run();
  // Runs until the task has ended, and gives what it gives. Others that were spawned are left as
  // they are then, and go on in the next run. When the task waits for what cannot come any more
  // (nothing of the loop is in flight), all are cancelled, and resource_deadlock_would_occur is
  // thrown; see `hold`.
  template <class T>
  T run(task<T> t) {
    const detail::running one_at_a_time(*state_);
    struct holder {
      detail::main_run<T>* main;
      ~holder() { main->leave(); }
    } kept{new detail::main_run<T>(*state_, std::move(t))};
    kept.main->awaiter.begin(static_cast<detail::owner&>(*kept.main));
    run_until(*kept.main);
    return kept.main->awaiter.await_resume();
  }

  // Starts a task that nobody awaits; it runs until it first waits, now. What it throws ends the
  // loop: the others are cancelled, and `run`, or event_base_dispatch(), throws it.
  EDDY_API void spawn(task<void> t);
  template <class F>
  void spawn(F f) {
    spawn(detail::task_to_spawn(std::move(f)));
  }
  // How many of those run.
  EDDY_API std::size_t size() const noexcept;

  // Cancels all tasks; `run` returns when they have ended, or throws timed_out, naming those that
  // are left, when `deadline` is over. From any thread. New tasks can be spawned when the old ones
  // have ended.
  template <class Rep, class Period>
  void stop(std::chrono::duration<Rep, Period> deadline) noexcept {
    stop_within(detail::nanoseconds_of(deadline));
  }

  // Runs the function on the loop's thread, in the order of each poster. From any thread. False,
  // when the loop is being closed: it then never runs. True means that it will when the loop runs
  // next; a loop that is destroyed without doing so destroys the function, on its thread. What it
  // throws leaves `run`. Takes memory for the function.
  template <class F>
  bool post(F f) {
    struct work : detail::posted {
      explicit work(F&& g) : posted(&call), function(std::move(g)) {}
      static void call(detail::posted& p, bool wanted) {
        // Released first, should the function throw.
        struct holder {
          work* w;
          ~holder() { delete w; }
        } kept{static_cast<work*>(&p)};
        if (wanted) kept.w->function();
      }
      F function;
    };
    auto* w = new work(std::move(f));
    if (post_work(*w)) return true;
    delete w;
    return false;
  }
  // Ends the present or next wait of the loop. From any thread.
  EDDY_API void wake() noexcept;

  // While one exists, `run` goes on although nothing is to be waited for: for work that another
  // thread will `post`. Made and destroyed on the loop's thread.
  class hold {
   public:
    // Of a loop, which must outlive it.
    explicit hold(loop& l) noexcept : state_(l.state_) { keep(1); }
    hold(hold&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
    hold& operator=(hold other) noexcept {
      std::swap(state_, other.state_);
      return *this;
    }
    ~hold() { keep(-1); }

   private:
    EDDY_API void keep(int change) noexcept;
    detail::loop_state* state_;
  };

  // Its name, as in eddy/backends.hpp; lives for ever.
  EDDY_API const char* backend() const noexcept;
  // Of the turn: the same until the loop waits again.
  EDDY_API clock::time_point now() const noexcept;
  // The tasks that wait, one after the other, with where: for people who look for one that hangs.
  EDDY_API std::string suspended_tasks() const;

  // For whoever writes awaitables.
  detail::loop_core& core() const noexcept { return detail::core_of(*state_); }

 private:
  friend class scope;
  friend class loop_group;
  explicit loop(detail::loop_state& s) noexcept : state_(&s), owns_(false) {}

  EDDY_API void close() noexcept;
  EDDY_API void run_until(detail::main_task& main);
  EDDY_API void stop_within(long long nanoseconds) noexcept;
  EDDY_API bool post_work(detail::posted& p) noexcept;

  detail::loop_state* state_ = nullptr;
  bool owns_ = true;
};

}  // namespace eddy
