// eddy/semaphore.hpp - so many at a time, and no more.
//
//   eddy::semaphore downloads(8);
//   ...
//   eddy::semaphore::permit p = co_await downloads.enter();   // given back at its end
//
// `acquire` and `release` are the same without the permit, for what is released elsewhere. For
// coroutines of one loop. Fair: what is released goes to the one that has waited longest. A
// cancelled wait fails with operation_canceled; what was handed over is not lost to a cancellation.
// What is there is taken without a wait, also by a cancelled task. Takes no memory. A semaphore
// that is destroyed ends the waits for it with operation_canceled; it must outlive its permits.
#pragma once

#include <eddy/wait_queue.hpp>

#include <cstddef>

namespace eddy {

class semaphore {
 public:
  // Released when it is destroyed.
  class [[nodiscard("what was acquired is released where its permit is destroyed")]] permit {
   public:
    permit() noexcept = default;
    permit(permit && other) noexcept : semaphore_(std::exchange(other.semaphore_, nullptr)) {}
    permit& operator=(permit other) noexcept {
      std::swap(semaphore_, other.semaphore_);
      return *this;
    }
    ~permit() { release(); }

    explicit operator bool() const noexcept { return semaphore_ != nullptr; }
    // Before its end. Again is nothing.
    void release() noexcept {
      if (semaphore_ != nullptr) std::exchange(semaphore_, nullptr)->release();
    }

   private:
    friend class semaphore;
    explicit permit(semaphore & s) noexcept : semaphore_(&s) {}
    semaphore* semaphore_ = nullptr;
  };

  // Gives a permit, or nothing.
  template <class Given>
  class [[nodiscard("a semaphore is acquired when this is awaited")]] acquire_operation
      : public awaitable<acquire_operation<Given>>,
        detail::queued {
   public:
    explicit acquire_operation(semaphore & s) noexcept : semaphore_(&s) {}
    acquire_operation(const acquire_operation& other) noexcept
        : acquire_operation(*other.semaphore_) {}

    bool await_ready() noexcept { return take(semaphore_->try_acquire()); }
    bool begin(const awaiting& a) noexcept {
      return !take(semaphore_->try_acquire()) && semaphore_->waiting_.push(*this, a);
    }
    result<Given> await_result() noexcept {
      if (!granted()) [[unlikely]]
        return error(std::errc::operation_canceled, "acquire a semaphore");
      if constexpr (std::is_void_v<Given>)
        return {};
      else
        return Given(*semaphore_);
    }

   private:
    semaphore* semaphore_;
  };

  // How many may be in it at once.
  explicit semaphore(std::size_t available) noexcept : available_(available) {}
  semaphore(const semaphore&) = delete;
  semaphore& operator=(const semaphore&) = delete;

  // Waits until there is one, behind those that came earlier; gives a permit, which gives it back.
  acquire_operation<permit> enter() noexcept { return acquire_operation<permit>(*this); }
  // The same, to be given back by `release`.
  acquire_operation<void> acquire() noexcept { return acquire_operation<void>(*this); }
  // False when there is none.
  bool try_acquire() noexcept {
    if (available_ == 0) return false;
    --available_;
    return true;
  }
  // One or several; there may become more than there were at first.
  void release(std::size_t count = 1) noexcept {
    for (; count != 0 && !waiting_.empty(); --count) waiting_.grant_first();
    available_ += count;
  }
  // How many could be had at once.
  std::size_t available() const noexcept { return available_; }

 private:
  std::size_t available_;  // 0 while somebody waits
  detail::wait_queue waiting_;
};

}  // namespace eddy
