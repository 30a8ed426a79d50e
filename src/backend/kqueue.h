// The kqueue backend (FreeBSD 8, OpenBSD 6.2, NetBSD 10, macOS 10.6; kqueue(2)).
//
// A first interest goes to the kernel at once, because its caller must hear of a descriptor that
// cannot be watched. What only changes or ends is collected, and handed over by the call that
// waits: most turns make one system call.
//
// Filters that are not used: EVFILT_SIGNAL tells one queue of a signal that is ignored or handled
// besides, while eddy's handler has to be there anyway, for programs with several loops and for
// the same counts everywhere. EVFILT_TIMER would be a second place that knows of time; the wait
// has nanoseconds itself. EVFILT_USER wakes as the loop's own waker does, which a signal handler
// may use (write(2) is async-signal-safe by POSIX, kevent is not), at the price of a read for each
// wake-up where there is no eventfd.
#pragma once

#include <sys/types.h>
// After it, on some systems.
#include <sys/event.h>

#include <atomic>

#include "backend/backend.h"
#include "base/array.h"

namespace eddy::engine {

class kqueue_backend final : public backend {
 public:
  static constexpr std::uint32_t all_features =
      feature_edge | feature_o1 | feature_any_fd | feature_early_close | feature_one_shot;

  // Null, with errno, when the system refuses.
  static kqueue_backend* create();
  explicit kqueue_backend(int queue);
  ~kqueue_backend() override;

  const char* name() const override { return "kqueue"; }
  std::uint32_t features() const override { return all_features; }
  int update(int fd, bool known, interest wanted, std::uint32_t tag) override;
  int update_once(int fd, bool known, interest wanted, std::uint32_t tag) override;
  void before_wait() override;
  int wait(std::int64_t timeout, fired_list& fired) override;
  int after_fork() override;

 private:
  using change = struct kevent;
  // How a filter was added. A kernel that has a filter keeps these flags when it is added again.
  enum mode : std::uint8_t { absent, by_level, by_edge, once };
  enum direction { reading, writing };

  struct entry {
    mode filters[2] = {absent, absent};  // as the kernel has them, when it has all changes
    std::uint32_t turn = 0;              // in which its latest change was collected
  };

  // What makes one interest true: at most a removal and an addition for each filter.
  struct plan {
    change changes[4];
    int count = 0;
    mode filters[2];
  };

  int set(int fd, bool known, interest wanted, mode how, std::uint32_t tag);
  static plan make_plan(int fd, const entry& e, interest wanted, mode how, std::uint32_t tag);
  bool may_wait(const entry& e, bool known, const plan& p) const;
  bool collect_changes(entry& e, const plan& p);
  int change_now(int fd, entry& e, plan p);
  int flush();
  int ask_and_wait(const array<change>& changes, std::size_t room, std::int64_t timeout);
  int take(int count, fired_list& fired);
  bool is_under_way(const entry& e) const;
  void close_queue();

  int queue_;
  pid_t process_;  // whose queue it is
  // Under the loop's lock, but for changes_[!filling_] and told_[!filling_], which the wait has.
  array<entry> entries_;  // by descriptor
  array<change> changes_[2];
  array<fired> told_[2];  // what the kernel cannot tell
  int filling_ = 0;
  std::uint32_t turn_ = 1;
  std::atomic<bool> handing_over_{false};  // the kernel may not have the wait's changes yet

  array<change> events_;
  std::size_t capacity_ = 64;  // how many events a wait asks for; grows when they were too few
};

}  // namespace eddy::engine
