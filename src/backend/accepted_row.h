// Connections that the kernel accepted for a listener, the oldest first, until it hands them over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/array.h"

namespace eddy::engine {

class accepted_row {
 public:
  bool empty() const { return first_ == fds_.size(); }
  // Closes it when there is no memory.
  void push(int fd);
  // The taker's from now on; -1: there is none. In a child of fork there is none: they are the
  // parent's, and are closed here.
  int take();
  // How many were closed for lack of memory since this was asked.
  std::uint64_t take_lost() { return std::exchange(lost_, 0); }

 private:
  array<int> fds_;
  std::size_t first_ = 0;
  std::uint64_t lost_ = 0;
  std::uint64_t process_ = 0;  // sys::process_mark() of who accepted them
};

}  // namespace eddy::engine
