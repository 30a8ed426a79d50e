// A set of sockets as select() of Winsock takes it: not bits, as POSIX has it, but a counted list.
// FD_SETSIZE says only how long the list is that the header declares; select looks at the count, so
// ours are as long as they need to be. See "select function" of Microsoft's documentation.
#pragma once

#include <winsock2.h>

#include <cstddef>

#include "base/array.h"

namespace eddy::engine::sys {

class socket_set {
 public:
  // False when memory is exhausted.
  bool add(SOCKET s) {
    if (list_.empty() && !list_.push_back(0)) return false;
    if (!list_.push_back(s)) return false;
    set_count(size() + 1);
    return true;
  }
  bool assign(const socket_set& other) {
    list_.clear();
    if (!list_.reserve(other.list_.size())) return false;
    for (const SOCKET s : other.list_) list_.push_reserved(s);
    return true;
  }
  // The last one takes its place, and is returned.
  SOCKET remove(std::size_t place) {
    const SOCKET last = list_.pop_back();
    if (place + 1 < list_.size()) list_[place + 1] = last;
    set_count(size() - 1);
    return last;
  }

  std::size_t size() const {
    return list_.empty() ? 0 : static_cast<std::size_t>(list_[0] & 0xffffffffU);
  }
  SOCKET operator[](std::size_t place) const { return list_[place + 1]; }
  bool contains(SOCKET s) const {
    for (std::size_t i = 0; i < size(); ++i)
      if ((*this)[i] == s) return true;
    return false;
  }

  // For select, which leaves those that are ready; null, of none.
  fd_set* get() { return size() == 0 ? nullptr : reinterpret_cast<fd_set*>(list_.data()); }

 private:
  // It lies in what would be the first socket, in the lower half of it.
  void set_count(std::size_t count) { list_[0] = count; }
  static_assert(offsetof(fd_set, fd_array) == sizeof(SOCKET));

  array<SOCKET> list_;
};

}  // namespace eddy::engine::sys
