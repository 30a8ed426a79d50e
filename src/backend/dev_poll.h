// The backend of /dev/poll (Solaris 7, illumos; poll(4D)), for where event ports are switched off.
//
// What changes is written to the device once a turn, before the wait.
#pragma once

#include <poll.h>

#include "backend/backend.h"
#include "backend/poll_events.h"
#include "base/array.h"

namespace eddy::engine {

class dev_poll_backend final : public backend {
 public:
  static constexpr std::uint32_t all_features = poll_features | feature_o1 | feature_cheap_update;

  // Null, with errno, when the system refuses.
  static dev_poll_backend* create();
  explicit dev_poll_backend(int device) : device_(device) {}
  ~dev_poll_backend() override;

  const char* name() const override { return "devpoll"; }
  std::uint32_t features() const override { return all_features; }
  int update(int fd, bool known, interest wanted, std::uint32_t tag) override;
  int wait(std::int64_t timeout, fired_list& fired) override;
  int after_fork() override;

 private:
  struct entry {
    std::uint32_t tag = 0;
    std::uint32_t written_tag = 0;
    short wanted = 0;
    short written = 0;    // what the device has, for written_tag
    bool queued = false;  // stands in changed_

    bool is_settled() const { return wanted == written && (tag == written_tag || wanted == 0); }
  };

  int write_changes(fired_list& fired);
  int write_one(int fd, fired_list& fired);
  void settled();
  void forget(int fd);

  int device_;
  array<entry> entries_;  // by descriptor
  array<int> changed_;
  array<pollfd> entries_to_write_;
  array<pollfd> polled_;
  std::size_t capacity_ = 64;  // how many entries a wait asks for; grows when they were too few
};

}  // namespace eddy::engine
