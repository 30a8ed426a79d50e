// Event ports of illumos, simulated after port_create(3C), port_associate(3C), port_get(3C),
// port_send(3C) and port_alert(3C).
//
// Where the pages leave something open it is as illumos does it, the way that is harder on users:
// - port_getn that fails for another reason than ETIME leaves *nget as it was, so that a program
//   which reads that many events reads what is not there;
// - port_getn gives more events than it was asked for where there are more, and room;
// - *nget 0 asks for what there is, without waiting.
//
// Not simulated: the sources PORT_SOURCE_AIO, TIMER, MQ and FILE (EINVAL); a limit on associations;
// EFAULT; events that stay valid although their condition ended before they were taken (here they
// are looked at when they are taken). After a fork, parent and child each go on with what was
// there, and do not hear of each other; the rule of ownership is kept. The descriptor says POLLERR
// to poll(2). What POLLHUP, POLLERR and so on mean for a file is Linux's meaning.
#include <port.h>
#include <unistd.h>

#include <algorithm>
#include <list>
#include <optional>

#include "descriptors.h"

namespace eddy::simulated {
namespace {

// process.max-port-events, for what was sent only.
constexpr std::size_t most_events = 4096;

struct association {
  int fd;
  int events;
  void* user;
  identity file;
  pid_t owner;
};

port_event_t event_of(int source, int events, uintptr_t of, void* user) {
  port_event_t event = {};
  event.portev_source = static_cast<ushort_t>(source);
  event.portev_events = events;
  event.portev_object = of;
  event.portev_user = user;
  return event;
}

class port final : public object {
 public:
  void closing(int fd) override;
  port() { sent_.reserve(most_events); }
  bool survives_fork() override {
    renew_waker();
    return true;
  }

  int associate(int fd, int events, void* user);
  int dissociate(int fd);
  int send(int events, void* user);
  int alert(int flags, int events, void* user);

  // The alert, if there is one.
  const std::optional<port_event_t>& alerted() const { return alert_; }
  // How many events could be taken now.
  std::size_t available();
  std::size_t take(port_event_t* list, std::size_t most);
  std::vector<pollfd> sleeping_on() const;

 private:
  using place = std::list<association>::iterator;

  place find_association(int fd);
  // Those that can be taken come first, each with what happened in `events`.
  std::vector<std::pair<place, int>> ready();

  std::list<association> associations_;
  // port_send is documented to be safe in signal handlers: it must not allocate.
  std::vector<port_event_t> sent_;
  std::optional<port_event_t> alert_;
};

void port::closing(int fd) {
  if (std::erase_if(associations_, [fd](const association& a) { return a.fd == fd; }) != 0) wake();
}

port::place port::find_association(int fd) {
  const auto a = std::find_if(associations_.begin(), associations_.end(),
                              [fd](const association& each) { return each.fd == fd; });
  if (a == associations_.end() || is_still(fd, a->file)) return a;
  associations_.erase(a);
  return associations_.end();
}

int port::associate(int fd, int events, void* user) {
  identity there;
  if (!there.take(fd)) return EBADFD;
  const place known = find_association(fd);
  if (known != associations_.end()) {
    known->events = events;
    known->user = user;
  } else {
    associations_.push_back({fd, events, user, there, ::getpid()});
  }
  wake();
  return 0;
}

int port::dissociate(int fd) {
  identity there;
  if (!there.take(fd)) return EBADFD;
  const place known = find_association(fd);
  if (known == associations_.end()) return ENOENT;
  if (known->owner != ::getpid()) return EACCES;
  associations_.erase(known);
  return 0;
}

int port::send(int events, void* user) {
  if (sent_.size() == most_events) return EAGAIN;
  sent_.push_back(event_of(PORT_SOURCE_USER, events, 0, user));
  wake();
  return 0;
}

int port::alert(int flags, int events, void* user) {
  if (flags != PORT_ALERT_SET && flags != PORT_ALERT_UPDATE) return EINVAL;
  if (events != 0 && flags == PORT_ALERT_UPDATE && alert_.has_value()) return EBUSY;
  alert_.reset();
  if (events != 0) alert_ = event_of(PORT_SOURCE_ALERT, events, 0, user);
  wake();
  return 0;
}

std::vector<std::pair<port::place, int>> port::ready() {
  std::vector<pollfd> asked;
  for (const association& a : associations_)
    asked.push_back({a.fd, static_cast<short>(a.events), 0});
  ::poll(asked.data(), asked.size(), 0);
  std::vector<std::pair<place, int>> found;
  auto a = associations_.begin();
  for (const pollfd& answer : asked) {
    const place here = a++;
    if (answer.revents == 0) continue;
    if (is_still(here->fd, here->file))
      found.emplace_back(here, answer.revents);
    else
      associations_.erase(here);
  }
  return found;
}

std::size_t port::available() { return sent_.size() + ready().size(); }

std::size_t port::take(port_event_t* list, std::size_t most) {
  std::size_t taken = 0;
  for (; taken < most && taken < sent_.size(); ++taken) list[taken] = sent_[taken];
  sent_.erase(sent_.begin(), sent_.begin() + static_cast<std::ptrdiff_t>(taken));
  for (const auto& [a, events] : ready()) {
    if (taken == most) break;
    list[taken++] = event_of(PORT_SOURCE_FD, events, static_cast<uintptr_t>(a->fd), a->user);
    associations_.erase(a);
  }
  // There may be more for somebody else who sleeps.
  wake();
  return taken;
}

std::vector<pollfd> port::sleeping_on() const {
  std::vector<pollfd> all = {{waker, POLLIN, 0}};
  for (const association& a : associations_) all.push_back({a.fd, static_cast<short>(a.events), 0});
  return all;
}

// Sleeps until `least` events or the alert are there. 0 or an errno.
int wait_for(in_kernel& here, port& p, std::size_t least, std::int64_t end) {
  for (;;) {
    p.woken();
    if (p.closed) return EBADF;
    if (p.alerted().has_value()) {
      p.wake();
      return 0;
    }
    const std::size_t there = p.available();
    const std::int64_t left = left_until(end);
    if (there >= least) return 0;
    if (left == 0) return ETIME;
    // What is ready already would wake us at once, and is not enough.
    std::vector<pollfd> on = p.sleeping_on();
    if (there != 0) {
      on.resize(1);
      on[0].events = POLLIN;
    }
    constexpr std::int64_t look_again = 2'000'000;
    const int woke = here.sleep(on, there != 0 ? std::min(left, look_again) : left);
    if (woke < 0) return errno;
  }
}

int get_several(in_kernel& here, port& p, port_event_t* list, std::size_t most, uint_t& wanted,
                std::int64_t end) {
  const int error = wait_for(here, p, wanted, end);
  if (error != 0 && error != ETIME) return error;
  if (p.alerted().has_value()) {
    list[0] = *p.alerted();
    wanted = 1;
  } else {
    wanted = static_cast<uint_t>(p.take(list, most));
  }
  return error;
}

// A port, or null and errno.
std::shared_ptr<port> find_port(int fd) {
  auto found = find_as<port>(fd);
  identity file;
  if (found == nullptr) errno = file.take(fd) ? EBADFD : EBADF;
  return found;
}

int as_result(int error) { return error == 0 ? 0 : fail(error); }

}  // namespace
}  // namespace eddy::simulated

namespace simulated = eddy::simulated;

extern "C" {

int port_create() {
  const simulated::in_kernel here;
  return simulated::publish(std::make_shared<simulated::port>());
}

int port_associate(int port, int source, uintptr_t object, int events, void* user) {
  const simulated::in_kernel here;
  const auto p = simulated::find_port(port);
  if (p == nullptr) return -1;
  if (source != PORT_SOURCE_FD) return simulated::fail(EINVAL);
  return simulated::as_result(p->associate(static_cast<int>(object), events, user));
}

int port_dissociate(int port, int source, uintptr_t object) {
  const simulated::in_kernel here;
  const auto p = simulated::find_port(port);
  if (p == nullptr) return -1;
  if (source != PORT_SOURCE_FD) return simulated::fail(EINVAL);
  return simulated::as_result(p->dissociate(static_cast<int>(object)));
}

int port_get(int port, port_event_t* event, const timespec_t* timeout) {
  simulated::in_kernel here;
  const auto p = simulated::find_port(port);
  if (p == nullptr) return -1;
  std::int64_t end = 0;
  if (!simulated::end_of(timeout, end)) return simulated::fail(EINVAL);
  uint_t one = 1;
  return simulated::as_result(simulated::get_several(here, *p, event, 1, one, end));
}

int port_getn(int port, port_event_t list[], uint_t max, uint_t* nget, const timespec_t* timeout) {
  simulated::in_kernel here;
  const auto p = simulated::find_port(port);
  if (p == nullptr) return -1;
  std::int64_t end = 0;
  if (nget == nullptr || !simulated::end_of(timeout, end)) return simulated::fail(EINVAL);
  if (max == 0) {
    *nget = static_cast<uint_t>(p->available());
    return 0;
  }
  if (list == nullptr || *nget > max) return simulated::fail(EINVAL);
  return simulated::as_result(simulated::get_several(here, *p, list, max, *nget, end));
}

int port_send(int port, int events, void* user) {
  const simulated::in_kernel here;
  const auto p = simulated::find_port(port);
  if (p == nullptr) return -1;
  return simulated::as_result(p->send(events, user));
}

int port_sendn(int ports[], int errors[], uint_t nent, int events, void* user) {
  if (nent == 0) return simulated::fail(EINVAL);
  int sent = 0;
  for (uint_t i = 0; i < nent; ++i) {
    errors[i] = port_send(ports[i], events, user) == 0 ? 0 : errno;
    if (errors[i] == 0) ++sent;
  }
  return sent;
}

int port_alert(int port, int flags, int events, void* user) {
  const simulated::in_kernel here;
  const auto p = simulated::find_port(port);
  if (p == nullptr) return -1;
  return simulated::as_result(p->alert(flags, events, user));
}

}  // extern "C"
