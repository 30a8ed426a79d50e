// The timers of a loop: a 4-ary heap of (deadline, watcher).
//
// The deadline stands beside the pointer, and the four children of an entry share a cache line
// (where malloc gives page + 16, as glibc does for large blocks), so that sifting does not touch
// the watchers that it compares. Three things are put off:
// - What is added stands behind the heap, unsorted, until the earliest deadline is asked for, once
// a
//   turn. Many at a time then make a heap in O(n), and what is gone before was never sorted.
// - A deadline that only moves later is not sifted: the watcher remembers it, and `settle` puts it
//   right when the old one comes up; an idle timeout that is re-armed on each read costs one store.
// - What is removed leaves an empty entry behind, one store as well, until that comes up or two
//   of three entries are empty, when the heap is made anew without them.
// O(1) to add, to move later, and, amortised, to remove; O(log n) for each of them that is settled.
#pragma once

#include <cstdint>

#include "base/array.h"
#include "base/watcher.h"

namespace eddy::engine {

class timer_heap {
 public:
  bool empty() const { return count_ == empty_entries_; }
  std::size_t size() const { return count_ - empty_entries_; }

  // Makes sure that `push` can add one more entry; false when memory is exhausted.
  bool reserve_one() {
    if (memory_.reserve(lead + count_ + 1)) [[likely]]
      return true;
    if (empty_entries_ == 0) return false;
    drop_empty_entries();
    return true;
  }

  void push(watcher* w) {
    place(count_, entry{w->deadline, w});
    ++count_;
  }

  void remove(watcher* w) {
    const std::size_t at = w->timeout_at.heap.heap_index;
    if (at + 1 == count_) {
      --count_;
      if (heaped_ > count_) heaped_ = count_;
      return;
    }
    entries()[at].who = nullptr;
    if (++empty_entries_ * 3 > count_ * 2 && count_ > 64) drop_empty_entries();
  }

  // Gives a watcher that stands in the heap another deadline. One that is no earlier costs one
  // store.
  void move(watcher* w, std::int64_t deadline) {
    const bool later = deadline >= w->deadline;  // so not before its entry's either
    w->deadline = deadline;
    if (later) return;
    const std::size_t at = w->timeout_at.heap.heap_index;
    if (at >= heaped_)
      entries()[at].deadline = deadline;
    else if (deadline < entries()[at].deadline)
      sift_up(at, entry{deadline, w});
  }

  // The watcher with the earliest deadline; the heap must not be empty.
  watcher* top() {
    settle();
    return entries()[0].who;
  }

  // The earliest deadline, or INT64_MAX.
  std::int64_t next_deadline() {
    settle();
    return count_ == 0 ? INT64_MAX : entries()[0].deadline;
  }

  // Takes out all that are due at `now` and calls take(watcher*) for each, the earliest first;
  // `take` must not use the heap. O(log n) each, or, when a good part of the heap is due, O(n) for
  // the scan plus a sort, which a heap of a million timers takes 4 times less time for (the entries
  // that a pop moves down write to as many watchers, all over the memory).
  template <class Take>
  void take_due(std::int64_t now, Take take) {
    std::size_t taken = 0;
    for (settle(); count_ != 0 && entries()[0].deadline <= now; settle()) {
      watcher* w = entries()[0].who;
      if (++taken * 4 > count_ && count_ > 256 && separate_due(now)) break;
      pop();
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
    for (std::size_t i = 0; i < count_; ++i)
      if (entries()[i].who != nullptr && !visit(entries()[i].who)) return false;
    return true;
  }

 private:
  struct entry {
    std::int64_t deadline;
    watcher* who;  // null: empty
  };

  static std::size_t parent(std::size_t at) { return (at - 1) / 4; }
  static std::size_t first_child(std::size_t at) { return at * 4 + 1; }

  // Moves what is due to due_, sorted, and makes a heap of the rest. False without memory for that.
  bool separate_due(std::int64_t now);
  void drop_empty_entries();
  void make_heap();
  void take_in_added();

  // The root stands two entries into the memory: that puts its children at a multiple of 64 bytes.
  static constexpr std::size_t lead = 2;
  entry* entries() { return memory_.data() + lead; }

  void place(std::size_t at, entry e) {
    entries()[at] = e;
    if (e.who != nullptr) e.who->timeout_at.heap.heap_index = static_cast<std::uint32_t>(at);
  }

  void pop() {
    heaped_ = --count_;
    if (count_ != 0) sift_down(0, entries()[count_]);
  }

  // Makes all a heap, and the root what it says.
  void settle() {
    if (heaped_ != count_) take_in_added();
    while (count_ != 0) {
      const entry root = entries()[0];
      if (root.who == nullptr) {
        --empty_entries_;
        pop();
      } else if (root.who->deadline > root.deadline) {
        sift_down(0, entry{root.who->deadline, root.who});
      } else {
        return;
      }
    }
  }

  void sift_up(std::size_t at, entry e) {
    while (at > 0 && e.deadline < entries()[parent(at)].deadline) {
      place(at, entries()[parent(at)]);
      at = parent(at);
    }
    place(at, e);
  }

  // The least of the children of `at`, or count_ when it has none.
  std::size_t least_child(std::size_t at) {
    const std::size_t first = first_child(at);
    if (first >= count_) return count_;
    const std::size_t last = first + 4 < count_ ? first + 4 : count_;
    std::size_t least = first;
    for (std::size_t c = first + 1; c < last; ++c)
      if (entries()[c].deadline < entries()[least].deadline) least = c;
    return least;
  }

  void sift_down(std::size_t at, entry e) {
    for (;;) {
      const std::size_t child = least_child(at);
      if (child == count_ || entries()[child].deadline >= e.deadline) break;
      place(at, entries()[child]);
      at = child;
    }
    place(at, e);
  }

  array<entry> memory_;  // its size is not used
  std::size_t count_ = 0;
  std::size_t heaped_ = 0;         // how many of them are a heap; the rest was added since
  std::size_t empty_entries_ = 0;  // how many of them are empty
  array<entry> due_;
};

}  // namespace eddy::engine
