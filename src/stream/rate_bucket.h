// What the limits of one stream and of a group share.
#pragma once

#include <algorithm>

#include "stream/rate.h"

namespace eddy::engine {

// For any thread.
inline std::int64_t time_of(loop& l) { return l.threads() != nullptr ? l.now_uncached() : l.now(); }

inline std::uint32_t tick_at(std::int64_t now, const rate_config& config) {
  return static_cast<std::uint32_t>(now / config.tick_ns);
}

inline void refill_one(std::int64_t& bucket, std::uint32_t ticks, std::size_t rate,
                       std::size_t burst) {
  const auto most = static_cast<std::int64_t>(burst);
  if (bucket >= most) return;
  // Without overflow, however long ago the last tick was.
  if (static_cast<std::uint64_t>(most - bucket) / rate < ticks)
    bucket = most;
  else
    bucket += static_cast<std::int64_t>(ticks * rate);
}

inline void refill(token_bucket& b, const rate_config& config, std::uint32_t tick) {
  const std::uint32_t ticks = tick - b.last_tick;
  if (ticks == 0 || ticks > INT32_MAX) return;
  refill_one(b.read, ticks, config.read_rate, config.read_burst);
  refill_one(b.write, ticks, config.write_rate, config.write_burst);
  b.last_tick = tick;
}

// A new bucket holds a tick's worth; one whose limits change keeps what it has, up to the new ones.
inline void start_bucket(token_bucket& b, const rate_config& config, std::uint32_t tick,
                         bool keep) {
  if (keep) {
    b.read = std::min(b.read, static_cast<std::int64_t>(config.read_rate));
    b.write = std::min(b.write, static_cast<std::int64_t>(config.write_rate));
  } else {
    b.read = static_cast<std::int64_t>(config.read_rate);
    b.write = static_cast<std::int64_t>(config.write_rate);
  }
  b.last_tick = tick;
}

// rate_group.cpp
std::int64_t share_of(rate_group& g, std::int64_t token_bucket::*which);
void group_spent(rate_group& g, std::int64_t read, std::int64_t written);
void add_member(rate_group& g, rate_state& r);
void remove_member(rate_state& r);
void wait_for_group(stream& s);  // if it is dry

}  // namespace eddy::engine
