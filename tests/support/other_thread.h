// A loop that another thread runs, until this is destroyed.
#pragma once

#include <atomic>
#include <future>
#include <string>
#include <thread>

#include "coroutines.h"

namespace eddy::test {

class other_thread {
 public:
  explicit other_thread(const std::string& backend)
      : thread_([this, backend] {
          loop l(loop_options{.backend = backend.c_str()});
          const loop::hold hold(l);
          made_.set_value(&l);
          do l.run();
          while (!over_);
        }),
        loop_(made_.get_future().get()) {}
  ~other_thread() {
    over_ = true;
    loop_->stop(60s);
    thread_.join();
  }
  other_thread(const other_thread&) = delete;
  other_thread& operator=(const other_thread&) = delete;

  loop& on() { return *loop_; }
  std::thread::id id() const { return thread_.get_id(); }

 private:
  std::atomic<bool> over_{false};
  std::promise<loop*> made_;
  std::thread thread_;
  loop* loop_;
};

}  // namespace eddy::test
