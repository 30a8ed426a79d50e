#include "base/timer_heap.h"

#include <algorithm>

namespace eddy {

bool timer_heap::separate_due(std::int64_t now) {
  if (!due_.reserve(entries_.size())) return false;
  constexpr std::size_t ahead = 16;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (i + ahead < entries_.size()) __builtin_prefetch(entries_[i + ahead].who);
    entry e = entries_[i];
    e.deadline = e.who->deadline;  // it may have been moved later
    if (e.deadline <= now)
      due_.push_reserved(e);
    else
      entries_[kept++] = e;
  }
  entries_.truncate(kept);
  for (std::size_t i = 0; i < kept; ++i) place(i, entries_[i]);
  if (kept > 1)
    for (std::size_t i = parent(kept - 1) + 1; i-- > 0;) sift_down(i, entries_[i]);
  std::sort(due_.begin(), due_.end(),
            [](const entry& a, const entry& b) { return a.deadline < b.deadline; });
  return true;
}

}  // namespace eddy
