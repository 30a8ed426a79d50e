// The backend of event ports (Solaris 10, illumos; port_create(3C)).
//
// An association ends with the event that it brings: who watches by level is associated again
// before each wait that follows one. The loop's waker is watched as any descriptor, so
// port_send(3C) is not used: a wake-up costs a write, a read and an association more, but signal
// handlers may write(2) and there is one way to wake, which the tests of all systems run.
#pragma once

#include <port.h>

#include "backend/backend.h"
#include "backend/poll_events.h"
#include "base/array.h"

namespace eddy::engine {

class event_ports_backend final : public backend {
 public:
  static constexpr std::uint32_t all_features = poll_features | feature_o1 | feature_one_shot;

  // Null, with errno, when the system refuses.
  static event_ports_backend* create();
  explicit event_ports_backend(int port) : port_(port) {}
  ~event_ports_backend() override;

  const char* name() const override { return "evport"; }
  std::uint32_t features() const override { return all_features; }
  int update(int fd, bool known, interest wanted, std::uint32_t tag) override;
  int update_once(int fd, bool known, interest wanted, std::uint32_t tag) override;
  void before_wait() override;
  int wait(std::int64_t timeout, fired_list& fired) override;
  int after_fork() override;

 private:
  struct entry {
    std::uint32_t tag = 0;
    short events = 0;  // to be associated again after each event; 0: not
  };

  int set(int fd, interest wanted, std::uint32_t tag, bool again);

  int port_;
  array<entry> entries_;        // by descriptor; under the loop's lock
  array<int> ended_;            // whose associations have ended; the loop's thread only
  array<fired> lost_;           // could not be associated again; likewise
  array<port_event_t> events_;  // likewise
  unsigned capacity_ = 64;      // how many events a wait asks for; grows when they were too few
};

}  // namespace eddy::engine
