#include "backend/poll_states.h"

#include <cerrno>
#include <utility>

namespace eddy::engine {

poll_request* poll_states::of(int fd) const {
  const auto index = static_cast<std::size_t>(fd);
  return index < by_fd_.size() ? by_fd_[index] : nullptr;
}

int poll_states::update(poll_kernel& kernel, int fd, interest wanted, std::uint32_t tag,
                        bool once) {
  if (fd < 0) return EBADF;
  poll_request* r = of(fd);
  if (wanted == 0) {
    if (r != nullptr) unwant(kernel, r);
    return 0;
  }
  const bool anew = r == nullptr || r->tag != tag;
  if (anew)
    if (const int error = wake_up(kernel, fd, &r)) return error;
  r->tag = tag;
  r->wanted = wanted;
  r->once = once;
  r->silent = r->failed = false;
  if (r->asked != 0) {
    if (r->stale || (wanted & ~r->asked) != 0) tell_to_end(kernel, r);
    return 0;
  }
  if (!waiting_) {
    list(r);
    return 0;
  }
  const int error = ask(kernel, r);
  if (error != 0 && anew) unwant(kernel, r);
  return error;
}

// One for a registration that is new, or for another user of the number.
int poll_states::wake_up(poll_kernel& kernel, int fd, poll_request** r) {
  if (const int error = kernel.check(fd)) return error;
  if (*r != nullptr) {
    if ((*r)->asked != 0) (*r)->stale = true;
    return 0;
  }
  const auto index = static_cast<std::size_t>(fd);
  if (index >= by_fd_.size() && !by_fd_.resize(index + 1, nullptr)) return ENOMEM;
  *r = kernel.make_request();
  if (*r == nullptr) return ENOMEM;
  (*r)->fd = fd;
  by_fd_[index] = *r;
  return 0;
}

void poll_states::tell_to_end(poll_kernel& kernel, poll_request* r) {
  if (std::exchange(r->told_to_end, true)) return;
  ++ending_;
  kernel.cancel_poll(r);
}

// Its memory is the kernel's until the answer, and the list's until that is gone through.
void poll_states::unwant(poll_kernel& kernel, poll_request* r) {
  r->wanted = 0;
  r->failed = false;
  if (r->asked != 0) {
    r->stale = true;
    tell_to_end(kernel, r);
  } else if (!r->listed) {
    drop(kernel, r);
  }
}

void poll_states::drop(poll_kernel& kernel, poll_request* r) {
  by_fd_[static_cast<std::size_t>(r->fd)] = nullptr;
  kernel.drop_request(r);
}

void poll_states::list(poll_request* r) {
  if (r->listed) return;
  r->listed = true;
  r->next_listed = std::exchange(listed_, r);
}

int poll_states::ask(poll_kernel& kernel, poll_request* r) {
  r->asked = r->wanted;
  const int error = kernel.give_poll(r);
  if (error == 0)
    ++with_kernel_;
  else
    r->asked = 0;
  return error;
}

void poll_states::before_wait(poll_kernel& kernel) {
  waiting_ = true;
  poll_request* next = nullptr;
  for (poll_request* r = std::exchange(listed_, nullptr); r != nullptr; r = next) {
    next = r->next_listed;
    r->listed = false;
    if (r->wanted == 0) {
      if (r->asked == 0) drop(kernel, r);
      continue;
    }
    if (r->asked != 0 || r->silent || ask(kernel, r) == 0) continue;
    r->failed = r->listed = true;
    r->next_listed = std::exchange(failed_, r);
  }
}

void poll_states::came(poll_kernel& kernel, poll_request* r, interest ready, fired_list& fired) {
  --with_kernel_;
  r->asked = 0;
  if (std::exchange(r->told_to_end, false)) --ending_;
  const bool stale = std::exchange(r->stale, false);
  if (r->wanted == 0) {
    if (!r->listed) drop(kernel, r);
    return;
  }
  const interest what = stale ? interest{0} : static_cast<interest>(ready & r->wanted);
  // (Without memory to tell it, it is asked about again.)
  if (what != 0 && fired.ready.reserve(fired.ready.size() + 1)) {
    fired.ready.push_reserved({what, r->fd, r->tag});
    r->silent = r->once;
  }
  if (!r->silent) list(r);
}

void poll_states::tell_failed(poll_kernel& kernel, fired_list& fired) {
  while (poll_request* r = failed_) {
    if (r->failed && !fired.ready.reserve(fired.ready.size() + 1)) return;
    failed_ = r->next_listed;
    r->listed = false;
    if (r->failed) {
      fired.ready.push_reserved({r->wanted, r->fd, r->tag});
      unwant(kernel, r);
    } else if (r->asked == 0 && r->wanted == 0) {
      drop(kernel, r);
    } else if (r->asked == 0 && !r->silent) {
      list(r);
    }
  }
}

void poll_states::forget_all(poll_kernel& kernel) {
  for (std::size_t fd = 0; fd < by_fd_.size(); ++fd)
    if (by_fd_[fd] != nullptr) unwant(kernel, by_fd_[fd]);
  for (poll_request** head : {&listed_, &failed_}) {
    while (poll_request* r = *head) {
      *head = r->next_listed;
      r->listed = false;
      if (r->asked == 0) drop(kernel, r);
    }
  }
}

}  // namespace eddy::engine
