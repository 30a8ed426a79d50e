// Receives, and what all transfers have in common.
#include "backend/transfer_states.h"

#include <cerrno>
#include <utility>

namespace eddy::engine {

watcher transfer_states::nobody;

std::uint32_t& transfer_states::state_of(std::uint64_t number) {
  const std::uint64_t handle = number & ~any_transfer;
  return number & of_send ? sends_.word_of(handle) : receives_.word_of(handle);
}

bool transfer_states::is_known(std::uint64_t number) const {
  const std::uint64_t handle = number & ~any_transfer;
  return number & of_send ? sends_.find(handle) != nullptr : receives_.find(handle) != nullptr;
}

void transfer_states::has_news_of(watcher* w) {
  if (w->is(has_moved)) return;
  w->set(has_moved);
  moved_.push_reserved(w);
}

watcher* transfer_states::next_moved() {
  if (moved_told_ < moved_.size()) {
    watcher* w = moved_[moved_told_++];
    w->clear(has_moved);
    return w;
  }
  moved_.clear();
  moved_told_ = 0;
  return nullptr;
}

void transfer_states::begin(watcher* w, std::uint64_t number) {
  w->here.moved.number = static_cast<std::uint32_t>(number) + 1;
  w->here.moved.outcome = goes_on;
}

int transfer_states::receive(watcher* w) {
  const std::uint64_t number = receives_.add(w);
  if (number == 0) return ENOMEM;
  if (!to_start_.reserve(to_start_.size() + 1) || !reserve_news()) {
    receives_.remove(number);
    return ENOMEM;
  }
  begin(w, number);
  to_start_.push_reserved(number);
  return 0;
}

void transfer_states::stop(completion_kernel& kernel, watcher* w, bool later) {
  const std::uint32_t place = w->here.moved.number - 1;
  if (place == UINT32_MAX) return;
  const bool sends = (w->events & watch_write) != 0;
  std::uint64_t number = sends ? sends_.number_at(place) : receives_.number_at(place);
  if (sends && sends_.word_of(number) == is_new) {
    w->here.moved.number = 0;
    return disown(sends_.find(number));
  }
  if (!sends && receives_.word_of(number) == is_new) {
    // give_receives passes over what is stale.
    if (to_start_[to_start_.size() - 1] == number) (void)to_start_.pop_back();
    w->here.moved.number = 0;
    return receives_.remove(number);
  }
  if (sends) sends_.find(number)->hurried = true;  // not to be sent again
  number |= sends ? of_send : of_receive;
  if (later)
    cancel_later(number);
  else
    cancel(kernel, number);
}

std::uint64_t transfer_states::receive_of(const watcher* w) const {
  const std::uint32_t place = w->here.moved.number - 1;
  return place == UINT32_MAX ? 0 : receives_.number_at(place);
}

void transfer_states::cancel(completion_kernel& kernel, std::uint64_t number) {
  if (!kernel.give_cancel(number)) cancel_later(number);
}

// Each number once: it may be stopped, wanted and stopped again while the loop waits.
void transfer_states::cancel_later(std::uint64_t number) {
  if (!is_known(number) || state_of(number) == is_to_cancel) return;
  state_of(number) = is_to_cancel;
  if (!to_cancel_.push_back(number)) cancels_unlisted_ = true;
}

void transfer_states::list_cancels() {
  cancels_unlisted_ = false;
  const auto list = [this](auto& table, std::uint64_t kind) {
    table.for_each_number([&](std::uint64_t number) {
      if (table.word_of(number) != is_to_cancel) return;
      if (!to_cancel_.push_back(number | kind)) cancels_unlisted_ = true;
    });
  };
  to_cancel_.clear();
  list(receives_, of_receive);
  list(sends_, of_send);
}

void transfer_states::give_listed_cancels(completion_kernel& kernel) {
  if (cancels_unlisted_) list_cancels();
  // As many as there are now: one that finds no room again is put back.
  for (std::size_t left = to_cancel_.size(); left != 0; --left) {
    const std::uint64_t number = to_cancel_.pop_back();
    if (!is_known(number) || state_of(number) != is_to_cancel) continue;
    state_of(number) = is_given;
    cancel(kernel, number);
    if (is_known(number) && state_of(number) == is_to_cancel) return;
  }
}

void transfer_states::abandon(watcher* w) {
  if (w->is(has_moved)) {  // when a send was waited for, until the next wait
    w->clear(has_moved);
    for (std::size_t i = 0; i < moved_.size(); ++i)
      if (moved_[i] == w) moved_[i] = moved_.pop_back();
  }
  if (w->events & watch_write) forget_notices(w);
  const std::uint32_t place = std::exchange(w->here.moved.number, 0) - 1;
  if (place == UINT32_MAX) return;
  if (w->is(is_acceptor)) return accepts_.replace(accepts_.number_at(place), &nobody);
  if (w->events & watch_write) {
    send_job* job = sends_.find(sends_.number_at(place));
    if (job != nullptr) disown(job);
  } else {
    receives_.replace(receives_.number_at(place), &nobody);
  }
}

void transfer_states::give_new_receives(completion_kernel& kernel) {
  while (!to_start_.empty()) {
    const std::uint64_t number = to_start_[to_start_.size() - 1];
    watcher* w = receives_.find(number);
    if (w != nullptr && !kernel.give_receive(w, number)) return;
    to_start_.truncate(to_start_.size() - 1);
  }
}

void transfer_states::received(watcher* w, std::uint64_t number, int result, bool ended) {
  if (ended) receives_.remove(number);
  if (w == nullptr) return;
  transfer& t = w->here.moved;
  if (ended) {
    t.number = 0;
    t.outcome = result == 0 ? end_of_stream : result;
    if (result > 0 || result == -ENOBUFS || result == -ECANCELED) t.outcome = ended_early;
  } else if (result < 0) {
    t.outcome = result;
  }
  has_news_of(w);
}

void transfer_states::lost_piece(completion_kernel& kernel, watcher* w, std::uint64_t number,
                                 bool ended) {
  if (ended) {
    receives_.remove(number);
  } else {
    receives_.replace(number, &nobody);
    cancel(kernel, number | of_receive);
  }
  w->here.moved.number = 0;
  w->here.moved.outcome = -ENOMEM;
  has_news_of(w);
}

void transfer_states::forget_watcher(watcher* w, std::int16_t kept) {
  w->here.moved.number = 0;
  w->flags = static_cast<std::int16_t>(w->flags & kept);
}

void transfer_states::forget(completion_kernel& kernel, bool reachable) {
  constexpr std::int16_t kept = is_initialised | is_internal | is_transfer | is_shared;
  while (watcher* w = next_moved()) forget_watcher(w, kept);
  receives_.for_each([&](watcher* w) {
    if (w == &nobody) return;
    const std::uint64_t number = receives_.number_at(w->here.moved.number - 1);
    forget_watcher(w, kept);
    receives_.replace(number, &nobody);
    if (reachable) cancel(kernel, number | of_receive);
  });
  sends_.for_each([&](send_job* job) {
    job->asks = nullptr;
    if (job->whose != nullptr) forget_watcher(job->whose, kept);
    disown(job);
  });
  forget_accepts();
}

void transfer_states::give_up(bool reads_on) {
  to_start_.clear();
  to_cancel_.clear();
  cancels_unlisted_ = false;
  give_up_accepts();
  receives_.for_each([&](watcher* w) {
    if (w == &nobody) return;
    w->here.moved.number = 0;
    w->here.moved.outcome = ended_early;
    has_news_of(w);
  });
  receives_.clear();
  give_up_sends(reads_on);
}

}  // namespace eddy::engine
