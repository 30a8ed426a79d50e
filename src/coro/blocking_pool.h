// The threads of a loop that do what blocks. One lock, since what blocks costs more.
#pragma once

#include <eddy/blocking.hpp>

#include <condition_variable>
#include <memory>
#include <mutex>

namespace eddy::detail {

class blocking_pool : public std::enable_shared_from_this<blocking_pool> {
 public:
  explicit blocking_pool(const blocking_options& o) noexcept;

  // --- on the loop's thread ---
  // 0, or an errno when there is no thread to do it and none can be started.
  int submit(job& j);
  // Nobody waits for it any more. False when it has been done and is about to come.
  bool cancel(job& j);
  // Threads end; those that are stuck do so when they can, and are not waited for.
  void close();

  // A job's result comes to the loop.
  static void deliver(posted& p, bool wanted);

 private:
  using lock = std::unique_lock<std::mutex>;
  void one_less_admitted() noexcept;

  int start_threads(const lock&);
  int threads_allowed() const noexcept;
  void work_on();
  job* next_job() noexcept;
  void run(job& j, lock& l);
  void abandon(job& j, const lock& l);

  const blocking_options options_;

  // On the loop's thread.
  link_list waiting_;      // blocking_waits whose jobs were not taken yet
  unsigned admitted_ = 0;  // jobs that were, and are waited for

  std::mutex guards_;  // the rest
  std::condition_variable work_came_;
  std::condition_variable thread_ended_;
  link_list soon_, others_;
  int queued_ = 0;
  int threads_ = 0;
  int idle_ = 0;  // threads with no job
  int may_hang_running_ = 0;
  int stuck_ = 0;  // in work that nobody waits for; not among the others
  bool closing_ = false;
};

}  // namespace eddy::detail
