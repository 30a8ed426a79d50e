// What has become of the operations that were given to a kernel: one end for each submit.
//
//   idle --submit--> waiting for room --> with the kernel --came--> finished --take--> idle
//                          \--cancel-------------------------------->/
//
// One that is waiting for room ends at once when it is cancelled. One that the kernel has ends when
// the kernel says so, whatever it was asked: with ECANCELED, or with what it had done. What comes
// by a number that is no longer in use comes late, and reaches nobody.
#pragma once

#include <cerrno>
#include <cstdint>

#include "backend/completion_kernel.h"
#include "backend/operation.h"
#include "base/handle_table.h"

namespace eddy::engine {

class operation_states {
 public:
  // How many have not come to their end. (What is finished and not taken has.)
  std::size_t in_flight() const { return with_kernel_.size(); }
  bool has_finished() const { return !finished_.empty(); }
  operation* take_finished() { return finished_.pop(); }

  // 0 or ENOMEM.
  int submit(completion_kernel& kernel, operation* op) {
    op->handle = with_kernel_.add(op);
    if (op->handle == 0) return ENOMEM;
    if (!waiting_.empty() || !kernel.give(op)) waiting_.push(op);
    return 0;
  }

  void cancel(completion_kernel& kernel, operation* op) {
    if (with_kernel_.find(op->handle) != op) return;
    if (waiting_.remove(op)) return finish(op, -ECANCELED);
    if (!kernel.give_cancel(op->handle)) ++cancels_waiting_;
  }

  // Before a wait. In the order in which they were submitted.
  void give_waiting(completion_kernel& kernel) {
    // (One that ends within `give` must stand in no queue.)
    while (operation* op = waiting_.pop())
      if (!kernel.give(op)) return waiting_.push_front(op);
  }

  // Before that: cancels that found no room are found again by the state of their operations.
  void give_cancels(completion_kernel& kernel) {
    if (cancels_waiting_ == 0) return;
    cancels_waiting_ = 0;
    with_kernel_.for_each([&](operation* op) {
      if (op->state == progress::cancelling) cancel(kernel, op);
    });
  }
  void cancel_all(completion_kernel& kernel) {
    with_kernel_.for_each([&](operation* op) { cancel(kernel, op); });
  }

  // Whose this is; null for what comes late.
  operation* of(std::uint64_t number) const { return with_kernel_.find(number); }

  // It has ended.
  void finish(operation* op, std::int64_t result) {
    with_kernel_.remove(op->handle);
    op->result = result;
    finished_.push(op);
  }

  // The kernel's end of it is gone: none comes to an end any other way.
  void finish_all(std::int64_t result) {
    while (waiting_.pop() != nullptr) {
    }
    with_kernel_.for_each([&](operation* op) {
      op->result = result;
      finished_.push(op);
    });
    with_kernel_.clear();
    cancels_waiting_ = 0;
  }

  // Likewise, and another has taken its place: what may be asked for twice (`repeatable`), and was
  // not cancelled, is.
  template <class Repeatable>
  void give_again(completion_kernel& kernel, Repeatable repeatable) {
    while (waiting_.pop() != nullptr) {
    }
    cancels_waiting_ = 0;
    with_kernel_.for_each([&](operation* op) {
      if (!repeatable(op) || op->state != progress::in_flight) return finish(op, -ECANCELED);
      if (!kernel.give(op)) waiting_.push(op);
    });
  }

 private:
  handle_table<operation> with_kernel_;  // those that wait for room, too
  operation_queue waiting_;              // for room
  operation_queue finished_;
  std::size_t cancels_waiting_ = 0;
};

}  // namespace eddy::engine
