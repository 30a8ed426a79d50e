// What the states of operations and transfers ask of a kernel that completes: io_uring, IOCP, and
// the one that a test plays (tests/support/scripted_kernel.h).
//
// Each request has a number, which comes back with what becomes of it. A kernel says of each call
// whether it took the request; one that has no room (io_uring's queue is full) is asked again
// before the next wait. It may tell of an end before the call returns.
#pragma once

#include <cstdint>

namespace eddy::engine {

struct operation;
struct send_job;
struct watcher;

// Whose a number is. Numbers of operations have neither bit; those of the kernel's own affairs are
// smaller than any of ours, whose upper half is a generation.
constexpr std::uint64_t of_receive = 1u << 30;
constexpr std::uint64_t of_send = 1u << 31;
constexpr std::uint64_t any_transfer = of_receive | of_send;
constexpr std::uint64_t of_accept = any_transfer;

class completion_kernel {
 public:
  // `op->handle` is its number. Ends once.
  virtual bool give(operation* op) = 0;
  // What becomes of it has the number | of_receive, and so on. Whoever took it says so to
  // transfer_states::given, before it tells anything else.
  virtual bool give_receive(watcher* w, std::uint64_t number) = 0;
  virtual bool give_send(send_job* job) = 0;
  virtual bool give_accept(watcher* w, std::uint64_t number) = 0;
  // Asks the request to end; that it has ended comes by its own number, whoever wins. By number and
  // never by descriptor: that may be closed, and used by others already.
  virtual bool give_cancel(std::uint64_t number) = 0;

 protected:
  ~completion_kernel() = default;
};

}  // namespace eddy::engine
