// eddy/stream_operation.hpp - the awaitables of eddy/stream.hpp, where they are explained.
//
// One that finds what it needs ends where it began: the coroutine is not suspended, nothing is
// allocated, and for a line that lies in the piece that is being read nothing of the library is
// called.
#pragma once

#include <eddy/byte_view.hpp>
#include <eddy/chunk.hpp>
#include <eddy/context.hpp>

#include <cstring>
#include <optional>
#include <span>

namespace eddy {

namespace detail {

// The part of a stream that the headers touch: the piece that is being read, what is left of it;
// and room in the output of this turn, what is left of that.
struct stream_front {
  char* next = nullptr;
  char* end = nullptr;
  char* room = nullptr;
  char* room_end = nullptr;
};
struct stream_state;

class read_operation : public leaf {
 public:
  enum class kind : unsigned char { some, exactly, until, buffer };

  read_operation(stream_front* s, kind what, const void* data, std::size_t size,
                 std::size_t delimiter_size = 0) noexcept
      : leaf(&stop),
        stream_(s),
        data_(static_cast<char*>(const_cast<void*>(data))),
        size_(size),
        delimiter_size_(static_cast<unsigned char>(delimiter_size < 256 ? delimiter_size : 0)),
        what_(what) {}
  read_operation(const read_operation& o) noexcept
      : read_operation(o.stream_, o.what_, o.data_, o.size_, o.delimiter_size_) {}
  read_operation& operator=(const read_operation&) = delete;
  ~read_operation() {
    if (waits_) [[unlikely]]
      forget();
  }

  bool begin(const awaiting& a) noexcept { return begin_slowly(a); }
  // Why there is none.
  EDDY_API error failure() const noexcept;

 protected:
  EDDY_API bool begin_slowly(const awaiting& a) noexcept;

  stream_front* stream_;
  char* data_;        // where to; the delimiter, and then what was found
  std::size_t size_;  // how much; the limit, and then what was found
  union {
    std::size_t progress_ = 0;  // how much came, or was searched
    void* memory_;              // of a chunk
  };
  int fd_ = -1;
  short outcome_ = 0;
  unsigned char delimiter_size_;
  kind what_ : 7;
  bool waits_ : 1 = false;

 private:
  friend struct stream_state;
  EDDY_API static void stop(stoppable& s) noexcept;
  EDDY_API void forget() noexcept;
  void end_with(int error) noexcept { outcome_ = static_cast<short>(error); }

  // These are false while bytes are missing.
  bool attempt(stream_state& s) noexcept;
  bool take_some(stream_state& s) noexcept;
  bool take_exactly(stream_state& s) noexcept;
  bool take_until(stream_state& s) noexcept;
  bool take_buffer(stream_state& s) noexcept;
  void fail(stream_state& s, int error) noexcept;
};

struct write_wait;

// One that has to wait takes a little memory for it, unlike a read: nearly none has to, and so an
// idle connection is smaller.
class write_operation {
 public:
  enum class kind : unsigned char { bytes, pieces, chunk, flush, shutdown };

  // bytes: data and size; pieces: an array of byte_view.
  write_operation(stream_front* s, kind what, const void* data, std::size_t size) noexcept
      : stream_(s), data_(static_cast<const char*>(data)), size_(size), what_(what) {}
  write_operation(const write_operation& o) noexcept
      : write_operation(o.stream_, o.what_, o.data_, o.size_) {}
  write_operation& operator=(const write_operation&) = delete;
  ~write_operation() {
    if (wait_ != nullptr) [[unlikely]]
      end_wait();
  }

  EDDY_API bool begin(const awaiting& a) noexcept;
  result<void> await_result() const noexcept {
    if (outcome_ == 0) [[likely]]
      return {};
    return failure();
  }
  void await_resume() const {
    if (outcome_ != 0) [[unlikely]]
      failure().raise();
  }

 protected:
  stream_front* stream_;
  const char* data_;
  std::size_t size_;

 private:
  friend struct stream_state;
  friend struct write_wait;
  EDDY_API void end_wait() noexcept;
  EDDY_API error failure() const noexcept;

  // False while there is no room, or not all is gone; `done`: of a piece.
  bool attempt(stream_state& s, std::size_t& done) noexcept;
  bool add_bytes(stream_state& s, std::size_t& done) noexcept;
  bool add_pieces(stream_state& s, std::size_t& done) noexcept;
  bool add_chunk(stream_state& s) noexcept;
  void end_with(int error) noexcept { outcome_ = static_cast<short>(error); }

  write_wait* wait_ = nullptr;
  int fd_ = -1;
  short outcome_ = 0;

 protected:
  kind what_;
};

}  // namespace detail

class [[nodiscard("a read does nothing until it is awaited")]] read_some_operation
    : public awaitable<read_some_operation>,
      public detail::read_operation {
 public:
  using value_type = std::size_t;

  read_some_operation(detail::stream_front * s, std::span<char> to) noexcept
      : read_operation(s, kind::some, to.data(), to.size()) {}

  result<std::size_t> await_result() const noexcept {
    if (outcome_ != 0) [[unlikely]]
      return failure();
    return size_;
  }
};

class [[nodiscard("a read does nothing until it is awaited")]] read_exactly_operation
    : public awaitable<read_exactly_operation>,
      public detail::read_operation {
 public:
  using value_type = bool;

  read_exactly_operation(detail::stream_front * s, std::span<char> to) noexcept
      : read_operation(s, kind::exactly, to.data(), to.size()) {}

  result<bool> await_result() const noexcept {
    if (outcome_ != 0) [[unlikely]]
      return failure();
    return size_ == progress_;
  }
};

class [[nodiscard("a read does nothing until it is awaited")]] read_until_operation
    : public awaitable<read_until_operation>,
      public detail::read_operation {
 public:
  // What it gives: see stream::read_until.
  using found = std::optional<std::span<char>>;

  read_until_operation(detail::stream_front * s, std::string_view delimiter,
                       std::size_t limit) noexcept
      : read_operation(s, kind::until, delimiter.data(), limit, delimiter.size()) {}

  bool begin(const awaiting& a) noexcept {
    if (delimiter_size_ == 1 && !a.in->stop->requested() && finds_it()) [[likely]]
      return false;
    return begin_slowly(a);
  }
  result<found> await_result() const noexcept {
    if (outcome_ != 0) [[unlikely]]
      return failure();
    return what_was_found();
  }
  found await_resume() const {
    if (outcome_ != 0) [[unlikely]]
      failure().raise();
    return what_was_found();
  }

 private:
  bool finds_it() noexcept {
    if (stream_ == nullptr) return false;
    const auto left = static_cast<std::size_t>(stream_->end - stream_->next);
    const std::size_t size = left < size_ ? left : size_;
    if (size == 0) return false;
    void* end = std::memchr(stream_->next, static_cast<unsigned char>(*data_), size);
    if (end == nullptr) return false;
    data_ = stream_->next;
    stream_->next = static_cast<char*>(end) + 1;
    size_ = static_cast<std::size_t>(stream_->next - data_);
    return true;
  }
  found what_was_found() const noexcept {
    if (data_ == nullptr) return std::nullopt;
    return std::span<char>(data_, size_);
  }
};

class [[nodiscard("a read does nothing until it is awaited")]] read_buffer_operation
    : public awaitable<read_buffer_operation>,
      public detail::read_operation {
 public:
  explicit read_buffer_operation(detail::stream_front * s) noexcept
      : read_operation(s, kind::buffer, nullptr, 0) {}
  read_buffer_operation(const read_buffer_operation& o) noexcept = default;
  ~read_buffer_operation() {
    if (memory_ != nullptr) [[unlikely]]
      (void)take();
  }

  result<chunk> await_result() noexcept {
    if (outcome_ != 0) [[unlikely]]
      return failure();
    return take();
  }

 private:
  EDDY_API chunk take() noexcept;
};

class [[nodiscard("a write does nothing until it is awaited")]] write_bytes_operation
    : public awaitable<write_bytes_operation>,
      public detail::write_operation {
 public:
  write_bytes_operation(detail::stream_front * s, byte_view bytes) noexcept
      : write_operation(s, kind::bytes, bytes.data(), bytes.size()) {}
  write_bytes_operation(detail::stream_front * s, std::span<const byte_view> pieces) noexcept
      : write_operation(s, kind::pieces, pieces.data(), pieces.size()) {}

  bool begin(const awaiting& a) noexcept {
    if (what_ == kind::bytes && !a.in->stop->requested() && fits()) [[likely]]
      return false;
    return write_operation::begin(a);
  }
  using write_operation::await_resume;

 private:
  bool fits() noexcept {
    if (stream_ == nullptr) return false;
    // (Of no bytes: not even if there is room for none.)
    if (size_ - 1 >= static_cast<std::size_t>(stream_->room_end - stream_->room)) return false;
    std::memcpy(stream_->room, data_, size_);
    stream_->room += size_;
    return true;
  }
};

template <std::size_t Count>
class [[nodiscard("a write does nothing until it is awaited")]] write_pieces_operation
    : public awaitable<write_pieces_operation<Count>>,
      public detail::write_operation {
 public:
  template <class... Pieces>
  explicit write_pieces_operation(detail::stream_front * s, const Pieces&... pieces) noexcept
      : write_operation(s, kind::pieces, nullptr, Count), pieces_{byte_view(pieces)...} {}

  bool begin(const awaiting& a) noexcept {
    data_ = reinterpret_cast<const char*>(pieces_);
    return write_operation::begin(a);
  }
  using write_operation::await_resume;

 private:
  byte_view pieces_[Count];
};

class [[nodiscard("a write does nothing until it is awaited")]] write_chunk_operation
    : public awaitable<write_chunk_operation>,
      public detail::write_operation {
 public:
  write_chunk_operation(detail::stream_front * s, chunk && c) noexcept
      : write_operation(s, kind::chunk, nullptr, 0), chunk_(std::move(c)) {}
  write_chunk_operation(write_chunk_operation && o) noexcept
      : write_operation(o), chunk_(std::move(o.chunk_)) {}

  bool begin(const awaiting& a) noexcept {
    data_ = reinterpret_cast<const char*>(&chunk_);
    return write_operation::begin(a);
  }
  using write_operation::await_resume;

 private:
  chunk chunk_;
};

// A flush, or a shutdown behind it.
class [[nodiscard("a flush does nothing until it is awaited")]] flush_operation
    : public awaitable<flush_operation>,
      public detail::write_operation {
 public:
  flush_operation(detail::stream_front * s, bool then_shut_down) noexcept
      : write_operation(s, then_shut_down ? kind::shutdown : kind::flush, nullptr, 0) {}
  using write_operation::await_resume;
};

}  // namespace eddy
