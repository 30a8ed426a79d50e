// The load itself, on eddy's operations: io_uring where it can be had, else epoll.
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <stdexcept>

#include "load.h"
#include "ops/ops.h"
#include "system.h"

namespace {

double own_cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& tv) {
    return static_cast<double>(tv.tv_sec) + static_cast<double>(tv.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::string rot13(std::string line) {
  for (char& c : line) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
      const char first = c >= 'a' ? 'a' : 'A';
      c = static_cast<char>(first + (c - first + 13) % 26);
    }
  }
  return line;
}

constexpr int connect_limit_ms = 5000;

// Whether a connect that goes on by itself succeeds in time; errno says why not.
bool connected_in_time(int fd) {
  pollfd writable{fd, POLLOUT, 0};
  int ready = 0;
  do ready = ::poll(&writable, 1, connect_limit_ms);
  while (ready < 0 && errno == EINTR);
  int error = ready < 0 ? errno : ETIMEDOUT;
  socklen_t size = sizeof error;
  if (ready > 0 && ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  errno = error;
  return error == 0;
}

bool connect_one(int fd, const addrinfo& to) {
  if (::connect(fd, to.ai_addr, to.ai_addrlen) != 0 &&
      ((errno != EINPROGRESS && errno != EINTR) || !connected_in_time(fd)))
    return false;
  const int one = 1;
  (void)::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return true;
}

class load;

// One client. Its two operations are in flight or idle; what it has sent but not got back stands in
// `sent_at`.
struct client {
  load* owner = nullptr;
  int fd = -1;
  eddy::engine::operation receiving, sending;
  std::string out, being_sent;
  std::size_t out_done = 0;
  std::size_t next_line = 0;      // of the text, to send
  std::size_t expected_line = 0;  // of the text, to come back
  std::size_t expected_done = 0;  // bytes of it that have come
  std::vector<std::int64_t> sent_at;
  std::size_t oldest = 0;
  std::size_t under_way = 0;
  bool failed = false;
  char in[32768];
};

class load {
 public:
  explicit load(const load_plan& plan) : plan_(plan) {
    for (const std::string& line : plan.text) answers_.push_back(rot13(line));
    if (on_.open(eddy::engine::loop_options{}) != 0)
      throw std::runtime_error(std::string("no event loop: ") + on_.why_not_open());
  }
  ~load() {
    for (const auto& c : clients_)
      if (c->fd >= 0) ::close(c->fd);
    for (const int fd : idle_) ::close(fd);
  }

  load_result run();

 private:
  void connect_all();
  void add_client(int fd, long index);
  void check_idle();
  void start(client& c);
  void add_line(client& c);
  void flush(client& c);
  void receive(client& c);
  void received(client& c);
  void sent(client& c);
  bool check(client& c, const char* data, std::size_t size);
  void fail(client& c, const std::string& what);
  void tick();
  bool more_lines() const { return !stopping_ && (plan_.lines == 0 || started_ < plan_.lines); }

  const load_plan& plan_;
  std::vector<std::string> answers_;
  eddy::engine::loop on_;
  eddy::engine::operation timer_;
  std::vector<std::unique_ptr<client>> clients_;
  std::vector<int> idle_;
  load_result result_;
  std::int64_t began_ = 0, ends_ = 0;
  std::int64_t moment_ = 0;  // when what is handled now came
  long started_ = 0;
  long working_ = 0;  // clients that still wait for answers
  bool stopping_ = false;
};

void load::connect_all() {
  std::map<std::string, long> failures;  // by reason
  for (long i = 0; i < plan_.connections + plan_.idle; ++i) {
    const int fd = connect_by_deadline(plan_.host, plan_.port);
    if (fd < 0) {
      const int error = errno;
      if (i == 0)
        throw std::runtime_error("cannot connect to " + plan_.host + " port " + plan_.port + ": " +
                                 std::strerror(error) + " (is the server running?)");
      ++failures[std::strerror(error)];
      // Neither will the next ones come through, or not soon.
      if (error == ETIMEDOUT || error == EMFILE || error == ENFILE) break;
    } else if (i >= plan_.connections) {
      idle_.push_back(fd);
    } else {
      add_client(fd, i);
    }
  }
  const long made = static_cast<long>(clients_.size() + idle_.size());
  for (const auto& [reason, count] : failures) {
    result_.error_count += count;
    result_.errors.push_back(
        std::to_string(count) + " of " + std::to_string(plan_.connections + plan_.idle) +
        " connections could not be made: " + reason + " (" + std::to_string(made) + " were)");
  }
}

void load::add_client(int fd, long index) {
  auto c = std::make_unique<client>();
  c->owner = this;
  c->fd = fd;
  c->next_line = c->expected_line = static_cast<std::size_t>(index) * 37 % plan_.text.size();
  c->sent_at.resize(static_cast<std::size_t>(plan_.inflight));
  c->receiving.argument = c->sending.argument = c.get();
  c->receiving.on_self = [](eddy::engine::callback*, void* self) {
    auto& me = *static_cast<client*>(self);
    me.owner->received(me);
  };
  c->sending.on_self = [](eddy::engine::callback*, void* self) {
    auto& me = *static_cast<client*>(self);
    me.owner->sent(me);
  };
  clients_.push_back(std::move(c));
}

// Those that say nothing must be there at the end as well.
void load::check_idle() {
  long gone = 0;
  for (const int fd : idle_) {
    char byte = 0;
    const ssize_t got = ::recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
    gone += got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
  }
  if (gone == 0) return;
  result_.error_count += gone;
  result_.errors.push_back("the server closed, or wrote to, " + std::to_string(gone) + " of " +
                           std::to_string(idle_.size()) + " idle connections");
}

void load::add_line(client& c) {
  c.out += plan_.text[c.next_line];
  c.next_line = (c.next_line + 1) % plan_.text.size();
  c.sent_at[(c.oldest + c.under_way) % c.sent_at.size()] = moment_;
  ++c.under_way;
  ++started_;
}

void load::flush(client& c) {
  if (c.failed || !c.sending.is_idle()) return;
  if (c.out_done == c.being_sent.size()) {
    c.being_sent.swap(c.out);
    c.out.clear();
    c.out_done = 0;
  }
  if (c.being_sent.empty()) return;
  eddy::engine::prepare_send(c.sending, c.fd, c.being_sent.data() + c.out_done,
                             c.being_sent.size() - c.out_done, 0);
  eddy::engine::submit(on_, c.sending);
}

void load::receive(client& c) {
  eddy::engine::prepare_recv(c.receiving, c.fd, c.in, sizeof c.in, 0);
  eddy::engine::submit(on_, c.receiving);
}

void load::start(client& c) {
  moment_ = on_.now_uncached();
  for (long i = 0; i < plan_.inflight && more_lines(); ++i) add_line(c);
  if (c.under_way == 0) return;
  ++working_;
  flush(c);
  receive(c);
}

void load::fail(client& c, const std::string& what) {
  if (c.failed) return;
  c.failed = true;
  --working_;
  ++result_.error_count;
  if (result_.errors.size() < 20) result_.errors.push_back(what);
  if (c.sending.state == eddy::engine::progress::in_flight) eddy::engine::cancel(on_, c.sending);
  if (c.receiving.state == eddy::engine::progress::in_flight)
    eddy::engine::cancel(on_, c.receiving);
  if (working_ == 0) eddy::engine::cancel(on_, timer_);
}

void load::sent(client& c) {
  if (c.failed) return;
  if (c.sending.result < 0)
    return fail(c, std::string("send: ") + std::strerror(static_cast<int>(-c.sending.result)));
  c.out_done += static_cast<std::size_t>(c.sending.result);
  flush(c);
}

// Compares with what has to come; false when it differs.
bool load::check(client& c, const char* data, std::size_t size) {
  while (size > 0) {
    if (c.under_way == 0) {
      fail(c, "the server answered more than it was asked");
      return false;
    }
    const std::string& answer = answers_[c.expected_line];
    const std::size_t part = std::min(size, answer.size() - c.expected_done);
    if (std::memcmp(data, answer.data() + c.expected_done, part) != 0) {
      fail(c, "wrong answer to line " + std::to_string(c.expected_line + 1) + ": \"" +
                  std::string(data, std::min<std::size_t>(part, 40)) + "\" instead of \"" +
                  answer.substr(c.expected_done, 40) + "\"");
      return false;
    }
    data += part;
    size -= part;
    c.expected_done += part;
    if (c.expected_done < answer.size()) continue;
    c.expected_done = 0;
    c.expected_line = (c.expected_line + 1) % answers_.size();
    result_.latency.add(moment_ - c.sent_at[c.oldest]);
    c.oldest = (c.oldest + 1) % c.sent_at.size();
    --c.under_way;
    ++result_.lines;
    if (more_lines()) add_line(c);
  }
  return true;
}

void load::received(client& c) {
  if (c.failed) return;
  const std::int64_t got = c.receiving.result;
  if (got < 0) return fail(c, std::string("recv: ") + std::strerror(static_cast<int>(-got)));
  if (got == 0)
    return fail(c, "the server closed a connection that had " + std::to_string(c.under_way) +
                       " lines under way");
  moment_ = on_.now_uncached();  // not the turn's: answers to others have taken their time since
  if (!check(c, c.in, static_cast<std::size_t>(got))) return;
  flush(c);
  if (c.under_way > 0) return receive(c);
  if (--working_ == 0) eddy::engine::cancel(on_, timer_);
}

// Ten times a second, until the last answer has come or has kept us waiting too long.
void load::tick() {
  const std::int64_t now = on_.now();
  if (now >= ends_ || (plan_.interrupted && plan_.interrupted())) stopping_ = true;
  if (plan_.progress) {
    const double by_time = static_cast<double>(now - began_) / static_cast<double>(ends_ - began_);
    const double by_lines =
        plan_.lines > 0 ? static_cast<double>(result_.lines) / static_cast<double>(plan_.lines) : 0;
    plan_.progress(std::min(1.0, std::max(by_time, by_lines)), result_.lines);
  }
  constexpr std::int64_t patience = 5 * eddy::engine::nanoseconds_per_second;
  if (now >= ends_ + patience) {
    for (const auto& c : clients_)
      if (!c->failed && c->under_way > 0)
        fail(*c, "no answer within 5 s after the end, " + std::to_string(c->under_way) +
                     " lines under way");
    return;
  }
  if (working_ == 0) return;
  eddy::engine::prepare_timeout(timer_, now + eddy::engine::nanoseconds_per_second / 10);
  eddy::engine::submit(on_, timer_);
}

load_result load::run() {
  raise_descriptor_limit();
  connect_all();
  result_.backend = on_.backend_name();
  const double server_before = plan_.pid != 0 ? usage_of(plan_.pid).cpu_seconds : 0;
  const double client_before = own_cpu_seconds();
  began_ = on_.now_uncached();
  ends_ = began_ + static_cast<std::int64_t>(plan_.seconds * 1e9);
  timer_.argument = this;
  timer_.on_self = [](eddy::engine::callback*, void* self) { static_cast<load*>(self)->tick(); };
  for (const auto& c : clients_) start(*c);
  tick();
  on_.run(0);
  check_idle();
  result_.seconds = static_cast<double>(on_.now_uncached() - began_) * 1e-9;
  result_.client_cpu_seconds = own_cpu_seconds() - client_before;
  if (plan_.pid != 0) {
    const process_usage after = usage_of(plan_.pid);
    result_.server_cpu_seconds = after.cpu_seconds - server_before;
    result_.server_memory_kib = after.memory_kib;
  }
  return result_;
}

}  // namespace

int connect_by_deadline(const std::string& host, const std::string& port) {
  addrinfo hints{}, *list = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  if (const int failed = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &list))
    throw std::runtime_error("cannot resolve " + host + " port " + port + ": " +
                             ::gai_strerror(failed));
  int fd = -1, error = 0;
  for (addrinfo* a = list; a != nullptr && fd < 0; a = a->ai_next) {
    fd = ::socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);
    if (fd >= 0 && connect_one(fd, *a)) break;
    error = errno;
    if (fd >= 0) ::close(fd);
    fd = -1;
  }
  ::freeaddrinfo(list);
  if (fd < 0) errno = error;
  return fd;
}

load_result run_load(const load_plan& plan) { return load(plan).run(); }
