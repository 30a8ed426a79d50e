// Connecting: to one address, or to the addresses of a name, several at a time (RFC 8305).
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <eddy/operation.hpp>
#include <eddy/scope.hpp>
#include <eddy/tcp.hpp>
#include <eddy/unix.hpp>
#include <eddy/with_timeout.hpp>

#include <cerrno>
#include <optional>
#include <vector>

#include "base/sys.h"
#include "coro/connect.h"
#include "coro/lookup.h"

namespace eddy {
namespace {

error refused(int number, const address& to) {
  return error::of_errno(number, "connect to", to.to_string());
}

// The port that the system chose may be the very one that is asked for.
bool is_connected_to_itself(int fd) noexcept {
  const address mine = address::local_of(fd);
  return !mine.is_unix() && mine && mine == address::peer_of(fd);
}

task<owned_descriptor> connect_one(address to, connect_options options) {
  owned_descriptor fd(engine::sys::stream_socket(to.family()));
  if (fd.get() < 0) refused(errno, to).raise();
  if (options.from && ::bind(fd.get(), options.from.data(), options.from.size()) != 0)
    error::of_errno(errno, "connect from", options.from.to_string()).raise();
  const int one = 1;
  if (options.nodelay && !to.is_unix())
    (void)::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  const auto made = co_await as_result(connect_fd(fd.get(), to.data(), to.size()));
  if (!made) error(made.error().code(), "connect to", to.to_string()).raise();
  if (is_connected_to_itself(fd.get())) refused(ECONNREFUSED, to).raise();
  co_return fd;
}

// IPv6 and IPv4 in turn, beginning with what comes first, each in its order.
std::vector<address> interleaved(const std::vector<address>& all) {
  std::vector<address> firsts, others, mixed;
  for (const address& a : all) (a.family() == all.front().family() ? firsts : others).push_back(a);
  for (std::size_t i = 0; i < firsts.size() || i < others.size(); ++i) {
    if (i < firsts.size()) mixed.push_back(firsts[i]);
    if (i < others.size()) mixed.push_back(others[i]);
  }
  return mixed;
}

// Several attempts, and who waits for news of them.
class race {
 public:
  race(std::vector<address> to, const connect_options& options)
      : to_(std::move(to)), options_(options) {}

  task<owned_descriptor> run() {
    co_await with_scope([this](scope& s) { return start(s); });
    if (winner_.get() < 0) failure_->raise();
    co_return std::move(winner_);
  }

 private:
  struct news : awaitable<news>, detail::leaf {
    explicit news(race& r) noexcept : leaf(&stop), of(&r) {}
    news(const news& o) noexcept : news(*o.of) {}
    bool begin(const awaiting& a) noexcept {
      if (std::exchange(of->has_news_, false)) return false;
      if (!wait(a)) return cancelled = true, false;
      of->waiting_ = this;
      return true;
    }
    result<void> await_result() const noexcept {
      if (cancelled) return error(std::errc::operation_canceled, "connect");
      return {};
    }
    static void stop(stoppable& s) noexcept {
      auto& n = static_cast<news&>(s);
      n.cancelled = true;
      n.of->waiting_ = nullptr;
      n.wake();
    }
    race* of;
    bool cancelled = false;
  };

  bool is_over() const noexcept {
    return winner_.get() >= 0 || (next_ == to_.size() && running_ == 0);
  }

  task<> start(scope& s) {
    while (!is_over()) {
      const bool more = next_ < to_.size();
      if (more) {
        ++running_;
        s.spawn(attempt(to_[next_++]));
      }
      if (is_over()) break;
      if (next_ == to_.size()) {
        co_await news(*this);
      } else {
        const auto r = co_await as_result(with_timeout(options_.attempt_delay, news(*this)));
        if (!r && r.error() != std::errc::timed_out) r.error().raise();
      }
    }
    s.cancel();
  }

  task<> attempt(address to) {
    auto made = co_await as_result(connect_one(to, options_));
    --running_;
    if (!made && !failure_) failure_ = made.error();
    if (made && winner_.get() < 0) winner_ = std::move(*made);
    if (waiting_ != nullptr)
      std::exchange(waiting_, nullptr)->wake();
    else
      has_news_ = true;
  }

  std::vector<address> to_;
  connect_options options_;
  std::size_t next_ = 0;
  std::size_t running_ = 0;
  owned_descriptor winner_;
  std::optional<error> failure_;
  news* waiting_ = nullptr;
  bool has_news_ = false;
};

}  // namespace

task<tcp_stream> tcp_stream::connect(address to, connect_options options) {
  owned_descriptor fd = co_await connect_one(to, options);
  co_return of_socket(fd.release());
}

task<tcp_stream> tcp_stream::connect(std::string host, std::uint16_t port,
                                     connect_options options) {
  std::string_view digits = host;
  if (digits.starts_with('[') && digits.ends_with(']')) digits = digits.substr(1, host.size() - 2);
  if (const auto known = address::parse(digits, port)) co_return co_await connect(*known, options);
  co_return co_await detail::connect_to_first(co_await detail::look_up(host, port), options);
}

task<tcp_stream> detail::connect_to_first(std::vector<address> all, connect_options options) {
  race attempts(interleaved(all), options);
  owned_descriptor fd = co_await attempts.run();
  co_return tcp_stream::of_socket(fd.release());
}

void tcp_stream::set_nodelay(bool on) { set_option(IPPROTO_TCP, TCP_NODELAY, on); }

void tcp_stream::set_keepalive(std::chrono::seconds idle) {
  if (idle.count() > 0)
    set_option(IPPROTO_TCP, TCP_KEEPIDLE,
               static_cast<int>(std::min<long long>(idle.count(), 32767)));
  set_option(SOL_SOCKET, SO_KEEPALIVE, idle.count() > 0);
}

task<unix_stream> unix_stream::connect(address to) {
  owned_descriptor fd = co_await connect_one(to, {});
  co_return of_socket(fd.release());
}

}  // namespace eddy
