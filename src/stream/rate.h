// Rate limits: token buckets for one stream, and for groups of streams.
//
// A bucket is filled once a tick, up to its burst, and emptied by what is read or written; below 1
// the stream is suspended until the next tick. Ticks are counted from the time of the loop's clock.
#pragma once

#include <sys/time.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/list.h"
#include "stream/stream.h"

namespace eddy::engine {

struct rate_config {
  std::size_t read_rate, read_burst, write_rate, write_burst;
  timeval tick;
  std::int64_t tick_ns;
};

struct token_bucket {
  std::int64_t read = 0;
  std::int64_t write = 0;
  std::uint32_t last_tick = 0;
};

struct rate_group {
  rate_config config{};
  token_bucket bucket;
  list_head members;  // rate_state::in_group
  int member_count = 0;
  loop* owner = nullptr;
  watcher refill;
  std::size_t min_share = 64;
  std::size_t effective_share = 64;
  std::uint64_t total_read = 0;
  std::uint64_t total_written = 0;
  bool has_waiters = false;  // somebody may be suspended
  shared_lock* lock = nullptr;
};

struct rate_state {
  list_node in_group;
  stream* of = nullptr;
  rate_group* group = nullptr;
  const rate_config* config = nullptr;  // the user's; null: no limit of its own
  token_bucket bucket;
  watcher refill;
  std::atomic<bool> visited{false};  // by its group's timer
};

class group_guard : public shared_guard {
 public:
  explicit group_guard(const rate_group& g) : shared_guard(g.lock) {}
};

// --- for the transports; locked by the caller ---
std::size_t read_allowance(stream& s, std::size_t most);
std::size_t write_allowance(stream& s, std::size_t most);
void spent_reading(stream& s, std::size_t size);
void spent_writing(stream& s, std::size_t size);
// It was allowed nothing: it waits until its group has something again.
void wait_for_rates(stream& s);
void leave_rates(stream& s);

// --- settings; locked by the caller. 0 or an errno ---
int set_rate_limit(stream& s, const rate_config* config);
int change_bucket(stream& s, std::int64_t less_read, std::int64_t less_written);
rate_state* rate_of(const stream& s);
void refresh_bucket(stream& s);

rate_group* make_rate_group(loop& on, const rate_config& config);
void destroy_rate_group(rate_group* g);  // without members
int member_count_of(rate_group& g);
void set_group_config(rate_group& g, const rate_config& config);
void set_group_share(rate_group& g, std::size_t share);
int join_group(stream& s, rate_group& g);
void leave_group(stream& s);
void change_group_bucket(rate_group& g, std::int64_t less_read, std::int64_t less_written);

}  // namespace eddy::engine
