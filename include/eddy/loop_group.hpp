// eddy/loop_group.hpp - a loop for each core.
//
//   eddy::loop_group group;
//   group.run([](eddy::loop& loop, std::size_t number) -> eddy::task<> {
//     eddy::tcp_listener listener(eddy::address::any(8080), {.reuse_port = true});
//     co_await serve_all(listener);
//   });
//
// `run` calls the function once for each loop, on the loop's thread (the first loop's is the thread
// that calls `run`), and runs the tasks until all have ended. A loop whose task has ended goes on
// for the others, which may send it work (post, resume_on), until theirs have ended too. The first
// task that fails stops the others, and what it threw is thrown by `run`.
//
// The function is called from several threads at once; it is kept until its tasks have ended. Loops
// share nothing; what they are to share is the program's to lock, or belongs to one loop to which
// others post. (Windows has no reuse_port: there one loop listens and hands on what it accepts, by
// resume_on.)
#pragma once

#include <eddy/loop.hpp>

#include <cstddef>
#include <memory>

namespace eddy {

class loop_group {
 public:
  // 0: as many as the cores that this process may use. Throws as `loop` does.
  EDDY_API explicit loop_group(std::size_t count = 0, const loop_options& options = {});
  loop_group(const loop_group&) = delete;
  loop_group& operator=(const loop_group&) = delete;
  // Not while `run` runs. Ends the loops, as ~loop does.
  EDDY_API ~loop_group();

  EDDY_API std::size_t size() const noexcept;
  // Of these, other threads may use post, wake and stop only.
  EDDY_API loop& operator[](std::size_t number) noexcept;

  // One at a time; may be repeated. Throws what the first task to fail threw; after `stop`,
  // timed_out when tasks were left at the deadline: those go on in the next `run`, or are awaited
  // by the destructor.
  template <class F>
  void run(F f) {
    run_all([](void* kept, loop& on,
               std::size_t number) -> task<void> { return (*static_cast<F*>(kept))(on, number); },
            std::make_shared<F>(std::move(f)));
  }

  // Cancels all tasks of all loops; `run` returns when they have ended, or throws when the deadline
  // is over. From any thread. Nothing when `run` does not run.
  template <class Rep, class Period>
  void stop(std::chrono::duration<Rep, Period> deadline) noexcept {
    stop_within(detail::nanoseconds_of(deadline));
  }

 private:
  struct state;
  using make_function = task<void> (*)(void* kept, loop& on, std::size_t number);
  EDDY_API void run_all(make_function make, std::shared_ptr<void> f);
  EDDY_API void stop_within(long long nanoseconds) noexcept;

  std::unique_ptr<state> state_;
};

}  // namespace eddy
