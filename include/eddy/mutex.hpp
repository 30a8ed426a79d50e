// eddy/mutex.hpp - one coroutine at a time, also across its co_awaits.
//
//   eddy::mutex::guard lock = co_await m.lock();
//
// For coroutines of one loop: they run on one thread, so that a mutex is needed only where what is
// protected lasts longer than until the next co_await. Not for several threads: use resume_on, or a
// std::mutex that is not held across a co_await.
//
// Fair: it goes to the one that has waited longest, by hand-over. A cancelled wait fails with
// operation_canceled; what was handed over is not lost to a cancellation. A free mutex is taken
// without a wait, also by a cancelled task. Takes no memory. A mutex that is destroyed ends the
// waits for it with operation_canceled; it must outlive its guards.
#pragma once

#include <eddy/wait_queue.hpp>

namespace eddy {

class mutex {
 public:
  // Unlocks when it is destroyed.
  class [[nodiscard("the mutex is unlocked where its guard is destroyed")]] guard {
   public:
    guard() noexcept = default;
    guard(guard && other) noexcept : mutex_(std::exchange(other.mutex_, nullptr)) {}
    guard& operator=(guard other) noexcept {
      std::swap(mutex_, other.mutex_);
      return *this;
    }
    ~guard() { unlock(); }

    // Whether it has locked one, and not unlocked it since.
    bool owns_lock() const noexcept { return mutex_ != nullptr; }
    explicit operator bool() const noexcept { return owns_lock(); }
    // Before its end. Again is nothing.
    void unlock() noexcept {
      if (mutex_ != nullptr) std::exchange(mutex_, nullptr)->unlock();
    }

   private:
    friend class mutex;
    explicit guard(mutex & m) noexcept : mutex_(&m) {}
    mutex* mutex_ = nullptr;
  };

  class [[nodiscard("a mutex is locked when lock is awaited")]] lock_operation
      : public awaitable<lock_operation>,
        detail::queued {
   public:
    explicit lock_operation(mutex & m) noexcept : mutex_(&m) {}
    lock_operation(const lock_operation& other) noexcept : lock_operation(*other.mutex_) {}

    bool await_ready() noexcept { return take(mutex_->acquire()); }
    bool begin(const awaiting& a) noexcept {
      return !take(mutex_->acquire()) && mutex_->waiting_.push(*this, a);
    }
    result<guard> await_result() noexcept {
      if (!granted()) return cancelled();
      return guard(*mutex_);
    }
    guard await_resume() {
      if (!granted()) [[unlikely]]
        cancelled().raise();
      return guard(*mutex_);
    }

   private:
    static error cancelled() noexcept {
      return error(std::errc::operation_canceled, "lock a mutex");
    }
    mutex* mutex_;
  };

  mutex() noexcept = default;
  mutex(const mutex&) = delete;
  mutex& operator=(const mutex&) = delete;

  // Waits until it is free, behind those that came earlier; gives a guard.
  lock_operation lock() noexcept { return lock_operation(*this); }
  // Empty when it is locked.
  guard try_lock() noexcept { return acquire() ? guard(*this) : guard(); }
  // Whether somebody has it.
  bool is_locked() const noexcept { return locked_; }

 private:
  bool acquire() noexcept { return !std::exchange(locked_, true); }
  void unlock() noexcept {
    if (waiting_.empty())
      locked_ = false;
    else
      waiting_.grant_first();
  }

  bool locked_ = false;
  detail::wait_queue waiting_;
};

}  // namespace eddy
