// Trying everything: a test asks for choices, and is run again and again until each way to answer
// them was tried, or so many ways that a seed picks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

namespace eddy::engine::test {

class choices {
 public:
  // One of `count` ways, from 0 on.
  int pick(int count) {
    if (random_ != 0) return draw(count);
    if (at_ == made_.size()) made_.push_back({0, count});
    return made_[at_++].taken;
  }
  bool toss() { return pick(2) == 1; }

  // To the next way; false: there are no more.
  bool next() {
    at_ = 0;
    while (!made_.empty() && made_.back().taken + 1 == made_.back().of) made_.pop_back();
    if (made_.empty()) return false;
    ++made_.back().taken;
    return true;
  }

  // From now on picked by chance, the same for the same seed.
  void seed(std::uint64_t seed) {
    made_.clear();
    random_ = seed * 2 + 1;
  }

  // To repeat what failed.
  std::string told() const {
    std::ostringstream text;
    if (random_ != 0) return "seeded";
    for (const choice& c : made_) text << c.taken << '/' << c.of << ' ';
    return text.str();
  }

 private:
  struct choice {
    int taken;
    int of;
  };

  int draw(int count) {
    random_ ^= random_ << 13;
    random_ ^= random_ >> 7;
    random_ ^= random_ << 17;
    return static_cast<int>((random_ >> 16) % static_cast<std::uint64_t>(count));
  }

  std::vector<choice> made_;
  std::size_t at_ = 0;
  std::uint64_t random_ = 0;
};

}  // namespace eddy::engine::test
