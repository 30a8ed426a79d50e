// kqueue(2) and kevent(2) of FreeBSD 14, simulated.
//
// Where the page leaves something open it is as FreeBSD does it, the way that is harder on users:
// - re-adding changes udata, fflags and data, but not EV_CLEAR, EV_ONESHOT and EV_DISPATCH, which
//   are those of the first EV_ADD (who wants others deletes the event first);
// - any change to an event sets its udata, EV_ENABLE and EV_DISABLE too;
// - any change executes the filter again, so that an event with EV_CLEAR is told again where its
//   condition holds;
// - EV_CLEAR in a change to a user event takes its trigger back, also the one in the same change;
// - EV_ENABLE together with EV_DISABLE is EINVAL;
// - an error's event has EV_ERROR in flags and nothing else;
// - events that remain are told in turns, so that a short list starves nobody.
// In one place it is kinder, as the page is: EV_ADD of a disabled event enables it.
//
// Not simulated: the filters that kqueue_filters.cpp names; EFAULT, EACCES and limits on the number
// of events; kqueues in kqueues; signals that are blocked (FreeBSD tells of them, here they are
// told when they are delivered), SA_RESETHAND under EVFILT_SIGNAL, signals that stop or end the
// process, and programs that are started while a signal is watched and ignored (they do not ignore
// it). The descriptor says POLLERR to poll(2). A file that grows, and a socket that begins to
// connect while it is waited for, are seen within 2 ms.
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <list>
#include <map>

#include "kqueue_knote.h"
#include "kqueue_signals.h"

namespace eddy::simulated {
namespace {

constexpr short directions[] = {EVFILT_READ, EVFILT_WRITE};
constexpr std::int64_t look_again = 2'000'000;

// New data on a descriptor whose event has EV_CLEAR: one set for each direction, so that room to
// write is not taken for something to read.
class edges {
 public:
  ~edges() { close(); }
  void close() {
    if (set_ >= 0) __real_close(set_);
    set_ = -1;
  }
  int descriptor() const { return set_; }

  // Serial 0: nobody's.
  int watch(int fd, std::uint32_t events, std::uint32_t serial) {
    if (set_ < 0 && (set_ = ::epoll_create1(EPOLL_CLOEXEC)) < 0) return ENOMEM;
    epoll_event event = {};
    event.events = events | EPOLLET;
    event.data.u64 = std::uint64_t{serial} << 32 | static_cast<std::uint32_t>(fd);
    if (::epoll_ctl(set_, EPOLL_CTL_ADD, fd, &event) == 0) return 0;
    if (errno == EEXIST && ::epoll_ctl(set_, EPOLL_CTL_MOD, fd, &event) == 0) return 0;
    return errno == EPERM ? 0 : ENOMEM;
  }

  void forget(int fd) {
    if (set_ >= 0) ::epoll_ctl(set_, EPOLL_CTL_DEL, fd, nullptr);
  }

  template <class Each>
  void collect(const Each& each) {
    std::array<epoll_event, 64> some;
    int count = set_ < 0 ? 0 : static_cast<int>(some.size());
    while (count == static_cast<int>(some.size())) {
      count = ::epoll_wait(set_, some.data(), static_cast<int>(some.size()), 0);
      for (int i = 0; i < count; ++i) {
        const std::uint64_t data = some[static_cast<std::size_t>(i)].data.u64;
        each(static_cast<std::uint32_t>(data), static_cast<std::uint32_t>(data >> 32));
      }
    }
  }

 private:
  int set_ = -1;
};

class queue final : public object {
 public:
  ~queue() override { remove_all(); }

  void closing(int fd) override;
  bool survives_fork() override {
    // The sets are the parent's too: it must not lose what is watched.
    for (edges& each : edges_) each.close();
    remove_all();
    return false;
  }

  // 0 or an errno.
  int apply(const struct kevent& change);
  // How many were told.
  int scan(struct kevent* events, int room);
  // What to sleep on after a scan that found nothing, and how long at most.
  std::vector<pollfd> sleeping_on() const;
  std::int64_t sleep_at_most() const;

 private:
  using place = std::list<knote>::iterator;

  place find_knote(const struct kevent& like);
  int add(const struct kevent& change);
  int modify(knote& k, const struct kevent& change);
  void remove(place k);
  void remove_all() {
    while (!knotes_.empty()) remove(knotes_.begin());
  }
  int start(knote& k);
  int start_signal(knote& k);
  int begin_edges(const knote& k);
  edges& edges_of(short filter) { return edges_[filter == EVFILT_READ ? 0 : 1]; }
  void collect_edges();
  std::vector<pollfd> ask_poll() const;
  bool tell(place k, short ready, struct kevent& told);
  void after_telling(place k);

  std::list<knote> knotes_;
  std::array<edges, 2> edges_;
  std::map<std::pair<uintptr_t, short>, place> index_;
  std::uint32_t last_serial_ = 0;
};

void queue::closing(int fd) {
  bool any = false;
  for (const short filter : directions) {
    const auto known = index_.find({static_cast<uintptr_t>(fd), filter});
    if (known == index_.end()) continue;
    remove(known->second);
    any = true;
  }
  // Whoever sleeps on the old file would not see what comes to bear its number.
  if (any) wake();
}

queue::place queue::find_knote(const struct kevent& like) {
  const auto known = index_.find({like.ident, like.filter});
  if (known == index_.end()) return knotes_.end();
  const place k = known->second;
  if (!k->is_descriptor() || is_still(k->descriptor(), k->file)) return k;
  remove(k);
  return knotes_.end();
}

int queue::apply(const struct kevent& change) {
  if ((change.flags & EV_ENABLE) != 0 && (change.flags & EV_DISABLE) != 0) return EINVAL;
  switch (change.filter) {
    case EVFILT_READ:
    case EVFILT_WRITE: {
      identity there;
      if (change.ident > INT32_MAX || !there.take(static_cast<int>(change.ident))) return EBADF;
      break;
    }
    case EVFILT_SIGNAL:
    case EVFILT_TIMER:
    case EVFILT_USER:
      break;
    default:
      return EINVAL;
  }
  const place known = find_knote(change);
  if (known == knotes_.end()) return (change.flags & EV_ADD) != 0 ? add(change) : ENOENT;
  if ((change.flags & EV_DELETE) == 0) return modify(*known, change);
  remove(known);
  return 0;
}

int queue::add(const struct kevent& change) {
  knote k;
  k.set = change;
  k.set.flags = change.flags & (EV_ONESHOT | EV_CLEAR | EV_RECEIPT | EV_DISPATCH);
  k.serial = ++last_serial_;
  k.disabled = (change.flags & EV_DISABLE) != 0;
  const int error = start(k);
  if (error == 0) index_[{change.ident, change.filter}] = knotes_.insert(knotes_.end(), k);
  return error;
}

int queue::start(knote& k) {
  switch (k.set.filter) {
    case EVFILT_SIGNAL:
      return start_signal(k);
    case EVFILT_TIMER:
      k.set.flags |= EV_CLEAR;
      return start_timer(k);
    case EVFILT_USER:
      k.active = (k.set.fflags & NOTE_TRIGGER) != 0;
      k.set.fflags &= NOTE_FFLAGSMASK;
      return 0;
    default:
      k.active = true;
      if (const int error = check_descriptor(k)) return error;
      return begin_edges(k);
  }
}

int queue::start_signal(knote& k) {
  if (!can_be_watched(k.set.ident)) return EINVAL;
  const int signal = static_cast<int>(k.set.ident);
  k.set.flags |= EV_CLEAR;
  k.seen = signals_so_far(signal);
  const int error = edges_[0].watch(signal_bell(), EPOLLIN, 0);
  return error != 0 ? error : watch_signal(signal);
}

int queue::begin_edges(const knote& k) {
  if (!k.by_edge()) return 0;
  return edges_of(k.set.filter)
      .watch(k.descriptor(), static_cast<std::uint32_t>(k.poll_events()), k.serial);
}

int queue::modify(knote& k, const struct kevent& change) {
  if ((change.flags & (EV_ADD | EV_ENABLE)) != 0) k.disabled = false;
  if ((change.flags & EV_DISABLE) != 0) k.disabled = true;
  k.set.udata = change.udata;
  if (k.set.filter == EVFILT_USER) {
    touch_user(k, change);
    if ((change.flags & EV_CLEAR) != 0) k.active = false;
    return 0;
  }
  if (k.set.filter == EVFILT_TIMER && (change.flags & EV_ADD) == 0) return 0;
  k.set.fflags = change.fflags;
  k.set.data = change.data;
  if (k.set.filter == EVFILT_TIMER) return start_timer(k);
  k.active = true;
  return 0;
}

void queue::remove(place k) {
  if (k->set.filter == EVFILT_SIGNAL) unwatch_signal(static_cast<int>(k->set.ident));
  if (k->is_descriptor() && k->by_edge() && is_still(k->descriptor(), k->file))
    edges_of(k->set.filter).forget(k->descriptor());
  index_.erase({k->set.ident, k->set.filter});
  knotes_.erase(k);
}

void queue::collect_edges() {
  for (const short filter : directions)
    edges_of(filter).collect([this, filter](uintptr_t ident, std::uint32_t serial) {
      const auto known = index_.find({ident, filter});
      if (known != index_.end() && known->second->serial == serial) known->second->active = true;
    });
}

// What poll(2) says of every descriptor that may be told of, in the order of knotes_.
std::vector<pollfd> queue::ask_poll() const {
  std::vector<pollfd> all;
  for (const knote& k : knotes_) {
    const bool asked = k.is_descriptor() && !k.disabled && k.active;
    all.push_back({asked ? k.descriptor() : -1, POLLIN | POLLOUT | POLLRDHUP, 0});
  }
  ::poll(all.data(), all.size(), 0);
  return all;
}

int queue::scan(struct kevent* events, int room) {
  woken();
  collect_edges();
  int told = 0;
  const std::vector<pollfd> ready = ask_poll();
  auto k = knotes_.begin();
  for (std::size_t i = 0; i < ready.size() && told < room; ++i) {
    const auto next = std::next(k);
    if (tell(k, ready[i].revents, events[told])) ++told;
    k = next;
  }
  // There may be more for somebody else who sleeps.
  if (told == room) wake();
  return told;
}

bool queue::tell(place k, short ready, struct kevent& told) {
  k->stalled = false;
  if (k->disabled || (k->is_descriptor() && !k->active)) return false;
  const bool any = ready != 0 || k->is_regular;
  if (k->is_descriptor() && any && !is_still(k->descriptor(), k->file)) {
    remove(k);
    return false;
  }
  if (!fires(*k, ready, told)) {
    k->stalled =
        k->is_descriptor() && any &&
        (k->is_regular || (ready & k->poll_events()) != 0 || (ready & (POLLERR | POLLHUP)) != 0);
    if (k->is_descriptor() && k->by_edge() && !k->stalled) k->active = false;
    return false;
  }
  after_telling(k);
  return true;
}

void queue::after_telling(place k) {
  if ((k->set.flags & EV_ONESHOT) != 0) return remove(k);
  was_told(*k);
  if ((k->set.flags & EV_DISPATCH) != 0) k->disabled = true;
  knotes_.splice(knotes_.end(), knotes_, k);
}

std::vector<pollfd> queue::sleeping_on() const {
  std::vector<pollfd> all = {{waker, POLLIN, 0}};
  for (const edges& each : edges_) all.push_back({each.descriptor(), POLLIN, 0});
  for (const knote& k : knotes_)
    if (k.is_descriptor() && !k.disabled && !k.stalled && !k.by_edge())
      all.push_back({k.descriptor(), k.poll_events(), 0});
  return all;
}

std::int64_t queue::sleep_at_most() const {
  std::int64_t most = forever;
  for (const knote& k : knotes_) {
    if (k.disabled) continue;
    if (k.stalled) most = std::min(most, look_again);
    if (k.set.filter == EVFILT_TIMER && k.next != forever)
      most = std::min(most, std::max<std::int64_t>(0, k.next - now(k.clock)));
  }
  return most;
}

// How many receipts there are, or -1: no room for an error. `all`: the changes were all applied.
int apply_all(queue& q, const struct kevent* changes, int count, struct kevent* events, int room,
              bool& all) {
  int receipts = 0;
  for (int i = 0; i < count; ++i) {
    // A copy: the two lists may be one.
    struct kevent change = changes[i];
    const int error = q.apply(change);
    if (error == 0 && (change.flags & EV_RECEIPT) == 0) continue;
    if (receipts == room) {
      all = false;
      return error == 0 ? receipts : fail(error);
    }
    change.flags = EV_ERROR;
    change.data = error;
    events[receipts++] = change;
  }
  return receipts;
}

int wait_for(in_kernel& here, queue& q, struct kevent* events, int room, std::int64_t end) {
  for (;;) {
    if (q.closed) return fail(EBADF);
    const int told = q.scan(events, room);
    const std::int64_t left = left_until(end);
    if (told != 0 || left == 0) return told;
    std::vector<pollfd> on = q.sleeping_on();
    was_interrupted_by_ignored();
    if (here.sleep(on, std::min(left, q.sleep_at_most())) >= 0) continue;
    if (errno != EINTR) return -1;
    if (was_interrupted_by_ignored()) continue;
    // "Before any events were placed on the kqueue": the signal may be one itself.
    const int late = q.closed ? 0 : q.scan(events, room);
    return late != 0 ? late : fail(EINTR);
  }
}

}  // namespace
}  // namespace eddy::simulated

extern "C" int kqueue() {
  const eddy::simulated::in_kernel here;
  return eddy::simulated::publish(std::make_shared<eddy::simulated::queue>());
}

extern "C" int kevent(int kq, const struct kevent* changelist, int nchanges,
                      struct kevent* eventlist, int nevents, const struct timespec* timeout) {
  namespace simulated = eddy::simulated;
  simulated::in_kernel here;
  const auto q = simulated::find_as<simulated::queue>(kq);
  if (q == nullptr) return simulated::fail(EBADF);
  bool all = true;
  const int receipts = simulated::apply_all(*q, changelist, nchanges, eventlist, nevents, all);
  if (nchanges > 0) q->wake();
  if (receipts != 0 || !all || nevents == 0) return receipts;
  std::int64_t end = 0;
  if (!simulated::end_of(timeout, end)) return simulated::fail(EINVAL);
  return simulated::wait_for(here, *q, eventlist, nevents, end);
}
