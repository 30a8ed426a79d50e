// eddy/cancellation.hpp - asking what runs to stop.
//
// Every task has a cancellation: that of its scope, of its with_timeout, or of its loop. To request
// it asks everything that waits under it to stop, and whatever begins to wait afterwards ends at
// once; both with std::errc::operation_canceled. What the kernel performs is stopped there *and
// awaited*: each operation has exactly one end, and memory given to it is its until then.
// Requesting runs no code of the waiting tasks; they go on in their turn.
//
// Most programs meet cancellations only through `scope`, `with_timeout`, `when_any` and
// `loop::stop`. Everything here is for the loop's own thread, and costs a few stores: no lock, no
// atomic, no memory.
#pragma once

#include <eddy/api.hpp>

namespace eddy {

namespace detail {

// In a doubly linked list, or in none.
struct link {
  link* next = nullptr;
  link* previous = nullptr;

  bool is_linked() const noexcept { return next != nullptr; }
  void unlink() noexcept {
    next->previous = previous;
    previous->next = next;
    next = nullptr;
  }
  void unlink_if_linked() noexcept {
    if (next != nullptr) unlink();
  }
};

class link_list {
 public:
  link_list() noexcept { ends_.next = ends_.previous = &ends_; }
  link_list(const link_list&) = delete;
  link_list& operator=(const link_list&) = delete;

  bool empty() const noexcept { return ends_.next == &ends_; }
  link* front() const noexcept { return ends_.next; }
  const link* end() const noexcept { return &ends_; }
  void push_back(link& l) noexcept {
    l.previous = ends_.previous;
    l.next = &ends_;
    ends_.previous->next = &l;
    ends_.previous = &l;
  }

 private:
  link ends_;
};

}  // namespace detail

class cancellation;

// What a cancellation can stop: an operation in flight, a coroutine that waits for another, or a
// cancellation within. For whoever writes an awaitable of their own.
class stoppable : public detail::link {
 public:
  // Called once at most, when it is in the cancellation no more; must run no code of the user.
  using stop_function = void (*)(stoppable&) noexcept;
  enum class kind : unsigned char { waiting, cancellation };

  // What is to be done to stop it.
  explicit stoppable(stop_function stop, kind what = kind::waiting) noexcept
      : stop_(stop), what_(what) {}
  stoppable(const stoppable&) = delete;
  stoppable& operator=(const stoppable&) = delete;

  // Which of the two it is.
  kind what() const noexcept { return what_; }

 private:
  friend class cancellation;
  stop_function stop_;
  kind what_;
};

class cancellation : public stoppable {
 public:
  cancellation() noexcept : stoppable(&request_this, kind::cancellation) {}
  // Within `outer`, with which it is requested.
  explicit cancellation(cancellation& outer) noexcept : cancellation() { attach(outer); }
  ~cancellation() { unlink_if_linked(); }

  // Within `outer` from now on; not within anything any longer.
  void attach(cancellation& outer) noexcept {
    if (outer.requested_) [[unlikely]]
      requested_ = true;
    else
      outer.waiting_.push_back(*this);
  }
  // It is within nothing any longer.
  void detach() noexcept { unlink_if_linked(); }

  // Whether it was asked to stop, by itself or from outside.
  bool requested() const noexcept { return requested_; }
  // Again is nothing. Runs no code of the user.
  void request() noexcept {
    requested_ = true;
    while (!waiting_.empty()) {
      auto& s = static_cast<stoppable&>(*waiting_.front());
      s.unlink();
      s.stop_(s);
    }
  }

  // Whatever begins to wait registers here, if no request was made, and unlinks itself when it
  // ends.
  void add(stoppable& s) noexcept { waiting_.push_back(s); }

  // What waits under it.
  const detail::link_list& waiting() const noexcept { return waiting_; }
  // Starts afresh; nothing must be left.
  void reset() noexcept { requested_ = false; }

 private:
  static void request_this(stoppable& s) noexcept { static_cast<cancellation&>(s).request(); }

  bool requested_ = false;
  detail::link_list waiting_;
};

}  // namespace eddy
