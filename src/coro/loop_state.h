// What a loop has for its coroutines, beside the engine's part.
#pragma once

#include <eddy/loop.hpp>

#include <atomic>
#include <memory>

#include "capi/base.h"
#include "loop/posted.h"

namespace eddy::detail {

class blocking_pool;
struct resolver_state;

struct loop_state : loop_core {
  loop_state(event_base& b, const loop_options& options);
  loop_state(const loop_state&) = delete;
  loop_state& operator=(const loop_state&) = delete;

  // The one of that base, made if there is none. Null: out of memory, or no descriptor to wake by.
  static loop_state* of(event_base* base, const loop_options& options);

  // --- for any thread ---
  bool post(posted& p) noexcept;
  void wake() noexcept;
  void request_stop(long long nanoseconds) noexcept;

  // --- for the loop's own ---
  void run();
  void run_until(const main_task& main);
  // Cancels everything and runs until it has ended.
  void close() noexcept;
  void fail(std::exception_ptr thrown) noexcept { roots.fail(std::move(thrown)); }
  void end_main_run() noexcept { base.stop_after_turn(); }
  std::string suspended_tasks() const;
  void report() const;

  // Null: no memory.
  blocking_pool* threads_for_blocking() noexcept;

  event_base& base;
  std::shared_ptr<blocking_pool> pool;  // once something blocked
  resolver_state* resolver = nullptr;   // the loop's own, once it was asked
  children roots;                       // what was spawned, and main tasks
  bool runs = false;                    // by eddy::loop
  link_list closing;  // closing_stream: those that are being closed in the background

 private:
  static void resume_ready(engine::callback*, void* state);
  static void take_posted(engine::callback*, void* state);
  static void stop_is_late(int, short, void* state);
  static std::coroutine_handle<> roots_ended(children& c) noexcept;

  friend void run_ready_soon(loop_core&) noexcept;
  void settle();
  engine::run_result run_engine(int flags = 0);
  // While the loop is closed: what is thrown is told. False when there is nothing to go on with.
  bool run_on(int flags) noexcept;
  void begin_stop() noexcept;
  void tell_late_stop();
  void do_posted();
  void append(posted* newest) noexcept;
  void close_inbox() noexcept;
  void end_closing() noexcept;  // stream_close.cpp

  const bool report_suspended_;
  const blocking_options blocking_;
  bool stopping_ = false;
  bool late_ = false;  // stopping_, and its deadline is over
  engine::callback resume_;
  engine::watcher stop_timer_;

  // What was posted, the newest first; `closed` when nothing is taken any more.
  static posted* closed() noexcept { return reinterpret_cast<posted*>(1); }
  std::atomic<posted*> inbox_{nullptr};
  std::atomic<bool> inbox_is_due_{false};
  std::atomic<int> posters_{0};  // threads that may still touch the base to wake it
  posted* taken_ = nullptr;      // the oldest first: what is to be done
  engine::posted_work inbox_work_;

  // The deadline that was asked for, from now on; negative: none was.
  std::atomic<long long> stop_wanted_{-1};
};

}  // namespace eddy::detail
