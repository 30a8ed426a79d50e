// What is true while a callback runs.
#pragma once

#include "loop/loop.h"

namespace eddy::engine {

// The callback is known as the one that runs, and the lock is left. It may throw: the loop is then
// as after a return.
class loop::callback_scope {
 public:
  callback_scope(loop& l, callback* c, const void* function) : loop_(l), function_(function) {
    loop_.current_ = c;
    if (loop_.timing_) started_ = loop_.clock_.now();
    loop_.unlock();
  }
  ~callback_scope() {
    loop_.lock();
    if (started_ >= 0) loop_.note_duration(function_, started_);
    loop_.current_ = nullptr;
    if (loop_.condition_waiters_ == 0) [[likely]]
      return;
    loop_.condition_waiters_ = 0;
    loop_.threads_->cond_signal(loop_.condition_, 1);
  }
  callback_scope(const callback_scope&) = delete;
  callback_scope& operator=(const callback_scope&) = delete;

 private:
  loop& loop_;
  const void* const function_;
  std::int64_t started_ = -1;
};

}  // namespace eddy::engine
