#include "coro/lookup.h"

#include <netdb.h>
#include <eddy/tcp.hpp>

#include <cerrno>

#include "coro/loop_state.h"
#include "net/lookup.h"

namespace eddy {
namespace {

class lookup_category_type final : public std::error_category {
 public:
  const char* name() const noexcept override { return "lookup"; }
  std::string message(int code) const override { return ::gai_strerror(code); }
};

}  // namespace

const std::error_category& lookup_category() noexcept {
  static const lookup_category_type category;
  return category;
}

namespace detail {
namespace {

class lookup_operation : public awaitable<lookup_operation>, public leaf {
 public:
  lookup_operation(const char* host, std::uint16_t port) noexcept
      : leaf(&stop), host_(host), port_(port) {}
  lookup_operation(const lookup_operation& o) noexcept : lookup_operation(o.host_, o.port_) {}
  ~lookup_operation() {
    if (found_ != nullptr) ::freeaddrinfo(found_);
  }

  bool begin(const awaiting& a) noexcept {
    if (!wait(a)) {
      failed_ = std::make_error_code(std::errc::operation_canceled);
      return false;
    }
    engine::loop& on = static_cast<loop_state*>(a.in->core)->base;
    const int error = engine::start_lookup(on, host_, port_, AF_UNSPEC, told, this, &lookup_);
    if (error == 0) return true;
    stoppable::unlink();
    failed_ = std::error_code(error, std::generic_category());
    return false;
  }
  result<const addrinfo*> await_result() const noexcept {
    if (failed_) return error(failed_, "look up", host_);
    return found_;
  }

 private:
  static void told(int error, int system_error, addrinfo* found, void* self) {
    auto& l = *static_cast<lookup_operation*>(self);
    l.found_ = found;
    if (error == EAI_SYSTEM)
      l.failed_ = std::error_code(system_error, std::generic_category());
    else if (error != 0)
      l.failed_ = std::error_code(error, lookup_category());
    l.wake();
  }
  static void stop(stoppable& s) noexcept {
    auto& l = static_cast<lookup_operation&>(s);
    engine::forget_lookup(l.lookup_);
    l.failed_ = std::make_error_code(std::errc::operation_canceled);
    l.wake();
  }

  const char* host_;
  std::uint16_t port_;
  engine::lookup* lookup_ = nullptr;
  addrinfo* found_ = nullptr;
  std::error_code failed_;
};

}  // namespace

task<std::vector<address>> look_up(std::string host, std::uint16_t port) {
  // A zero would cut it off, and "localhost\0.example" be the machine itself.
  if (host.find('\0') != std::string::npos)
    error(std::error_code(EAI_NONAME, lookup_category()), "look up", host).raise();
  lookup_operation lookup(host.c_str(), port);
  std::vector<address> all;
  // (It holds what was found, so it is awaited where it stands.)
  struct in_place : awaitable<in_place> {
    lookup_operation* of;
    explicit in_place(lookup_operation& l) : of(&l) {}
    bool begin(const awaiting& a) noexcept { return of->begin(a); }
    result<const addrinfo*> await_result() const noexcept { return of->await_result(); }
  };
  for (const addrinfo* a = co_await in_place(lookup); a != nullptr; a = a->ai_next)
    if (const address one(a->ai_addr, static_cast<socklen_t>(a->ai_addrlen)); one)
      all.push_back(one);
  if (all.empty()) error(std::error_code(EAI_NONAME, lookup_category()), "look up", host).raise();
  co_return all;
}

}  // namespace detail
}  // namespace eddy
