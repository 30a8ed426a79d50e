#include "backend/kqueue.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstddef>

#include "base/memory.h"
#include "base/sys.h"
#include "base/sys_kqueue.h"

namespace eddy::engine {
namespace {

using change = struct kevent;

constexpr std::size_t most_capacity = 4096;
constexpr interest reads = watch_read | watch_closed;

// The types of the members differ: udata is a pointer, but an integer in NetBSD before 10; filter
// is signed, but not there.
change make_change(int fd, int direction, int flags, std::uint32_t tag) {
  change c{};
  c.ident = static_cast<decltype(c.ident)>(fd);
  c.filter = static_cast<decltype(c.filter)>(direction == 0 ? EVFILT_READ : EVFILT_WRITE);
  c.flags = static_cast<decltype(c.flags)>(flags);
  c.udata = (decltype(c.udata))(std::uintptr_t{tag});
  return c;
}

std::uint32_t tag_of(const change& c) {
  return static_cast<std::uint32_t>((std::uintptr_t)(c.udata));
}

bool is_reading(const change& c) {
  return c.filter == static_cast<decltype(c.filter)>(EVFILT_READ);
}

// Without watch_read, data must not be told, or each wait would return at once for as long as it
// lies there: a low-water mark that is not reached leaves EV_EOF alone. (Sockets know it; macOS
// takes the buffer's size for it at most, and pipes of FreeBSD do not look at it.)
void set_reading(change& c, interest wanted) {
  if (!(wanted & watch_read)) {
    c.fflags = NOTE_LOWAT;
    c.data = INT_MAX;
    return;
  }
#ifdef NOTE_FILE_POLL
  // Regular files are ready, as poll(2) says, also at their end (FreeBSD; elsewhere they are not,
  // at the end: kqueue(2), EVFILT_READ, Vnodes).
  c.fflags = NOTE_FILE_POLL;
#endif
}

// What is no descriptor for a queue: a device or a terminal (macOS: EINVAL, ENXIO), or what has no
// such filter (EINVAL, ENODEV, EOPNOTSUPP).
int meaning(int error) {
  switch (error) {
    case EINVAL:
    case ENXIO:
    case ENODEV:
    case EOPNOTSUPP:
      return EPERM;
    default:
      return error;
  }
}

// EV_EOF comes with the data that is still unread, and does not mean that there is none: readers go
// on until they get 0. It is a peer that has shut down writing; an error (fflags) is told by the
// next call.
fired meaning(const change& event) {
  const int fd = static_cast<int>(event.ident);
  if (event.flags & EV_ERROR) return fired{watch_read | watch_write, fd, tag_of(event)};
  if (!is_reading(event)) return fired{watch_write, fd, tag_of(event)};
  const int what = event.flags & EV_EOF ? watch_read | watch_closed : int{watch_read};
  return fired{static_cast<std::uint32_t>(what), fd, tag_of(event)};
}

}  // namespace

kqueue_backend* kqueue_backend::create() {
  const int queue = sys::kqueue_create();
  if (queue < 0) return nullptr;
  auto* made = memory::create<kqueue_backend>(queue);
  if (made != nullptr) return made;
  sys::close(queue);
  errno = ENOMEM;
  return nullptr;
}

kqueue_backend::kqueue_backend(int queue) : queue_(queue), process_(::getpid()) {}

kqueue_backend::~kqueue_backend() { close_queue(); }

// A child of fork has no queue (kqueue(2)); the number may be another file's by then.
void kqueue_backend::close_queue() {
  if (queue_ >= 0 && process_ == ::getpid()) sys::close(queue_);
}

int kqueue_backend::update(int fd, bool known, interest wanted, std::uint32_t tag) {
  return set(fd, known, wanted, wanted & watch_edge ? by_edge : by_level, tag);
}

// Not EV_ONESHOT, which removes the filter: EV_DISPATCH leaves it there, silent. Of two filters one
// may still speak, once, when nobody listens any more.
int kqueue_backend::update_once(int fd, bool known, interest wanted, std::uint32_t tag) {
  return set(fd, known, wanted, once, tag);
}

int kqueue_backend::set(int fd, bool known, interest wanted, mode how, std::uint32_t tag) {
  const auto index = static_cast<std::size_t>(fd);
  if (index >= entries_.size()) {
    if (wanted == 0) return 0;
    if (!entries_.resize(index + 1, entry{})) return ENOMEM;
  }
  entry& e = entries_[index];
  const plan p = make_plan(fd, e, wanted, how, tag);
  if (p.count == 0) return 0;
  if (may_wait(e, known, p)) {
    if (collect_changes(e, p)) return 0;
    if (handing_over_.load(std::memory_order_relaxed)) return ENOMEM;
  }
  if (const int error = e.turn == turn_ ? flush() : 0) return error;
  return change_now(fd, e, p);
}

// Closing a descriptor takes its filters from the queue, and nobody is told; so what is wanted is
// always added, whether it should be there or not, and to remove what is not there is no error.
// What is there keeps EV_CLEAR and EV_DISPATCH, or their absence, when it is added again: to change
// these it is removed first.
kqueue_backend::plan kqueue_backend::make_plan(int fd, const entry& e, interest wanted, mode how,
                                               std::uint32_t tag) {
  constexpr int flags_of[] = {0, 0, EV_CLEAR, EV_DISPATCH};
  plan p;
  for (const int d : {reading, writing}) {
    const bool wants = (wanted & (d == reading ? reads : interest{watch_write})) != 0;
    p.filters[d] = wants ? how : absent;
    if (e.filters[d] != absent && e.filters[d] != p.filters[d])
      p.changes[p.count++] = make_change(fd, d, EV_DELETE, 0);
    if (!wants) continue;
    change& c = p.changes[p.count++] = make_change(fd, d, EV_ADD | EV_ENABLE | flags_of[how], tag);
    if (d == reading) set_reading(c, wanted);
  }
  return p;
}

// Whether the plan may be handed over with the next wait: it removes only, or it changes what stays
// watched. And it must, while the kernel may not have an earlier one for the same number yet, which
// another thread that got the number after a close cannot overtake.
bool kqueue_backend::may_wait(const entry& e, bool known, const plan& p) const {
  if (handing_over_.load(std::memory_order_acquire) && is_under_way(e)) return true;
  bool removes_only = true, stays = false;
  for (const int d : {reading, writing}) {
    removes_only = removes_only && p.filters[d] == absent;
    stays = stays || (p.filters[d] == e.filters[d] && p.filters[d] != absent);
  }
  return removes_only ||
         (known && stays && p.filters[reading] != once && p.filters[writing] != once);
}

bool kqueue_backend::is_under_way(const entry& e) const {
  return e.turn == turn_ || e.turn + 1 == turn_;
}

bool kqueue_backend::collect_changes(entry& e, const plan& p) {
  array<change>& list = changes_[filling_];
  if (!list.reserve(list.size() + static_cast<std::size_t>(p.count))) return false;
  for (int i = 0; i < p.count; ++i) list.push_reserved(p.changes[i]);
  std::copy(p.filters, p.filters + 2, e.filters);
  e.turn = turn_;
  return true;
}

// EV_RECEIPT: each change is answered, in its place, and no events are taken.
int kqueue_backend::change_now(int fd, entry& e, plan p) {
  change results[4];
  for (int i = 0; i < p.count; ++i) p.changes[i].flags |= EV_RECEIPT;
  const int count = sys::kevent_change(queue_, p.changes, p.count, results);
  if (count < 0) return errno;
  int error = 0;
  for (int i = 0; i < count; ++i) {
    const int result = static_cast<int>(results[i].data);
    if (result == 0 || tag_of(results[i]) == 0) continue;  // (0: a removal)
    p.filters[is_reading(results[i]) ? reading : writing] = absent;
    // A pipe that nobody reads any more cannot be watched, but is ready: writing tells EPIPE.
    const bool is_told = result == EPIPE && told_[filling_].push_back(meaning(results[i]));
    if (!is_told && error == 0) error = meaning(result);
  }
  std::copy(p.filters, p.filters + 2, e.filters);
  if (error != 0) (void)set(fd, false, 0, by_level, 0);  // not half of it
  return error;
}

// What was collected for a number goes before what is done at once. Never while a wait may not have
// handed over its own changes yet (may_wait), which are the older ones.
int kqueue_backend::flush() {
  array<change>& list = changes_[filling_];
  array<change> results;
  if (list.empty()) return 0;
  if (!results.reserve(list.size())) return ENOMEM;
  for (change& c : list) c.flags |= EV_RECEIPT;
  const int count =
      sys::kevent_change(queue_, list.data(), static_cast<int>(list.size()), results.data());
  if (count < 0) return errno;
  for (const change* c = results.data(); c != results.data() + count; ++c)
    if (c->data != 0 && tag_of(*c) != 0 && !told_[filling_].push_back(meaning(*c))) return ENOMEM;
  list.clear();
  return 0;
}

// Unless the last wait failed before the kernel looked at its changes: then they come first.
void kqueue_backend::before_wait() {
  if (handing_over_.load(std::memory_order_relaxed) || !told_[!filling_].empty()) return;
  filling_ = !filling_;
  ++turn_;
  handing_over_.store(!changes_[!filling_].empty(), std::memory_order_relaxed);
}

int kqueue_backend::wait(std::int64_t timeout, fired_list& fired_now) {
  array<change>& changes = changes_[!filling_];
  array<fired>& told = told_[!filling_];
  const std::size_t most = std::max(capacity_, changes.size());
  if (!events_.reserve(most) ||
      !fired_now.ready.reserve(fired_now.ready.size() + told.size() + 2 * most))
    return ENOMEM;
  if (!told.empty()) timeout = 0;
  for (const fired& one : told) fired_now.ready.push_reserved(one);
  told.clear();
  int count = ask_and_wait(changes, most, timeout);
  // The changes stay when it failed. (FreeBSD has made them when it says EINTR, but to make them
  // again does no harm: nothing that came later has overtaken them.)
  if (count < 0) return errno;
  const bool had_changes = !changes.empty();
  changes.clear();
  handing_over_.store(false, std::memory_order_release);
  // The call returns with what was refused, such as the removal of what its owner has closed, and
  // has not looked for events then.
  if (take(count, fired_now) != 0 && had_changes) {
    count = ask_and_wait(changes, most, fired_now.ready.empty() ? timeout : 0);
    if (count < 0) return errno;
    (void)take(count, fired_now);
  }
  if (static_cast<std::size_t>(count) == most) {
    fired_now.more = true;
    if (capacity_ < most_capacity) capacity_ *= 2;
  }
  return 0;
}

// Room for as many events as changes: an error that finds none ends the call, and the changes after
// it are not made.
int kqueue_backend::ask_and_wait(const array<change>& changes, std::size_t room,
                                 std::int64_t timeout) {
  return sys::kevent_wait(queue_, changes.data(), static_cast<int>(changes.size()), events_.data(),
                          static_cast<int>(room), timeout);
}

// How many of the events are answers to changes. A removal (tag 0) that was refused is nobody's
// loss; what could not be added is told as if it were ready: its owner's next call finds out why.
int kqueue_backend::take(int count, fired_list& fired_now) {
  int answers = 0;
  for (const change* e = events_.data(); e != events_.data() + count; ++e) {
    const bool is_answer = (e->flags & EV_ERROR) != 0;
    answers += is_answer;
    if (tag_of(*e) == 0 || (is_answer && e->data == 0)) continue;
    fired_now.ready.push_reserved(meaning(*e));
  }
  return answers;
}

int kqueue_backend::after_fork() {
  const int fresh = sys::kqueue_create();
  if (fresh < 0) return errno;
  close_queue();
  queue_ = fresh;
  process_ = ::getpid();
  entries_.clear();
  for (const int i : {0, 1}) {
    changes_[i].clear();
    told_[i].clear();
  }
  handing_over_.store(false, std::memory_order_relaxed);
  return 0;
}

}  // namespace eddy::engine
