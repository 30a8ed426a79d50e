// Latencies, to within 3 %: 32 buckets for each power of two.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

class histogram {
 public:
  void add(std::int64_t nanoseconds) {
    const auto value = static_cast<std::uint64_t>(nanoseconds < 0 ? 0 : nanoseconds);
    ++buckets_[index_of(value)];
    ++count_;
    if (value > most_) most_ = value;
  }

  std::uint64_t count() const { return count_; }
  std::uint64_t most() const { return most_; }

  // The value that a share of `part` (0 to 1) of all is not above.
  std::uint64_t at(double part) const {
    const auto wanted = static_cast<std::uint64_t>(part * static_cast<double>(count_));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i];
      if (seen > wanted) return value_of(i) < most_ ? value_of(i) : most_;
    }
    return most_;
  }

 private:
  static constexpr unsigned precision = 5;

  static std::size_t index_of(std::uint64_t value) {
    if (value < (1u << precision)) return value;
    const auto power = static_cast<unsigned>(std::bit_width(value)) - 1 - precision;
    return (static_cast<std::size_t>(power) << precision) + (value >> power);
  }

  static std::uint64_t value_of(std::size_t index) {
    if (index < (2u << precision)) return index;
    const std::size_t power = (index >> precision) - 1;
    return (static_cast<std::uint64_t>(index & 31) + 32) << power;
  }

  std::array<std::uint64_t, 60u << precision> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t most_ = 0;
};
