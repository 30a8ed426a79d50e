// Numbers that stand for pointers and go stale: index and generation.
//
// The kernel gets the number (io_uring's user_data); when an answer comes after the object is gone,
// or after its place was given to another, the generation differs and the answer reaches nobody.
#pragma once

#include <cstdint>

#include "base/array.h"

namespace eddy::engine {

template <class T>
class handle_table {
 public:
  // A number for `object`, never 0; 0 when memory is exhausted. O(1).
  std::uint64_t add(T* object) {
    if (first_free_ == none && !entries_.push_back(entry{nullptr, 1, none})) return 0;
    std::uint32_t index = first_free_;
    if (index == none)
      index = static_cast<std::uint32_t>(entries_.size() - 1);
    else
      first_free_ = entries_[index].word;
    entries_[index].object = object;
    entries_[index].word = 0;
    ++used_;
    return static_cast<std::uint64_t>(entries_[index].generation) << 32 | index;
  }

  // The object, or null when the number has gone stale.
  T* find(std::uint64_t handle) const {
    const auto index = static_cast<std::uint32_t>(handle);
    if (index >= entries_.size()) return nullptr;
    const entry& e = entries_[index];
    return e.generation == static_cast<std::uint32_t>(handle >> 32) ? e.object : nullptr;
  }

  // The number stands for another object from now on.
  void replace(std::uint64_t handle, T* object) {
    if (find(handle) != nullptr) entries_[static_cast<std::uint32_t>(handle)].object = object;
  }

  // The number that is in use at this place of the table; the place is the number's lower half.
  std::uint64_t number_at(std::uint32_t place) const {
    return static_cast<std::uint64_t>(entries_[place].generation) << 32 | place;
  }

  // A word for the caller's use, 0 at first. The number must not be stale.
  std::uint32_t& word_of(std::uint64_t handle) {
    return entries_[static_cast<std::uint32_t>(handle)].word;
  }

  // The number goes stale; its place is used again under another generation.
  void remove(std::uint64_t handle) {
    if (find(handle) == nullptr) return;
    const auto index = static_cast<std::uint32_t>(handle);
    entry& e = entries_[index];
    e.object = nullptr;
    if (++e.generation == 0) e.generation = 1;
    e.word = first_free_;
    first_free_ = index;
    --used_;
  }

  std::size_t size() const { return used_; }

  // All numbers go stale.
  void clear() {
    for (std::uint32_t i = 0; i < entries_.size(); ++i)
      if (entries_[i].object != nullptr)
        remove(static_cast<std::uint64_t>(entries_[i].generation) << 32 | i);
  }

  template <class Visit>
  void for_each_number(Visit visit) {
    for (std::uint32_t i = 0; i < entries_.size(); ++i)
      if (entries_[i].object != nullptr) visit(number_at(i));
  }

  template <class Visit>
  void for_each(Visit visit) {
    for (std::size_t i = 0; i < entries_.size(); ++i)
      if (entries_[i].object != nullptr) visit(entries_[i].object);
  }

 private:
  static constexpr std::uint32_t none = UINT32_MAX;

  struct entry {
    T* object;
    std::uint32_t generation;
    std::uint32_t word;  // the caller's; of a free place: the next one
  };

  array<entry> entries_;
  std::uint32_t first_free_ = none;
  std::size_t used_ = 0;
};

}  // namespace eddy::engine
