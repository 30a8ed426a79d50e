// Ends a loop's wait from another thread or from a signal handler.
//
// `wake()` is const because it alone may be called from anywhere, at any time between `open` and
// `close`, even in a signal handler: it makes one system call and keeps errno. Several wake-ups
// before the loop looks are one.
#pragma once

namespace eddy::engine {

class waker {
 public:
  waker() = default;
  waker(const waker&) = delete;
  waker& operator=(const waker&) = delete;
  ~waker() { close(); }

  // An eventfd, or a pipe where there is none; or packets to a completion port (`wake_number` of
  // backend.h). 0 or an errno. Does nothing when it is open.
  int open(int wake_number = -1);
  void close();
  bool is_open() const { return write_end_ != -1; }

  // What the loop watches for reading; -1: nothing.
  int descriptor() const { return read_end_; }
  // Where wake() writes.
  int write_descriptor() const { return write_end_; }

  void wake() const;

  // No wake-up is lost when it is watched by edge and never read. (A pipe fills up; then nothing is
  // written, which is no edge.)
  bool may_stay_unread() const { return read_end_ == write_end_; }

  // Makes the descriptor silent again, where it must not stay unread.
  void drain() const;

  // Writes a wake-up to a descriptor of `write_descriptor`; async-signal-safe, keeps errno.
  static void wake_through(int write_end);

 private:
  int read_end_ = -1;
  int write_end_ = -1;  // -2 - the number of a port
};

}  // namespace eddy::engine
