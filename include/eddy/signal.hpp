// eddy/signal.hpp - signals of the system, awaited.
//
//   eddy::signal_set signals(SIGHUP, SIGTERM);
//   while (co_await signals.next() == SIGHUP) read_configuration_again();
//   loop.stop(10s);
//
// From the first `next` on, until the set is destroyed, its signals do nothing to the process but
// tell the set; before, and afterwards, they do what they did. Each is counted: one that came while
// nobody awaited is told by the next `next`. (The system itself merges equal signals that are sent
// before the first was delivered.) Several sets may have the same signal, on several loops and
// besides event handlers of the C face: each set is told.
//
// A set belongs to the loop on which it is first awaited and keeps that running. It must be
// destroyed before its loop; who still awaits it then is cancelled. Signals that are blocked in all
// threads do not come: threads inherit what is blocked where they are started.
//
// On Windows: SIGINT (Ctrl-C), SIGBREAK (Ctrl-Break), SIGTERM (the window is closed, the user logs
// off, the machine shuts down: the system ends the process soon, whatever it does), and whatever
// the program raises itself.
//
// Sources: signal(7), sigaction(2); "SetConsoleCtrlHandler" of Microsoft's documentation.
#pragma once

#include <eddy/task.hpp>
#include <eddy/wait_queue.hpp>

#include <csignal>

namespace eddy {

namespace detail {
struct signal_state;
}

class signal_set {
 public:
  // The signals' numbers. Throws when there is no memory.
  template <class... Numbers>
  requires(sizeof...(Numbers) > 0 &&
           (std::is_same_v<Numbers, int> && ...)) explicit signal_set(Numbers... numbers) {
    const int all[] = {numbers...};
    open(all, sizeof...(numbers));
  }
  signal_set(signal_set&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  signal_set& operator=(signal_set other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~signal_set() {
    if (state_ != nullptr) close();
  }

  class [[nodiscard("no signal is waited for until this is awaited")]] next_operation
      : public awaitable<next_operation>,
        public detail::queued {
   public:
    explicit next_operation(detail::signal_state * s) noexcept : state_(s) {}
    next_operation(const next_operation& o) noexcept : next_operation(o.state_) {}

    EDDY_API bool begin(const awaiting& a) noexcept;
    // Fails with invalid_argument where there is no such signal, or none that can be caught.
    EDDY_API result<int> await_result() const noexcept;

   private:
    friend struct detail::signal_state;
    detail::signal_state* state_;
    int number_ = 0;
    int error_ = 0;
  };
  // The next of its signals. Any number may await it; each signal is told to one of them.
  next_operation next() noexcept { return next_operation(state_); }

 private:
  EDDY_API void open(const int* numbers, std::size_t count);
  EDDY_API void close() noexcept;

  detail::signal_state* state_ = nullptr;
};

// Until somebody wants the program to end (SIGINT, as Ctrl-C sends it, or SIGTERM): which it was.
EDDY_API task<int> interrupted();

}  // namespace eddy
