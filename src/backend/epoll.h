// The epoll backend (Linux 2.6.9; epoll(7)).
#pragma once

#include <sys/epoll.h>

#include "backend/backend.h"

namespace eddy::engine {

class epoll_backend final : public backend {
 public:
  // Null, with errno, when the system refuses.
  static epoll_backend* create();
  explicit epoll_backend(int epoll) : epoll_(epoll) {}
  ~epoll_backend() override;

  const char* name() const override { return "epoll"; }
  std::uint32_t features() const override {
    return feature_edge | feature_o1 | feature_early_close | feature_one_shot;
  }
  int update(int fd, bool known, interest wanted, std::uint32_t tag) override;
  int update_once(int fd, bool known, interest wanted, std::uint32_t tag) override;
  int wait(std::int64_t timeout, fired_list& fired) override;
  int after_fork() override;

  // The epoll set itself: readable when a wait would not sleep.
  int descriptor() const { return epoll_; }
  // The kernel may write its events into a part of the list; `translate` then gives them their
  // meaning. For this backend's own wait, and for one through io_uring.
  static epoll_event* as_epoll_events(fired* list);
  static void translate(fired* list, int count);

 private:
  int set(int fd, std::uint32_t events, std::uint32_t tag, bool known);

  int epoll_;
  std::size_t capacity_ = 64;  // how many events a wait asks for; grows when they were too few
};

}  // namespace eddy::engine
