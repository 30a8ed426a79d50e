// eddy/descriptor.hpp - a descriptor of the system that closes itself.
#pragma once

#include <eddy/api.hpp>

#include <utility>

namespace eddy {

// -1: none. Closing it tells the loop nothing: no operation may be in flight on it.
class owned_descriptor {
 public:
  // Of a descriptor that is this one's from now on.
  explicit owned_descriptor(int fd = -1) noexcept : fd_(fd) {}
  owned_descriptor(owned_descriptor&& o) noexcept : fd_(o.release()) {}
  owned_descriptor& operator=(owned_descriptor o) noexcept {
    std::swap(fd_, o.fd_);
    return *this;
  }
  EDDY_API ~owned_descriptor();

  // The descriptor, which stays this one's.
  int get() const noexcept { return fd_; }
  // The caller's from now on.
  int release() noexcept { return std::exchange(fd_, -1); }
  explicit operator bool() const noexcept { return fd_ >= 0; }

 private:
  int fd_;
};

}  // namespace eddy
