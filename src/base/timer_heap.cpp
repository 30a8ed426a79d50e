#include "base/timer_heap.h"

#include <algorithm>

namespace eddy::engine {

// How far ahead to fetch: a watcher that is looked at, or told its place, is a cache miss.
constexpr std::size_t ahead = 16;

bool timer_heap::separate_due(std::int64_t now) {
  if (!due_.reserve(count_)) return false;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    if (i + ahead < count_) __builtin_prefetch(entries()[i + ahead].who);
    entry e = entries()[i];
    if (e.who == nullptr) continue;
    e.deadline = e.who->deadline;  // it may have been moved later
    if (e.deadline <= now)
      due_.push_reserved(e);
    else
      entries()[kept++] = e;
  }
  count_ = kept;
  empty_entries_ = 0;
  make_heap();
  std::sort(due_.begin(), due_.end(),
            [](const entry& a, const entry& b) { return a.deadline < b.deadline; });
  return true;
}

void timer_heap::drop_empty_entries() {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < count_; ++i)
    if (entries()[i].who != nullptr) entries()[kept++] = entries()[i];
  count_ = kept;
  empty_entries_ = 0;
  make_heap();
}

void timer_heap::take_in_added() {
  if ((count_ - heaped_) * 4 > count_) return make_heap();
  for (; heaped_ != count_; ++heaped_) sift_up(heaped_, entries()[heaped_]);
}

// Of all entries, in whatever order they are. The watchers are told their places at the end, once
// each.
void timer_heap::make_heap() {
  heaped_ = count_;
  for (std::size_t i = count_ > 1 ? parent(count_ - 1) + 1 : 0; i-- > 0;) {
    const entry e = entries()[i];
    std::size_t at = i;
    for (;;) {
      const std::size_t child = least_child(at);
      if (child == count_ || entries()[child].deadline >= e.deadline) break;
      entries()[at] = entries()[child];
      at = child;
    }
    entries()[at] = e;
  }
  for (std::size_t i = 0; i < count_; ++i) {
    if (i + ahead < count_) __builtin_prefetch(entries()[i + ahead].who, 1);
    place(i, entries()[i]);
  }
}

}  // namespace eddy::engine
