// Accepting: requests of listeners, each of which brings one connection after the other.
#include <cerrno>

#include "backend/accepted_row.h"
#include "backend/transfer_states.h"
#include "base/sys.h"

namespace eddy::engine {

int transfer_states::accept(watcher* w) {
  const std::uint64_t number = accepts_.add(w);
  if (number == 0) return ENOMEM;
  // Places for its start, its end and its news, so that none of them can fail.
  const std::size_t all = accepts_.size();
  if (!accepts_to_start_.reserve(all) || !accepts_to_stop_.reserve(accepts_to_stop_.size() + all) ||
      !reserve_news()) {
    accepts_.remove(number);
    return ENOMEM;
  }
  begin(w, number);
  accepts_to_start_.push_reserved(number);
  return 0;
}

void transfer_states::give_new_accepts(completion_kernel& kernel) {
  while (!accepts_to_stop_.empty()) {
    const std::size_t before = accepts_to_stop_.size();
    cancel_accept(kernel, accepts_to_stop_.pop_back());
    if (accepts_to_stop_.size() == before) return;  // no room: it is there again
  }
  while (!accepts_to_start_.empty()) {
    const std::uint64_t number = accepts_to_start_[accepts_to_start_.size() - 1];
    if (!kernel.give_accept(accepts_.find(number), number)) return;
    (void)accepts_to_start_.pop_back();
  }
}

// For the next give_accepts, if there is no room.
void transfer_states::cancel_accept(completion_kernel& kernel, std::uint64_t number) {
  if (accepts_.find(number) == nullptr) return;
  if (!kernel.give_cancel(number | of_accept)) stop_accepting_later(number);
}

std::uint64_t transfer_states::stop_accepting(completion_kernel& kernel, watcher* w, bool later) {
  const std::uint32_t place = w->here.moved.number - 1;
  if (place == UINT32_MAX) return 0;
  const std::uint64_t number = accepts_.number_at(place);
  for (std::uint64_t& there : accepts_to_start_) {
    if (there != number) continue;  // the kernel has not seen it
    there = *(accepts_to_start_.end() - 1);
    (void)accepts_to_start_.pop_back();
    w->here.moved.number = 0;
    accepts_.remove(number);
    return 0;
  }
  if (later) {
    stop_accepting_later(number);
    return 0;
  }
  cancel_accept(kernel, number);
  return number;
}

void transfer_states::stop_accepting_later(std::uint64_t number) {
  for (const std::uint64_t there : accepts_to_stop_)
    if (there == number) return;
  accepts_to_stop_.push_reserved(number);
}

void transfer_states::accepted(std::uint64_t number, int result, bool ended) {
  watcher* w = wanted(accepts_.find(number));
  if (ended) accepts_.remove(number);
  if (w == nullptr) {
    if (result >= 0) (void)sys::close(result);
    return;
  }
  transfer& t = w->here.moved;
  if (result >= 0) t.row->push(result);
  if (ended) {
    t.number = 0;
    t.outcome = result >= 0 || result == -ECANCELED ? ended_early : result;
  }
  has_news_of(w);
}

void transfer_states::forget_accepts() {
  accepts_.for_each([this](watcher* w) {
    if (w == &nobody) return;
    const std::uint64_t number = accepts_.number_at(w->here.moved.number - 1);
    forget_watcher(w, is_initialised | is_internal | is_shared);
    accepts_.replace(number, &nobody);
    stop_accepting_later(number);
  });
  for (const std::uint64_t number : accepts_to_start_) accepts_.remove(number);
  accepts_to_start_.clear();
}

// Whoever listens on goes by calls: until the kernel's end of it is gone, it may be the one that is
// woken.
void transfer_states::give_up_accepts() {
  accepts_to_start_.clear();
  accepts_to_stop_.clear();
  accepts_.for_each([this](watcher* w) {
    if (w == &nobody) return;
    w->here.moved.number = 0;
    w->here.moved.outcome = -EOWNERDEAD;
    has_news_of(w);
  });
  accepts_.clear();
}

}  // namespace eddy::engine
