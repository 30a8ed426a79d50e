// eddy/event.hpp - something that happens once, and for which any number of coroutines wait.
//
//   eddy::event ready;
//   co_await ready.wait();     // goes on when somebody called ready.set()
//
// It stays set until `reset`, and while it is, nobody waits. For coroutines of one loop; another
// thread posts: `loop.post([&] { ready.set(); })`. A cancelled wait fails with operation_canceled.
// Who has been told goes on, whatever happens to the event then. Takes no memory. An event that is
// destroyed ends the waits for it with operation_canceled.
//
// Not the C face's `struct event`, which is in no namespace.
#pragma once

#include <eddy/wait_queue.hpp>

namespace eddy {

class event {
 public:
  class [[nodiscard("nobody waits until this is awaited")]] wait_operation
      : public awaitable<wait_operation>,
        detail::queued {
   public:
    explicit wait_operation(event & e) noexcept : event_(&e) {}
    wait_operation(const wait_operation& other) noexcept : wait_operation(*other.event_) {}

    bool await_ready() noexcept { return take(event_->set_); }
    bool begin(const awaiting& a) noexcept {
      return !take(event_->set_) && event_->waiting_.push(*this, a);
    }
    result<void> await_result() const noexcept {
      if (!granted()) [[unlikely]]
        return error(std::errc::operation_canceled, "wait for an event");
      return {};
    }

   private:
    event* event_;
  };

  event() noexcept = default;
  event(const event&) = delete;
  event& operator=(const event&) = delete;

  // Until it is set; at once, when it is.
  wait_operation wait() noexcept { return wait_operation(*this); }
  // Those that wait go on in the order in which they came, in the loop's turn; not within the call.
  void set() noexcept {
    set_ = true;
    waiting_.grant_all();
  }
  // From now on who waits waits until it is set again.
  void reset() noexcept { set_ = false; }
  // Whether who waits now goes on at once.
  bool is_set() const noexcept { return set_; }

 private:
  bool set_ = false;
  detail::wait_queue waiting_;
};

}  // namespace eddy
