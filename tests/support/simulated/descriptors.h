// What the three simulators share: objects that are reached by a descriptor, as the kernel's are.
//
// Such a descriptor is a real one, the writing end of a pipe that nobody can read (so that polling
// it says POLLERR, and fstat(2) can tell it from what comes to bear its number later). The object
// lies beside it, found by the number, and goes when close(2) is called on it; the linker's --wrap
// brings close here (CMakeLists.txt). Who closes by another way (dup2, a shared library) is found
// out when the number is used next.
//
// One lock for everything, held with all signals blocked: the simulated calls may come from
// handlers. (What ends a wait, port_send and the trigger of a user event, does not allocate.)
#pragma once

#include <poll.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <memory>
#include <mutex>
#include <vector>

extern "C" int __real_close(int fd);

namespace eddy::simulated {

// In a simulated system call. Signals that arrive meanwhile wait for `sleep`, as they interrupt
// only calls that sleep.
class in_kernel {
 public:
  in_kernel();
  ~in_kernel();
  in_kernel(const in_kernel&) = delete;
  in_kernel& operator=(const in_kernel&) = delete;

  // ppoll(2) without the lock and with the caller's signals.
  int sleep(std::vector<pollfd>& of, std::int64_t nanoseconds);

 private:
  sigset_t before_;
};

// What a number names by now; false: nothing. By the bare system call: that another thread has just
// opened or closed it is no race to a kernel, as the thread sanitizer would have it.
bool look_at(int fd, struct statx& facts);

// Tells a file from another that got its number.
struct identity {
  dev_t device = 0;
  ino_t inode = 0;
  int access = 0;

  // False: nothing is open there.
  bool take(int fd);
  bool operator==(const identity&) const = default;
};
bool is_still(int fd, const identity& file);

class object {
 public:
  object() = default;
  object(const object&) = delete;
  object& operator=(const object&) = delete;
  virtual ~object();

  // Another descriptor is about to be closed.
  virtual void closing(int fd) { (void)fd; }
  // In a child of fork. False: the descriptor is not inherited.
  virtual bool survives_fork() { return true; }

  // Whoever sleeps looks again.
  void wake() const;
  void woken() const;
  // For a child, whose wake-ups must not go to its parent.
  void renew_waker();

  int waker = -1;
  int descriptor = -1;
  identity file;
  bool closed = false;
};

// All of these: in the kernel.
// The new descriptor, or -1 and errno.
int publish(std::shared_ptr<object> made);
std::shared_ptr<object> find(int fd);
template <class T>
std::shared_ptr<T> find_as(int fd) {
  return std::dynamic_pointer_cast<T>(find(fd));
}

std::int64_t now(clockid_t clock = CLOCK_MONOTONIC);
constexpr std::int64_t forever = INT64_MAX;
// The moment at which a wait ends. False: not a valid time.
bool end_of(const timespec* timeout, std::int64_t& moment);
std::int64_t left_until(std::int64_t moment);

inline int fail(int error) {
  errno = error;
  return -1;
}

}  // namespace eddy::simulated
