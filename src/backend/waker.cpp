#include "backend/waker.h"

#include <cerrno>
#include <cstdint>
#include <thread>

#include "base/sys.h"
#if defined(_WIN32)
#include "backend/iocp_system.h"
#endif

namespace eddy::engine {
namespace {

// How often EAGAIN is not believed. Under Wine it also comes when the write of another thread,
// whose byte the loop has read already, is still ending: so one wake-up in some hundreds was lost.
#if defined(_WIN32)
constexpr int most_doubts = 100;
#else
constexpr int most_doubts = 0;
#endif

}  // namespace

int waker::open(int wake_number) {
  if (is_open()) return 0;
  if (wake_number >= 0) {
    write_end_ = -2 - wake_number;
    return 0;
  }
  read_end_ = write_end_ = sys::eventfd();
  if (is_open()) return 0;
  int ends[2];
  if (sys::pipe(ends) != 0) return errno;
  read_end_ = ends[0];
  write_end_ = ends[1];
  return 0;
}

void waker::close() {
  if (read_end_ >= 0) sys::close(read_end_);
  if (write_end_ >= 0 && write_end_ != read_end_) sys::close(write_end_);
  read_end_ = write_end_ = -1;
}

void waker::wake() const { wake_through(write_end_); }

// EAGAIN means that a wake-up is there already. An eventfd takes eight bytes, a pipe any number.
void waker::wake_through(int write_end) {
#if defined(_WIN32)
  if (write_end < -1) return post_wake(-2 - write_end);
#endif
  const int kept = errno;
  const std::uint64_t one = 1;
  int doubts = 0;
  while (sys::write(write_end, &one, sizeof one) < 0 &&
         (errno == EINTR || (errno == EAGAIN && doubts++ < most_doubts)))
    std::this_thread::yield();
  errno = kept;
}

void waker::drain() const {
  char bytes[256];
  while (sys::read(read_end_, bytes, sizeof bytes) == static_cast<ssize_t>(sizeof bytes)) {
  }
}

}  // namespace eddy::engine
