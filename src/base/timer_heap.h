// The timers of a loop: a 4-ary heap of (deadline, watcher).
//
// The deadline stands beside the pointer, and the four children of an entry share a cache line, so
// that sifting does not touch the watchers that it compares. A deadline that only moves later is
// not sifted at all: the watcher remembers it, and `settle` puts it right when the old one comes
// up; so an idle timeout that is re-armed on each read costs one store. O(log n) to add, remove and
// settle.
#pragma once

#include <cstdint>

#include "base/array.h"
#include "base/watcher.h"

namespace eddy {

class timer_heap {
 public:
  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }

  // Makes sure that `push` can add one more entry; false when memory is exhausted.
  bool reserve_one() { return entries_.reserve(entries_.size() + 1); }

  void push(watcher* w) {
    entries_.push_reserved(entry{w->deadline, w});
    sift_up(entries_.size() - 1, entry{w->deadline, w});
  }

  void remove(watcher* w) { remove_at(w->timeout_at.heap.heap_index); }

  // Gives a watcher that stands in the heap another deadline. One that is no earlier costs one
  // store.
  void move(watcher* w, std::int64_t deadline) {
    const bool later = deadline >= w->deadline;  // so not before its entry's either
    w->deadline = deadline;
    if (later) return;
    const std::size_t at = w->timeout_at.heap.heap_index;
    if (deadline < entries_[at].deadline) sift_up(at, entry{deadline, w});
  }

  // The watcher with the earliest deadline; the heap must not be empty.
  watcher* top() {
    settle();
    return entries_[0].who;
  }

  // The earliest deadline, or INT64_MAX.
  std::int64_t next_deadline() {
    if (entries_.empty()) return INT64_MAX;
    settle();
    return entries_[0].deadline;
  }

  // Takes out all that are due at `now` and calls take(watcher*) for each, the earliest first;
  // `take` must not use the heap. O(log n) each, or, when a good part of the heap is due, O(n) for
  // the scan plus a sort, which a heap of a million timers takes 4 times less time for (the entries
  // that a pop moves down write to as many watchers, all over the memory).
  template <class Take>
  void take_due(std::int64_t now, Take take) {
    std::size_t taken = 0;
    while (!entries_.empty() && entries_[0].deadline <= now) {
      watcher* w = entries_[0].who;
      if (w->deadline > entries_[0].deadline) {
        sift_down(0, entry{w->deadline, w});
        continue;
      }
      if (++taken * 4 > entries_.size() && entries_.size() > 256 && separate_due(now)) break;
      remove_at(0);
      take(w);
    }
    constexpr std::size_t ahead = 8;
    for (std::size_t i = 0; i < due_.size(); ++i) {
      if (i + ahead < due_.size()) __builtin_prefetch(due_[i + ahead].who, 1);
      take(due_[i].who);
    }
    due_.clear();
  }

  // Calls visit(watcher*) for each timer, in no particular order; stops when it returns false.
  template <class Visit>
  bool for_each(Visit visit) {
    for (std::size_t i = 0; i < entries_.size(); ++i)
      if (!visit(entries_[i].who)) return false;
    return true;
  }

 private:
  struct entry {
    std::int64_t deadline;
    watcher* who;
  };

  static std::size_t parent(std::size_t at) { return (at - 1) / 4; }
  static std::size_t first_child(std::size_t at) { return at * 4 + 1; }

  // Moves what is due to due_, sorted, and makes a heap of the rest. False without memory for that.
  bool separate_due(std::int64_t now);

  void place(std::size_t at, entry e) {
    entries_[at] = e;
    e.who->timeout_at.heap.heap_index = static_cast<std::uint32_t>(at);
  }

  void settle() {
    while (entries_[0].who->deadline > entries_[0].deadline)
      sift_down(0, entry{entries_[0].who->deadline, entries_[0].who});
  }

  void sift_up(std::size_t at, entry e) {
    while (at > 0 && e.deadline < entries_[parent(at)].deadline) {
      place(at, entries_[parent(at)]);
      at = parent(at);
    }
    place(at, e);
  }

  void sift_down(std::size_t at, entry e) {
    const std::size_t count = entries_.size();
    for (;;) {
      std::size_t child = first_child(at);
      if (child >= count) break;
      std::size_t least = child;
      const std::size_t last = child + 4 < count ? child + 4 : count;
      for (std::size_t c = child + 1; c < last; ++c)
        if (entries_[c].deadline < entries_[least].deadline) least = c;
      if (entries_[least].deadline >= e.deadline) break;
      place(at, entries_[least]);
      at = least;
    }
    place(at, e);
  }

  void remove_at(std::size_t at) {
    const entry moved = entries_.pop_back();
    if (at == entries_.size()) return;
    if (at > 0 && moved.deadline < entries_[parent(at)].deadline)
      sift_up(at, moved);
    else
      sift_down(at, moved);
  }

  array<entry> entries_;
  array<entry> due_;
};

}  // namespace eddy
