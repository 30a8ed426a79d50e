// /dev/poll of Solaris, simulated after poll(7D).
//
// As the page has it, also where it surprises: a descriptor that is written again gets the new
// events in addition to the old ones; a closed one stays in the set, says POLLNVAL, and means the
// next file of that number when there is one; dp_nfds must be less than the limit on open files
// (EINVAL); events of DP_ISPOLLED come in revents; and a child of fork gets EACCES for everything
// but close. Where there are more events than room, the next call begins after the last that was
// told.
//
// Not simulated: EFAULT, ENXIO; DP_PPOLL and illumos's DP_EPOLLCOMPAT (EINVAL, as any other
// request). What POLLHUP, POLLERR and so on mean for a file is Linux's meaning.
#include <fcntl.h>
#include <sys/devpoll.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "descriptors.h"

namespace eddy::simulated {
namespace {

class poll_set final : public object {
 public:
  // Every call of a child ends with EACCES.
  bool belongs_to_another() const { return owner_ != ::getpid(); }

  void apply(const pollfd& entry);
  short watched(int fd) const;
  int scan(pollfd* events, std::size_t room);
  std::vector<pollfd> sleeping_on() const;

 private:
  const pid_t owner_ = ::getpid();
  std::map<int, short> watched_;
  // The descriptor at which the next scan begins.
  int next_ = 0;
};

void poll_set::apply(const pollfd& entry) {
  if ((entry.events & POLLREMOVE) != 0)
    watched_.erase(entry.fd);
  else if (entry.fd >= 0)
    watched_[entry.fd] = static_cast<short>(watched_[entry.fd] | entry.events);
}

short poll_set::watched(int fd) const {
  const auto known = watched_.find(fd);
  return known == watched_.end() ? short{-1} : known->second;
}

int poll_set::scan(pollfd* events, std::size_t room) {
  woken();
  std::vector<pollfd> all;
  for (const auto& [fd, wanted] : watched_) all.push_back({fd, wanted, 0});
  const auto begin =
      std::find_if(all.begin(), all.end(), [this](const pollfd& each) { return each.fd >= next_; });
  std::rotate(all.begin(), begin, all.end());
  ::poll(all.data(), all.size(), 0);
  std::size_t told = 0;
  for (const pollfd& each : all) {
    if (told == room) break;
    if (each.revents == 0) continue;
    events[told++] = each;
    next_ = each.fd + 1;
  }
  return static_cast<int>(told);
}

std::vector<pollfd> poll_set::sleeping_on() const {
  std::vector<pollfd> all = {{waker, POLLIN, 0}};
  for (const auto& [fd, wanted] : watched_) all.push_back({fd, wanted, 0});
  return all;
}

// The set of a descriptor for a call, or null and errno.
std::shared_ptr<poll_set> find_set(int fd) {
  auto found = find_as<poll_set>(fd);
  if (found == nullptr)
    errno = EBADF;
  else if (found->belongs_to_another())
    errno = EACCES;
  else
    return found;
  return nullptr;
}

int wait_for(in_kernel& here, poll_set& set, const dvpoll& call) {
  const std::int64_t milliseconds = call.dp_timeout;
  const std::int64_t end = milliseconds < 0 ? forever : now() + milliseconds * 1'000'000;
  for (;;) {
    if (set.closed) return fail(EBADF);
    const int told = set.scan(call.dp_fds, call.dp_nfds);
    const std::int64_t left = left_until(end);
    if (told != 0 || left == 0) return told;
    std::vector<pollfd> on = set.sleeping_on();
    if (here.sleep(on, left) < 0) return -1;
  }
}

int do_poll(in_kernel& here, poll_set& set, const dvpoll* call) {
  const long most = ::sysconf(_SC_OPEN_MAX);
  if (call == nullptr || call->dp_fds == nullptr || call->dp_timeout < -1) return fail(EINVAL);
  if (call->dp_nfds == 0 || call->dp_nfds >= static_cast<nfds_t>(most)) return fail(EINVAL);
  return wait_for(here, set, *call);
}

int is_polled(const poll_set& set, pollfd* asked) {
  if (asked == nullptr) return fail(EINVAL);
  const short watched = set.watched(asked->fd);
  if (watched < 0) return 0;
  asked->events = 0;
  asked->revents = watched;
  return 1;
}

}  // namespace
}  // namespace eddy::simulated

namespace simulated = eddy::simulated;

extern "C" {

int simulated_devpoll_open(const char* path, int flags) {
  if (std::strcmp(path, "/dev/poll") != 0) return simulated::fail(ENOENT);
  if ((flags & O_ACCMODE) != O_RDWR) return simulated::fail(EACCES);
  const simulated::in_kernel here;
  const int fd = simulated::publish(std::make_shared<simulated::poll_set>());
  if (fd >= 0 && (flags & O_CLOEXEC) == 0) ::fcntl(fd, F_SETFD, 0);
  return fd;
}

ssize_t simulated_devpoll_write(int fd, const void* entries, size_t bytes) {
  const simulated::in_kernel here;
  const auto set = simulated::find_set(fd);
  if (set == nullptr) return -1;
  if (bytes % sizeof(pollfd) != 0) return simulated::fail(EINVAL);
  for (size_t at = 0; at < bytes; at += sizeof(pollfd)) {
    pollfd entry;
    std::memcpy(&entry, static_cast<const char*>(entries) + at, sizeof entry);
    set->apply(entry);
  }
  set->wake();
  return static_cast<ssize_t>(bytes);
}

int simulated_devpoll_ioctl(int fd, int request, void* argument) {
  simulated::in_kernel here;
  const auto set = simulated::find_set(fd);
  if (set == nullptr) return -1;
  switch (request) {
    case DP_POLL:
      return simulated::do_poll(here, *set, static_cast<dvpoll*>(argument));
    case DP_ISPOLLED:
      return simulated::is_polled(*set, static_cast<pollfd*>(argument));
    default:
      return simulated::fail(EINVAL);
  }
}

int simulated_devpoll_close(int fd) { return ::close(fd); }

}  // extern "C"
