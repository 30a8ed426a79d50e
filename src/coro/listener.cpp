#include <eddy/listener.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>

#include "base/memory.h"
#include "base/sys.h"
#include "coro/loop_state.h"
#include "net/listener.h"

namespace eddy {
namespace detail {

// The engine's part is the first: it releases the whole.
struct listener_state {
  engine::listener engine;
  loop_state* on = nullptr;
  link_list waiting;  // leaf::queue_link
  int fd = -1;
  bool sheds = false;
  bool has_socket_alone = false;
  unsigned long long pauses = 0;

  static accept_operation& first_of(link_list& l) noexcept {
    return static_cast<accept_operation&>(leaf::of(*l.front()));
  }
  static listener_state& of(engine::listener* l) noexcept {
    return *reinterpret_cast<listener_state*>(l);
  }

  int attach(loop_core& core) noexcept;
  void end_first(int fd, int outcome) noexcept;
  void end_all(int outcome) noexcept;
  void close() noexcept;

  static void accepted(engine::listener* l, int fd, sockaddr*, socklen_t);
  static void failed(engine::listener* l, int error);
};

namespace {

constexpr engine::listener_calls calls{listener_state::accepted, listener_state::failed};

bool is_for_good(int error) noexcept {
  return error == EBADF || error == ENOTSOCK || error == EINVAL;
}

}  // namespace

int listener_state::attach(loop_core& core) noexcept {
  if (on != nullptr) return on == &core ? 0 : EPERM;
  auto& loop = static_cast<loop_state&>(core);
  if (const int error = engine::open_listener(engine, loop.base, fd, false)) return error;
  engine.calls = &calls;
  engine.closes_socket = true;
  engine.has_socket_alone = has_socket_alone;
  engine.destroy = [](engine::listener* l) { engine::memory::destroy(&of(l)); };
  on = &loop;
  if (sheds) (void)engine::shed_connections(engine);
  return engine::enable_listener(engine, true);
}

// In its turn.
void listener_state::end_first(int connection, int outcome) noexcept {
  accept_operation& a = first_of(waiting);
  a.queue_link::unlink();
  a.waits_ = false;
  a.fd_ = connection;
  a.outcome_ = outcome;
  a.wake();
}

void listener_state::end_all(int outcome) noexcept {
  while (!waiting.empty()) end_first(-1, outcome);
}

// Resumed at once: it may accept the next of those that came.
void listener_state::accepted(engine::listener* l, int fd, sockaddr*, socklen_t) {
  listener_state& s = of(l);
  if (s.waiting.empty()) return (void)engine::sys::close(fd);
  accept_operation& a = first_of(s.waiting);
  a.queue_link::unlink();
  a.stoppable::unlink();
  a.waits_ = false;
  a.fd_ = fd;
  a.outcome_ = 0;
  a.who.handle.resume();
  if (s.waiting.empty()) (void)engine::set_wanted(*l, false);
}

void listener_state::failed(engine::listener* l, int error) {
  listener_state& s = of(l);
  ++s.pauses;
  if (!is_for_good(error)) return;
  s.end_all(error);
  (void)engine::set_wanted(*l, false);
}

void listener_state::close() noexcept {
  end_all(ECANCELED);
  if (on != nullptr) return engine::free_listener(engine);
  (void)engine::sys::close(fd);
  engine::memory::destroy(this);
}

bool accept_operation::begin(const awaiting& a) noexcept {
  outcome_ = EBADF;
  if (listener_ == nullptr) return false;
  listener_state& l = *listener_;
  listener_fd_ = l.fd;
  outcome_ = a.in->stop->requested() ? ECANCELED : l.attach(*a.in->core);
  if (outcome_ != 0) return false;
  if (l.waiting.empty() && !l.engine.wanted) outcome_ = engine::set_wanted(l.engine, true);
  if (outcome_ != 0) {
    (void)engine::set_wanted(l.engine, false);
    return false;
  }
  (void)wait(a);
  waits_ = true;
  l.waiting.push_back(static_cast<queue_link&>(*this));
  return true;
}

void accept_operation::stop(stoppable& s) noexcept {
  auto& a = static_cast<accept_operation&>(s);
  listener_state& l = *a.listener_;
  a.waits_ = false;
  a.outcome_ = ECANCELED;
  a.queue_link::unlink();
  a.wake();
  if (l.waiting.empty()) (void)engine::set_wanted(l.engine, false);
}

void accept_operation::forget() noexcept {
  if (waits_) {
    queue_link::unlink();
    stoppable::unlink_if_linked();
  }
  if (fd_ >= 0) (void)engine::sys::close(fd_);
}

error accept_operation::failure() const noexcept {
  return error::of_errno(outcome_, "accept on", listener_fd_);
}

namespace {

void option(int fd, int level, int name, bool on) noexcept {
  const int value = on;
  (void)::setsockopt(fd, level, name, &value, sizeof value);
}

// -1 with errno.
int open_socket(const address& at, const listen_options& o) noexcept {
  const int fd = engine::sys::stream_socket(at.family());
  if (fd < 0) return -1;
  if (!at.is_unix()) {
    if (o.reuse_address) option(fd, SOL_SOCKET, SO_REUSEADDR, true);
    if (o.nodelay) option(fd, IPPROTO_TCP, TCP_NODELAY, true);  // what is accepted inherits it
  }
  if (o.reuse_port) option(fd, SOL_SOCKET, SO_REUSEPORT, true);
  if (at.is_ipv6()) option(fd, IPPROTO_IPV6, IPV6_V6ONLY, o.v6_only);
  if (::bind(fd, at.data(), at.size()) == 0 && ::listen(fd, o.backlog) == 0) return fd;
  const int error = errno;
  (void)engine::sys::close(fd);
  errno = error;
  return -1;
}

listener_state* make_state(int fd) {
  auto* s = engine::memory::create<listener_state>();
  if (s == nullptr) {
    (void)engine::sys::close(fd);
    error::of_errno(ENOMEM, "make a listener of", fd).raise();
  }
  s->fd = fd;
  return s;
}

}  // namespace
}  // namespace detail

basic_listener::basic_listener(const address& at, const listen_options& options) {
  const int fd = detail::open_socket(at, options);
  if (fd < 0) error::of_errno(errno, "listen on", at.to_string()).raise();
  state_ = detail::make_state(fd);
  state_->sheds = options.shed;
  state_->has_socket_alone = true;
}

basic_listener::basic_listener(int fd) : state_(detail::make_state(fd)) {
  (void)::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
}

void basic_listener::close() noexcept {
  if (state_ != nullptr) std::exchange(state_, nullptr)->close();
}

int basic_listener::native_handle() const noexcept { return state_ != nullptr ? state_->fd : -1; }
unsigned long long basic_listener::pauses() const noexcept {
  return state_ != nullptr ? state_->pauses : 0;
}
unsigned long long basic_listener::shed() const noexcept {
  return state_ != nullptr ? state_->engine.shed : 0;
}

}  // namespace eddy
