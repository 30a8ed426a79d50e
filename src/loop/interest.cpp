// What is wanted of each descriptor, and telling the backend.
//
// The first interest in a descriptor and the end of the last one reach the kernel at once: the
// first, so that the caller hears of a bad descriptor; the last, because the caller may close it
// next, and a descriptor that was duplicated would stay in the kernel's set. What changes in
// between is collected and settled right before the wait, so that adding and removing within a turn
// costs nothing.
#include <cerrno>
#include <cstdio>

#include "base/sys.h"
#include "base/sys_watchable.h"
#include "loop/loop.h"

namespace eddy::engine {
namespace {

constexpr std::uint16_t most_watchers = UINT16_MAX;

void count_interest(fd_slot& slot, const watcher* w, int by) {
  const auto add = [by](std::uint16_t& n) { n = static_cast<std::uint16_t>(n + by); };
  if (w->events & watch_read) add(slot.readers);
  if (w->events & watch_write) add(slot.writers);
  if (w->events & watch_closed) add(slot.closers);
  if (w->events & watch_edge) add(slot.edges);
  if (w->persistent()) add(slot.persistent);
}

bool is_full(const fd_slot& slot) {
  return slot.readers == most_watchers || slot.writers == most_watchers ||
         slot.closers == most_watchers;
}

void forget_entry(fd_slot& slot) {
  slot.kernel = 0;
  slot.known = false;
  slot.set_tag(0);
}

void link(fd_slot& slot, watcher* w) {
  w->here.links.prev = nullptr;
  w->here.links.next = slot.first;
  if (slot.first != nullptr) slot.first->here.links.prev = w;
  slot.first = w;
  if (slot.is(slot_deserted)) slot.clear(slot_deserted);
}

void unlink(fd_slot& slot, watcher* w) {
  if (w->here.links.prev != nullptr)
    w->here.links.prev->here.links.next = w->here.links.next;
  else
    slot.first = w->here.links.next;
  if (w->here.links.next != nullptr) w->here.links.next->here.links.prev = w->here.links.prev;
  if (slot.first == nullptr) slot.set(slot_deserted);
}

}  // namespace

int loop::watch_fd(watcher* w) {
  if (w->fd < 0) return 0;
  const auto index = static_cast<std::size_t>(w->fd);
  if (index >= slots_.size()) {
    if (const int error = sys::refuse_to_watch(w->fd)) return error;
    if (!slots_.resize(index < 32 ? 32 : index + 1, fd_slot{})) return ENOMEM;
  }
  fd_slot& slot = slots_[index];
  if (is_full(slot)) return EMFILE;
  count_interest(slot, w, 1);
  link(slot, w);
  const int error = interest_changed(w->fd, slot, false);
  if (error != 0) {
    unlink(slot, w);
    count_interest(slot, w, -1);
  }
  return error;
}

void loop::unwatch_fd(watcher* w, bool by_owner) {
  if (w->fd < 0) return;
  fd_slot& slot = slots_[static_cast<std::size_t>(w->fd)];
  unlink(slot, w);
  count_interest(slot, w, -1);
  (void)interest_changed(w->fd, slot, by_owner);
}

int loop::interest_changed(int fd, fd_slot& slot, bool by_owner) {
  const interest wanted = slot.wanted();
  if (backend_->features() & feature_cheap_update) {
    if (fd > highest_fd_) return EINVAL;
    // Its arrays are in use by the loop's thread, which is told to look again.
    if (in_backend_ && other_thread()) {
      slot.set(slot_by_other);
      return queue_change(fd, slot);
    }
    return wanted == slot.kernel ? 0 : tell_backend(fd, slot);
  }
  if (wanted == 0 && slot.known) {
    // Silent already, and its owner has not asked: it may well come back.
    if (slot.kernel == 0 && !by_owner) return 0;
    return tell_backend(fd, slot);
  }
  if (slot.kernel == 0 && wanted != 0) return tell_backend(fd, slot);
  return wanted == slot.kernel ? 0 : queue_change(fd, slot);
}

// Makes what is wanted true in the kernel, now.
int loop::tell_backend(int fd, fd_slot& slot) {
  const interest wanted = slot.wanted();
  slot.clear(slot_write_ready);
  if (slot.kernel == 0 && wanted != 0) slot.set_tag(new_tag());
  ++statistics_.changes;
  const bool once = wanted != 0 && slot.persistent == 0 && !(wanted & watch_edge) &&
                    (backend_->features() & feature_one_shot);
  const int error = once ? backend_->update_once(fd, slot.known, wanted, slot.tag)
                         : backend_->update(fd, slot.known, wanted, slot.tag);
  if (error != 0) {
    if (slot.kernel == 0) forget_entry(slot);
    return error;
  }
  slot.kernel = wanted;
  slot.known = wanted != 0;
  slot.clear(slot_once);
  if (once) slot.set(slot_once);
  if (!slot.known) slot.set_tag(0);
  return 0;
}

int loop::queue_change(int fd, fd_slot& slot) {
  if (slot.is(slot_queued)) return 0;
  if (!changes_.push_back(fd)) return ENOMEM;
  slot.set(slot_queued);
  return 0;
}

void loop::settle_changes() {
  const std::size_t count = changes_.size();
  write_checks_.clear();
  for (std::size_t i = 0; i < count; ++i) settle_one(changes_[i]);
  // What was queued meanwhile (a write to be checked again next turn) moves to the front.
  std::size_t kept = 0;
  for (std::size_t i = count; i < changes_.size(); ++i) changes_[kept++] = changes_[i];
  changes_.truncate(kept);
  if (!write_checks_.empty()) check_writable();
}

void loop::settle_one(int fd) {
  fd_slot& slot = slots_[static_cast<std::size_t>(fd)];
  slot.clear(slot_queued);
  const interest wanted = slot.wanted();
  // Removed, closed, and added by the same number: poll and select found it closed, and forgot it.
  if (slot.is(slot_by_other) && wanted != 0) slot.kernel = 0;
  slot.clear(slot_by_other);
  if (wanted == slot.kernel) {
    slot.clear(slot_write_checked);
    return;
  }
  const bool only_write_is_new = wanted == (slot.kernel | watch_write) && !(wanted & watch_edge);
  if (only_write_is_new && !slot.is(slot_write_checked) && slot.known && !slot.is(slot_once) &&
      !(backend_->features() & feature_cheap_update) &&
      write_checks_.push_back(pollfd{fd, POLLOUT, 0}))
    return;
  slot.clear(slot_write_checked);
  const int error = tell_backend(fd, slot);
  if (error != 0) lost_descriptor(fd, slot, error);
}

// An interest in writing is mostly satisfied at once. One poll(2) for all that are new answers that
// without the two changes, of a system call each, that the kernel would otherwise be asked for: the
// introduction's event server needs 2.0 instead of 3.9 system calls besides its own per line.
void loop::check_writable() {
  statistics_.writes_checked += write_checks_.size();
  const int ready = sys::poll(write_checks_.data(), write_checks_.size(), 0);
  for (const pollfd& checked : write_checks_) {
    fd_slot& slot = slots_[static_cast<std::size_t>(checked.fd)];
    const bool answered = ready > 0 && (checked.revents & (POLLOUT | POLLERR | POLLHUP)) &&
                          fired_.ready.reserve(fired_.ready.size() + 1) &&
                          queue_change(checked.fd, slot) == 0;
    if (answered) {
      // Still wanted at the next settling: then it is for the kernel to watch.
      slot.set(slot_write_checked);
      slot.set(slot_write_ready);
      fired_.ready.push_reserved(fired{watch_write, checked.fd, slot.tag});
    } else if (const int error = tell_backend(checked.fd, slot)) {
      lost_descriptor(checked.fd, slot, error);
    }
  }
  checked_writers_ = fired_.ready.size();
}

// The kernel does not know the descriptor any more: it was closed while it was watched. Its owner
// is told once, as if it were ready (the next call on it gives the error), and nothing else
// suffers.
void loop::lost_descriptor(int fd, fd_slot& slot, int error) {
  char message[120];
  std::snprintf(
      message, sizeof message,
      "descriptor %d can no longer be watched (error %d): was it closed while it was added?", fd,
      error);
  say(2, message);
  forget_entry(slot);
  for (watcher* w = slot.first; w != nullptr; w = w->here.links.next)
    activate_locked(w, w->events & (watch_read | watch_write), 1);
}

// Silent in the kernel from now on; whoever still wants something is heard at the settling.
void loop::fell_silent(int fd, fd_slot& slot) {
  slot.kernel = 0;
  if (slot.wanted() != 0) (void)queue_change(fd, slot);
}

// The wait brought events of registrations that are no more. Once, they were under way when the
// interest ended. If it goes on, a descriptor was closed while a duplicate keeps the file open:
// then no request can reach it, and only a new set in the kernel ends it.
void loop::note_stale_turn() {
  constexpr int patience = 16;
  if (++stale_turns_ < patience) return;
  stale_turns_ = 0;
  say(2,
      "a descriptor was closed while it was watched and a duplicate keeps it open; starting a new "
      "set in the kernel");
  (void)register_again();
}

// Everything that is wanted, into a backend that knows nothing.
int loop::register_again() {
  if (const int error = backend_->after_fork()) return error;
  int first_error = 0;
  for (std::size_t fd = 0; fd < slots_.size(); ++fd) {
    fd_slot& slot = slots_[fd];
    forget_entry(slot);
    if (slot.wanted() == 0) continue;
    const int error = tell_backend(static_cast<int>(fd), slot);
    if (error != 0 && first_error == 0) first_error = error;
  }
  if (waker_.is_open()) {
    const int error = watch_waker();
    if (first_error == 0) first_error = error;
  }
  return first_error;
}

int loop::make_wakeable() {
  loop_guard guard(*this);
  if (waker_.is_open()) return 0;
  if (const int error = waker_.open(backend_->wake_number())) return error;
  const int error = watch_waker();
  if (error != 0) waker_.close();
  return error;
}

// Watched by edge where that exists: then an eventfd need not be read, which saves a system call
// for each wake-up.
int loop::watch_waker() {
  const int fd = waker_.descriptor();
  if (fd < 0) return 0;
  const auto index = static_cast<std::size_t>(fd);
  if (index >= slots_.size() && !slots_.resize(index + 1, fd_slot{})) return ENOMEM;
  fd_slot& slot = slots_[index];
  slot.set_tag(new_tag());
  const bool edge = edge_bit_ != 0 && waker_.may_stay_unread();
  const auto wanted = static_cast<interest>(edge ? watch_read | watch_edge : watch_read);
  const int error = backend_->update(fd, false, wanted, slot.tag);
  if (error != 0) return error;
  slot.known = true;
  slot.set(slot_is_waker);
  return 0;
}

}  // namespace eddy::engine
