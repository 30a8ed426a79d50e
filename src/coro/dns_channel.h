// A channel of c-ares on a loop: its sockets are watched, its time is the loop's, and the questions
// that wait for it are coroutines.
//
// c-ares cannot take a single question back. One that is cancelled is only forgotten: what c-ares
// keeps of it, an `asked`, ends with its answer or its last attempt. When nobody waits any more,
// all are cancelled at once, so that they do not keep the loop running. What c-ares calls runs no
// code of the user, so nothing of ours is called from within it.
#pragma once

#include <ares.h>

#include <memory>
#include <vector>

#include "coro/dns_backend.h"
#include "coro/loop_state.h"

namespace eddy::detail {

class question;

// What c-ares refers to until it has called back.
struct asked {
  resolver_state* of;
  question* who;  // null: forgotten
};

struct resolver_state {
  explicit resolver_state(const resolver_options& o) : options(o) {}
  ~resolver_state();
  resolver_state(const resolver_state&) = delete;
  resolver_state& operator=(const resolver_state&) = delete;

  // Before each question: the first one opens the channel, on its loop. A code of dns_category or
  // of the system.
  std::error_code prepare(loop_core& core) noexcept;
  // Null: no memory.
  asked* begin(question& q) noexcept;
  // The answer came, or will not.
  void end(asked* a) noexcept;
  void forget(asked* a) noexcept;
  // After each call into c-ares: until when it may sleep.
  void settle() noexcept;
  // The name of an address in the file of hosts, or nothing. Throws.
  std::string name_in_files(const address& of);

  const resolver_options options;
  ares_channel channel = nullptr;

 private:
  // Which file of settings it was.
  struct version {
    long long seconds = 0, nanoseconds = 0, size = 0, number = 0;
    bool operator==(const version&) const = default;
  };
  version settings_now() const noexcept;
  int open() noexcept;
  int set_servers() noexcept;
  int open_files() noexcept;
  engine::watcher* find(int fd) noexcept;
  void watch(int fd, bool to_read, bool to_write);
  static void socket_changed(void* self, ares_socket_t fd, int to_read, int to_write) noexcept;
  static void socket_ready(int fd, short what, void* self);
  static void due(void* self) noexcept;

  loop_state* on_ = nullptr;
  ares_channel files_ = nullptr;
  version settings_;
  std::vector<std::unique_ptr<engine::watcher>> sockets_;
  timer timer_;
  bool timer_runs_ = false;
  std::size_t in_flight_ = 0;  // with c-ares
  std::size_t wanted_ = 0;     // of them, those that somebody waits for
};

// One of them. Awaited where it stands.
class question : public awaitable<question>, public leaf {
 public:
  using start_function = void (*)(question&, asked*);
  question(resolver_state& of, const std::string& name, start_function start) noexcept
      : leaf(&stop), of_(of), name_(name), start_(start) {}
  question(const question&) = delete;
  ~question() {
    if (addresses != nullptr) ::ares_freeaddrinfo(addresses);
  }

  bool begin(const awaiting& a) noexcept;
  result<void> await_result() const noexcept {
    if (failed_) return error(failed_, "look up", name_);
    return {};
  }
  const std::string& name() const noexcept { return name_; }
  ares_channel channel() const noexcept { return of_.channel; }

  // What is asked for.
  int family = AF_UNSPEC;
  record_type type = record_type::ptr;
  // What came.
  ares_addrinfo* addresses = nullptr;
  std::string bytes;

  static void answered(void* a, int status, int, unsigned char* data, int size) noexcept;
  static void addressed(void* a, int status, int, ares_addrinfo* found) noexcept;

 private:
  static void stop(stoppable& s) noexcept;
  void finish(std::error_code how) noexcept;

  resolver_state& of_;
  const std::string& name_;
  start_function start_;
  asked* waits_for_ = nullptr;
  std::error_code failed_;
};

}  // namespace eddy::detail
