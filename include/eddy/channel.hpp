// eddy/channel.hpp - values handed from coroutine to coroutine, at most so many ahead.
//
//   eddy::channel<std::string> lines(16);
//   co_await lines.send("one");                                   // waits while 16 are there
//   while (auto line = co_await lines.receive()) use(*line);      // until somebody closes it
//
// Any number of senders and receivers, of one loop; another thread posts. With a capacity of 0 a
// value goes from hand to hand: a sender waits until it is received.
//
// Fair: values are received in the order in which they were sent, by receivers in the order in
// which they came; nobody overtakes who waits. A value is received exactly once: an operation that
// fails (cancelled, closed) has sent or received nothing, one that succeeds cannot be cancelled any
// more. Cancellation comes first: a cancelled task neither sends nor receives, so that a loop over
// a channel that is never empty ends as well.
//
// Memory: room for `capacity` values, once. What waits lies in the frames of those that wait.
// Destroying a channel closes it and drops what was not received.
#pragma once

#include <eddy/wait_queue.hpp>

#include <cstddef>
#include <memory>
#include <optional>

namespace eddy {

template <class T>
class channel {
  static_assert(std::is_nothrow_move_constructible_v<T>,
                "what goes through a channel must be movable without throwing, or it could be "
                "lost on the way; a std::unique_ptr of it is");

 public:
  // Fails with broken_pipe when the channel is closed, before or while it waits. The value of one
  // that fails is destroyed with it.
  class [[nodiscard("nothing is sent until this is awaited")]] send_operation
      : public awaitable<send_operation>,
        detail::queued {
   public:
    send_operation(channel & c, T && value) noexcept : channel_(&c), value_(std::move(value)) {}
    send_operation(send_operation && other) noexcept
        : send_operation(*other.channel_, std::move(other.value_)) {}

    bool begin(const awaiting& a) noexcept {
      if (a.in->stop->requested()) [[unlikely]]
        return false;
      if (channel_->closed_) {
        closed_ = true;
        return false;
      }
      return !take(channel_->put(value_)) && channel_->senders_.push(*this, a);
    }
    result<void> await_result() const noexcept {
      if (granted()) [[likely]]
        return {};
      return error(closed_ ? std::errc::broken_pipe : std::errc::operation_canceled,
                   "send into a channel");
    }

   private:
    friend class channel;
    channel* channel_;
    bool closed_ = false;
    T value_;
  };

  // Gives a std::optional: empty when the channel is closed and all was received.
  class [[nodiscard("nothing is received until this is awaited")]] receive_operation
      : public awaitable<receive_operation>,
        detail::queued {
   public:
    explicit receive_operation(channel & c) noexcept : channel_(&c) {}
    receive_operation(const receive_operation& other) noexcept
        : receive_operation(*other.channel_) {}

    bool begin(const awaiting& a) noexcept {
      if (a.in->stop->requested()) [[unlikely]]
        return false;
      if (take(channel_->get(value_) || channel_->closed_)) return false;
      return channel_->receivers_.push(*this, a);
    }
    result<std::optional<T>> await_result() noexcept {
      if (!granted()) [[unlikely]]
        return error(std::errc::operation_canceled, "receive from a channel");
      return std::move(value_);
    }

   private:
    friend class channel;
    channel* channel_;
    std::optional<T> value_;
  };

  // Holds so many values that nobody has received yet.
  explicit channel(std::size_t capacity)
      : values_(capacity == 0 ? nullptr : std::allocator<T>().allocate(capacity)),
        capacity_(capacity) {}
  channel(const channel&) = delete;
  channel& operator=(const channel&) = delete;
  ~channel() {
    close();
    while (size_ != 0) drop_oldest();
    if (values_ != nullptr) std::allocator<T>().deallocate(values_, capacity_);
  }

  // See the head of this file. Values go in and come out in order, and so do those who wait.
  send_operation send(T value) noexcept { return send_operation(*this, std::move(value)); }
  receive_operation receive() noexcept { return receive_operation(*this); }
  // Without a wait. False when it is full or closed: then the value was not touched.
  bool try_send(T&& value) noexcept { return !closed_ && put(value); }
  // Empty when nothing is there.
  std::optional<T> try_receive() noexcept {
    std::optional<T> value;
    (void)get(value);
    return value;
  }

  // Nothing can be sent any more; what was sent can be received. Senders that wait fail. Again is
  // nothing.
  void close() noexcept {
    closed_ = true;
    receivers_.grant_all();  // of nothing
    while (!senders_.empty()) {
      first_sender().closed_ = true;
      senders_.release_first();
    }
  }
  // Whether `close` was called.
  bool is_closed() const noexcept { return closed_; }
  // How many wait to be received, without those of senders that wait.
  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept { return capacity_; }

 private:
  send_operation& first_sender() noexcept { return static_cast<send_operation&>(senders_.front()); }
  // Of a number below twice the capacity; a division would cost more than all the rest.
  T* place(std::size_t number) noexcept {
    return values_ + (number < capacity_ ? number : number - capacity_);
  }
  void append(T&& value) noexcept {
    std::construct_at(place(first_ + size_), std::move(value));
    ++size_;
  }
  void drop_oldest() noexcept {
    std::destroy_at(place(first_));
    if (++first_ == capacity_) first_ = 0;
    --size_;
  }

  // To who waits for it, or among the others.
  bool put(T& value) noexcept {
    if (!receivers_.empty()) {
      static_cast<receive_operation&>(receivers_.front()).value_.emplace(std::move(value));
      receivers_.grant_first();
      return true;
    }
    if (size_ == capacity_) return false;
    append(std::move(value));
    return true;
  }
  // The oldest; the first sender that waits takes its place.
  bool get(std::optional<T>& value) noexcept {
    if (size_ != 0) {
      value.emplace(std::move(*place(first_)));
      drop_oldest();
      if (senders_.empty()) return true;
      append(std::move(first_sender().value_));
    } else {
      if (senders_.empty()) return false;
      value.emplace(std::move(first_sender().value_));
    }
    senders_.grant_first();
    return true;
  }

  T* values_;  // a ring
  std::size_t capacity_;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
  bool closed_ = false;
  detail::wait_queue senders_;    // empty unless it is full
  detail::wait_queue receivers_;  // empty unless nothing is there
};

}  // namespace eddy
