#include "coro/dns_channel.h"

#include <netinet/in.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "base/memory.h"

namespace eddy::detail {
namespace {

std::error_code code_of(int status) noexcept {
  switch (status) {
    case ARES_SUCCESS:
      return {};
    case ARES_ENOTFOUND:
    case ARES_ENONAME:
      return make_error_code(dns_error::no_such_name);
    case ARES_ENODATA:
      return make_error_code(dns_error::no_such_record);
    case ARES_EBADNAME:
    case ARES_EBADSTR:
    case ARES_EBADQUERY:
      return make_error_code(dns_error::malformed_name);
    case ARES_EFORMERR:
      return make_error_code(dns_error::malformed_query);
    // c-ares 1.18 says "connection refused" of all of these.
    case ARES_ESERVFAIL:
    case ARES_EREFUSED:
    case ARES_ENOTIMP:
    case ARES_ECONNREFUSED:
      return make_error_code(dns_error::servers_failed);
    case ARES_EBADRESP:
      return make_error_code(dns_error::malformed_answer);
    case ARES_ETIMEOUT:
      return std::make_error_code(std::errc::timed_out);
    case ARES_ENOMEM:
      return std::make_error_code(std::errc::not_enough_memory);
    case ARES_ECANCELLED:
    case ARES_EDESTRUCTION:
      return std::make_error_code(std::errc::operation_canceled);
    default:
      return std::make_error_code(std::errc::io_error);
  }
}

// Once in a process; it only counts, on Unix.
int library_status() noexcept {
  static const int status = ::ares_library_init(ARES_LIB_INIT_ALL);
  return status;
}

constexpr const char* settings_file = "/etc/resolv.conf";

}  // namespace

// --- the channel ---

resolver_state::~resolver_state() {
  if (channel != nullptr) ::ares_destroy(channel);  // calls back for all that is in flight
  if (files_ != nullptr) ::ares_destroy(files_);
  if (timer_runs_) timer_.stop(*on_);
}

resolver_state::version resolver_state::settings_now() const noexcept {
  struct stat found {};
  if (!options.servers.empty() || ::stat(settings_file, &found) != 0) return {};
  return {found.st_mtim.tv_sec, found.st_mtim.tv_nsec, found.st_size,
          static_cast<long long>(found.st_ino)};
}

std::error_code resolver_state::prepare(loop_core& core) noexcept {
  auto& loop = static_cast<loop_state&>(core);
  if (on_ != nullptr && on_ != &loop)
    return std::make_error_code(std::errc::operation_not_permitted);
  on_ = &loop;
  if (in_flight_ == 0) {
    const version now = settings_now();
    if (channel != nullptr && !(now == settings_)) ::ares_destroy(std::exchange(channel, nullptr));
    settings_ = now;
  }
  return channel != nullptr ? std::error_code() : code_of(open());
}

int resolver_state::open() noexcept {
  if (const int status = library_status()) return status;
  ares_options o{};
  // The environment has no say in what a name means (HOSTALIASES).
  o.flags = ARES_FLAG_NOALIASES;
  o.sock_state_cb = &socket_changed;
  o.sock_state_cb_data = this;
  int given = ARES_OPT_FLAGS | ARES_OPT_SOCK_STATE_CB;
  if (options.attempt.count() > 0) {
    o.timeout = static_cast<int>(std::min<long long>(options.attempt.count(), INT32_MAX));
    given |= ARES_OPT_TIMEOUTMS;
  }
  if (options.rounds > 0) {
    o.tries = static_cast<int>(std::min(options.rounds, 100U));
    given |= ARES_OPT_TRIES;
  }
  int status = ::ares_init_options(&channel, &o, given);
  if (status == ARES_SUCCESS && !options.servers.empty()) status = set_servers();
  if (status != ARES_SUCCESS && channel != nullptr) ::ares_destroy(std::exchange(channel, nullptr));
  return status;
}

int resolver_state::set_servers() noexcept try {
  std::vector<ares_addr_port_node> all(options.servers.size());
  for (std::size_t i = 0; i < options.servers.size(); ++i) {
    const address& at = options.servers[i];
    ares_addr_port_node& one = all[i];
    one.next = i + 1 < options.servers.size() ? &all[i + 1] : nullptr;
    one.family = at.family();
    one.udp_port = one.tcp_port = at.port();
    if (at.is_ipv4())
      one.addr.addr4 = reinterpret_cast<const sockaddr_in*>(at.data())->sin_addr;
    else
      std::memcpy(&one.addr.addr6, &reinterpret_cast<const sockaddr_in6*>(at.data())->sin6_addr,
                  16);
  }
  return ::ares_set_servers_ports(channel, all.data());
} catch (const std::bad_alloc&) {
  return ARES_ENOMEM;
}

// --- the loop ---

engine::watcher* resolver_state::find(int fd) noexcept {
  for (auto& w : sockets_)
    if (w->fd == fd) return w.get();
  return nullptr;
}

void resolver_state::socket_changed(void* self, ares_socket_t fd, int to_read,
                                    int to_write) noexcept {
  auto& r = *static_cast<resolver_state*>(self);
  try {
    r.watch(fd, to_read != 0, to_write != 0);
  } catch (const std::bad_alloc&) {
    // Not watched: its questions end by their time.
  }
}

void resolver_state::watch(int fd, bool to_read, bool to_write) {
  engine::watcher* w = find(fd);
  if (w != nullptr) (void)on_->base.remove(w, engine::removal::do_not_wait);
  if (!to_read && !to_write) {
    std::erase_if(sockets_, [fd](const auto& one) { return one->fd == fd; });
    return;
  }
  if (w == nullptr) {
    sockets_.push_back(std::make_unique<engine::watcher>());
    w = sockets_.back().get();
    w->flags = engine::is_initialised;
    w->kind = engine::closure::persistent_event;
    w->fd = fd;
    w->on_event = socket_ready;
    w->argument = this;
    w->owner = &on_->base;
    w->priority = static_cast<std::uint8_t>(on_->base.priorities() / 2);
  }
  w->events = static_cast<std::int16_t>(engine::watch_persist | (to_read ? engine::watch_read : 0) |
                                        (to_write ? engine::watch_write : 0));
  (void)on_->base.add(w, engine::forever);
}

void resolver_state::socket_ready(int fd, short what, void* self) {
  auto& r = *static_cast<resolver_state*>(self);
  ::ares_process_fd(r.channel, (what & engine::watch_read) != 0 ? fd : ARES_SOCKET_BAD,
                    (what & engine::watch_write) != 0 ? fd : ARES_SOCKET_BAD);
  r.settle();
}

void resolver_state::due(void* self) noexcept {
  auto& r = *static_cast<resolver_state*>(self);
  r.timer_runs_ = false;
  ::ares_process_fd(r.channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  r.settle();
}

void resolver_state::settle() noexcept {
  if (timer_runs_) timer_.stop(*on_);
  timer_runs_ = false;
  timeval left{};
  if (::ares_timeout(channel, nullptr, &left) == nullptr) return;
  const long long ns = left.tv_sec * 1'000'000'000LL + left.tv_usec * 1'000LL;
  timer_runs_ = timer_.start(*on_, deadline_after(ns), &due, this) == 0;
}

// --- questions ---

asked* resolver_state::begin(question& q) noexcept {
  auto* a = engine::memory::create<asked>(asked{this, &q});
  if (a == nullptr) return nullptr;
  ++in_flight_;
  ++wanted_;
  return a;
}

void resolver_state::end(asked* a) noexcept {
  if (a->who != nullptr) --wanted_;
  --in_flight_;
  engine::memory::destroy(a);
}

void resolver_state::forget(asked* a) noexcept {
  a->who = nullptr;
  if (--wanted_ > 0) return;
  ::ares_cancel(channel);
  settle();
}

bool question::begin(const awaiting& a) noexcept {
  if (!wait(a)) {
    failed_ = std::make_error_code(std::errc::operation_canceled);
    return false;
  }
  failed_ = of_.prepare(*a.in->core);
  if (!failed_ && (waits_for_ = of_.begin(*this)) == nullptr)
    failed_ = std::make_error_code(std::errc::not_enough_memory);
  if (failed_) {
    stoppable::unlink();
    return false;
  }
  start_(*this, waits_for_);  // may answer at once, which then waits for its turn
  of_.settle();
  return true;
}

void question::stop(stoppable& s) noexcept {
  auto& q = static_cast<question&>(s);
  q.of_.forget(std::exchange(q.waits_for_, nullptr));
  q.finish(std::make_error_code(std::errc::operation_canceled));
}

void question::finish(std::error_code how) noexcept {
  failed_ = how;
  wake();
}

void question::answered(void* argument, int status, int, unsigned char* data, int size) noexcept {
  auto* a = static_cast<asked*>(argument);
  question* q = a->who;
  a->of->end(a);
  if (q == nullptr) return;
  try {
    if (status == ARES_SUCCESS && data != nullptr)
      q->bytes.assign(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
  } catch (const std::bad_alloc&) {
    status = ARES_ENOMEM;
  }
  q->finish(code_of(status));
}

void question::addressed(void* argument, int status, int, ares_addrinfo* found) noexcept {
  auto* a = static_cast<asked*>(argument);
  question* q = a->who;
  a->of->end(a);
  if (q == nullptr) {
    if (found != nullptr) ::ares_freeaddrinfo(found);
    return;
  }
  q->addresses = found;
  q->finish(code_of(status));
}

// --- what the resolver asks for ---

const bool resolver_has_dns = true;

resolver_state* new_resolver(const resolver_options& options) {
  return new resolver_state(options);
}
void end_resolver(resolver_state* r) noexcept { delete r; }
std::chrono::milliseconds deadline_of(const resolver_state& r) noexcept {
  return r.options.deadline;
}

namespace {

void start_addresses(question& q, asked* a) {
  ares_addrinfo_hints hints{};
  hints.ai_family = q.family;
  hints.ai_socktype = SOCK_STREAM;  // or each would come once for each type
  hints.ai_flags = q.family != AF_UNSPEC ? ARES_AI_NOSORT : 0;
  ::ares_getaddrinfo(q.channel(), q.name().c_str(), nullptr, &hints, &question::addressed, a);
}

void start_records(question& q, asked* a) {
  ::ares_query(q.channel(), q.name().c_str(), 1, static_cast<int>(q.type), &question::answered, a);
}

void name_found(void* name, int status, int, hostent* found) {
  auto& to = *static_cast<std::pair<int, std::string>*>(name);
  to.first = status;
  if (status == ARES_SUCCESS && found != nullptr && found->h_name != nullptr)
    to.second = found->h_name;
}

}  // namespace

task<std::vector<address_record>> ask_addresses(resolver_state& r, std::string host, int family,
                                                std::uint16_t port) {
  question q(r, host, &start_addresses);
  q.family = family;
  co_await q;
  std::vector<address_record> all;
  for (const auto* n = q.addresses->nodes; n != nullptr; n = n->ai_next)
    if (const address at(n->ai_addr, n->ai_addrlen); at)
      all.push_back({at.with_port(port), std::chrono::seconds(n->ai_ttl > 0 ? n->ai_ttl : 0)});
  if (all.empty()) error(dns_error::no_such_record, "look up", host).raise();
  co_return all;
}

task<std::string> ask_records(resolver_state& r, std::string name, record_type type) {
  question q(r, name, &start_records);
  q.type = type;
  co_await q;
  co_return std::move(q.bytes);
}

int resolver_state::open_files() noexcept {
  if (files_ != nullptr) return ARES_SUCCESS;
  if (const int status = library_status()) return status;
  ares_options o{};
  char only_files[] = "f";
  o.lookups = only_files;
  return ::ares_init_options(&files_, &o, ARES_OPT_LOOKUPS);
}

std::string resolver_state::name_in_files(const address& of) {
  if (open_files() != ARES_SUCCESS) throw std::bad_alloc();
  const void* bytes =
      of.is_ipv4()
          ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in*>(of.data())->sin_addr)
          : &reinterpret_cast<const sockaddr_in6*>(of.data())->sin6_addr;
  std::pair<int, std::string> found{ARES_ENOTFOUND, {}};
  ::ares_gethostbyaddr(files_, bytes, of.is_ipv4() ? 4 : 16, of.family(), &name_found, &found);
  ::ares_cancel(files_);  // it has called back already; it must have
  return std::move(found.second);
}

task<std::vector<name_record>> ask_names_in_files(resolver_state& r, address of) {
  std::vector<name_record> all;
  if (std::string name = r.name_in_files(of); !name.empty()) all.push_back({std::move(name), {}});
  co_return all;
}

}  // namespace eddy::detail
