// eddy/chunk.hpp - received bytes in the memory that the kernel put them into.
//
//   while (eddy::chunk c = co_await from.read_buffer()) co_await to.write(std::move(c));
//
// That is a proxy which copies nothing: `stream::read_buffer` gives such pieces, `stream::write`
// takes them. The bytes may be changed in place. A chunk may outlive its stream and its loop, and
// may be destroyed on any thread.
//
// What it keeps is not only its bytes: several chunks, also of different streams, share blocks of
// up to 64 KiB. Copy what is to stay for long.
#pragma once

#include <eddy/api.hpp>

#include <cstddef>
#include <span>
#include <utility>

namespace eddy {

namespace detail {
struct chunk_access;
}  // namespace detail

class chunk {
 public:
  chunk() noexcept = default;  // empty
  chunk(chunk&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        memory_(std::exchange(other.memory_, nullptr)) {}
  chunk& operator=(chunk other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(memory_, other.memory_);
    return *this;
  }
  ~chunk() {
    if (memory_ != nullptr) release();
  }

  char* data() noexcept { return data_; }
  const char* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  explicit operator bool() const noexcept { return size_ != 0; }
  // All of it; it may be changed in place.
  std::span<char> bytes() noexcept { return {data_, size_}; }
  std::span<const char> bytes() const noexcept { return {data_, size_}; }

 private:
  friend struct detail::chunk_access;
  EDDY_API void release() noexcept;

  char* data_ = nullptr;
  std::size_t size_ = 0;
  void* memory_ = nullptr;
};

}  // namespace eddy
