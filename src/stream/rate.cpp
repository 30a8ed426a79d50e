// One stream's own limit.
#include "stream/rate.h"

#include <algorithm>
#include <cerrno>
#include <thread>

#include "base/memory.h"
#include "stream/extras.h"
#include "stream/rate_bucket.h"

namespace eddy::engine {
namespace {

std::uint32_t tick_of(const rate_state& r) { return tick_at(time_of(*r.of->owner), *r.config); }

void wait_for_refill(rate_state& r) {
  if (r.refill.is(in_timers)) return;
  r.refill.owner = r.of->owner;
  (void)r.of->owner->add(&r.refill, r.config->tick_ns);
}

void check_bucket(rate_state& r) {
  stream& s = *r.of;
  if (r.bucket.read <= 0)
    suspend_reading(s, by_rate);
  else
    resume_reading(s, by_rate);
  if (r.bucket.write <= 0)
    suspend_writing(s, by_rate);
  else
    resume_writing(s, by_rate);
  if (r.bucket.read <= 0 || r.bucket.write <= 0) wait_for_refill(r);
}

void refill_due(int, short, void* argument) {
  auto& r = *static_cast<rate_state*>(argument);
  stream_hold held(*r.of);
  if (r.config == nullptr) return;
  refill(r.bucket, *r.config, tick_of(r));
  check_bucket(r);
}

rate_state* state_of(stream& s) {
  stream_extras* x = extras_of(s);
  if (x == nullptr) return nullptr;
  if (x->rate != nullptr) return x->rate;
  auto* made = memory::create<rate_state>();
  if (made == nullptr) return nullptr;
  made->of = &s;
  made->refill.flags = is_initialised;
  made->refill.kind = closure::event;
  made->refill.on_event = refill_due;
  made->refill.argument = made;
  made->refill.owner = s.owner;
  made->refill.priority = s.reading.priority;
  x->rate = made;
  return made;
}

// What a stream may move by its own bucket and by its share of its group's.
std::size_t allowed(stream& s, std::size_t most, std::int64_t token_bucket::*which) {
  rate_state* r = rate_of(s);
  if (r == nullptr) return most;
  std::int64_t limit = static_cast<std::int64_t>(std::min<std::size_t>(most, INT64_MAX));
  if (r->config != nullptr) {
    refill(r->bucket, *r->config, tick_of(*r));
    limit = std::min(limit, r->bucket.*which);
  }
  if (r->group != nullptr) limit = std::min(limit, share_of(*r->group, which));
  return limit > 0 ? static_cast<std::size_t>(limit) : 0;
}

}  // namespace

rate_state* rate_of(const stream& s) { return s.extras() != nullptr ? s.extras()->rate : nullptr; }

void refresh_bucket(stream& s) {
  rate_state* r = rate_of(s);
  if (r != nullptr && r->config != nullptr) refill(r->bucket, *r->config, tick_of(*r));
}

std::size_t read_allowance(stream& s, std::size_t most) {
  return allowed(s, most, &token_bucket::read);
}

std::size_t write_allowance(stream& s, std::size_t most) {
  return allowed(s, most, &token_bucket::write);
}

void spent_reading(stream& s, std::size_t size) {
  rate_state* r = rate_of(s);
  if (r == nullptr) return;
  if (r->config != nullptr) {
    r->bucket.read -= static_cast<std::int64_t>(size);
    check_bucket(*r);
  }
  if (r->group == nullptr) return;
  group_spent(*r->group, static_cast<std::int64_t>(size), 0);
  wait_for_group(s);
}

void spent_writing(stream& s, std::size_t size) {
  rate_state* r = rate_of(s);
  if (r == nullptr) return;
  if (r->config != nullptr) {
    r->bucket.write -= static_cast<std::int64_t>(size);
    check_bucket(*r);
  }
  if (r->group == nullptr) return;
  group_spent(*r->group, 0, static_cast<std::int64_t>(size));
  wait_for_group(s);
}

void wait_for_rates(stream& s) {
  const rate_state* r = rate_of(s);
  if (r != nullptr && r->group != nullptr) wait_for_group(s);
}

int set_rate_limit(stream& s, const rate_config* config) {
  if (config == nullptr) {
    rate_state* r = rate_of(s);
    if (r == nullptr || r->config == nullptr) return 0;
    r->config = nullptr;
    (void)s.owner->remove(&r->refill, removal::do_not_wait);
    resume_reading(s, by_rate);
    resume_writing(s, by_rate);
    return 0;
  }
  rate_state* r = state_of(s);
  if (r == nullptr) return ENOMEM;
  if (r->config == config) return 0;
  const bool fresh = r->config == nullptr;
  r->config = config;
  start_bucket(r->bucket, *config, tick_of(*r), !fresh);
  (void)s.owner->remove(&r->refill, removal::do_not_wait);
  check_bucket(*r);
  if (s.is_enabled(watch_write) && s.write_suspended == 0) s.kind()->enable(s, watch_write);
  return 0;
}

int change_bucket(stream& s, std::int64_t less_read, std::int64_t less_written) {
  rate_state* r = rate_of(s);
  if (r == nullptr || r->config == nullptr) return EINVAL;
  refill(r->bucket, *r->config, tick_of(*r));
  r->bucket.read -= less_read;
  r->bucket.write -= less_written;
  check_bucket(*r);
  return 0;
}

int join_group(stream& s, rate_group& g) {
  rate_state* r = state_of(s);
  if (r == nullptr) return ENOMEM;
  if (r->group == &g) return 0;
  leave_group(s);
  add_member(g, *r);
  return 0;
}

void leave_group(stream& s) {
  rate_state* r = rate_of(s);
  if (r == nullptr || r->group == nullptr) return;
  remove_member(*r);
  resume_reading(s, by_group_rate);
  resume_writing(s, by_group_rate);
}

void leave_rates(stream& s) {
  rate_state* r = rate_of(s);
  if (r == nullptr) return;
  if (r->group != nullptr) remove_member(*r);
  while (r->visited) std::this_thread::yield();  // for a lock that is free
  (void)s.owner->remove(&r->refill, removal::even_if_finalizing);
  memory::destroy(r);
  s.extras()->rate = nullptr;
}

}  // namespace eddy::engine
