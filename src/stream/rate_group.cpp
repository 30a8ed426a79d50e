// Limits that several streams share.
//
// The members may belong to several loops, so the group has a lock of its own where there are
// threads, taken after a member's. What a member must do about a group that ran dry it does when it
// next asks; who is suspended goes on from the group's timer.
#include <algorithm>

#include "base/memory.h"
#include "stream/rate.h"
#include "stream/rate_bucket.h"

namespace eddy::engine {
namespace {

rate_state* member_at(list_node* n) { return reinterpret_cast<rate_state*>(n); }

// The next of those to be visited, whose memory cannot go before `visited` is false again. By
// turns, so that what is left of a tick is not always the same one's.
rate_state* next_member(rate_group& g) {
  group_guard guard(g);
  if (g.members.empty()) return nullptr;
  list_node* first = g.members.front();
  first->unlink();
  g.members.push_back(first);
  member_at(first)->visited = true;
  return member_at(first);
}

bool is_member(const stream& s, const rate_group& g) {
  const rate_state* r = rate_of(s);
  return r != nullptr && r->group == &g;
}

void let_go_on(rate_group& g, stream& s) {
  if (!is_member(s, g)) return;
  const auto dry = [&g](std::int64_t token_bucket::*which) {
    group_guard guard(g);
    return g.bucket.*which <= 0;
  };
  if (!dry(&token_bucket::read)) resume_reading(s, by_group_rate);
  if (!dry(&token_bucket::write)) resume_writing(s, by_group_rate);
}

// Who waits for the group goes on, if it has something. From the group's timer alone, whose thread
// holds the lock of no stream: whoever held one's and wanted another's could wait for ever.
void resume_members(rate_group& g) {
  int left = 0;
  {
    group_guard guard(g);
    left = g.member_count + (g.member_count > 1);  // the last is another one each time
  }
  for (; left > 0; --left) {
    rate_state* r = next_member(g);
    if (r == nullptr) return;
    bool alive = false;
    {
      stream& s = *r->of;
      stream_hold held(s);
      alive = held.alive();
      if (alive) {
        r->visited = false;
        let_go_on(g, s);
      }
    }
    if (!alive) r->visited = false;
  }
}

void refill_due(int, short, void* argument) {
  auto& g = *static_cast<rate_group*>(argument);
  {
    group_guard guard(g);
    refill(g.bucket, g.config, tick_at(time_of(*g.owner), g.config));
    if (!g.has_waiters || (g.bucket.read <= 0 && g.bucket.write <= 0)) return;
    g.has_waiters = g.bucket.read <= 0 || g.bucket.write <= 0;
  }
  resume_members(g);
}

}  // namespace

std::int64_t share_of(rate_group& g, std::int64_t token_bucket::*which) {
  group_guard guard(g);
  if (g.bucket.*which <= 0 || g.member_count == 0) return 0;
  const std::int64_t even = g.bucket.*which / g.member_count;
  // Never nothing: who is not suspended would not be woken to try again.
  return std::max({even, static_cast<std::int64_t>(g.effective_share), std::int64_t{1}});
}

void group_spent(rate_group& g, std::int64_t read, std::int64_t written) {
  group_guard guard(g);
  g.bucket.read -= read;
  g.bucket.write -= written;
  g.total_read += static_cast<std::uint64_t>(read);
  g.total_written += static_cast<std::uint64_t>(written);
}

void wait_for_group(stream& s) {
  rate_group* g = rate_of(s)->group;
  bool reading = false, writing = false;
  {
    group_guard guard(*g);
    reading = g->bucket.read <= 0;
    writing = g->bucket.write <= 0;
    g->has_waiters = g->has_waiters || reading || writing;
  }
  if (reading) suspend_reading(s, by_group_rate);
  if (writing) suspend_writing(s, by_group_rate);
}

void add_member(rate_group& g, rate_state& r) {
  {
    group_guard guard(g);
    g.members.push_back(&r.in_group);
    ++g.member_count;
    r.group = &g;
  }
  wait_for_group(*r.of);
}

void remove_member(rate_state& r) {
  group_guard guard(*r.group);
  r.in_group.unlink();
  --r.group->member_count;
  r.group = nullptr;
}

rate_group* make_rate_group(loop& on, const rate_config& config) {
  auto* g = memory::create<rate_group>();
  if (g == nullptr) return nullptr;
  g->config = config;
  g->owner = &on;
  start_bucket(g->bucket, config, tick_at(time_of(on), config), false);
  g->refill.flags = is_initialised;
  g->refill.kind = closure::persistent_event;
  g->refill.events = watch_persist;
  g->refill.on_event = refill_due;
  g->refill.argument = g;
  g->refill.owner = &on;
  g->refill.priority = static_cast<std::uint8_t>(on.priorities() / 2);
  set_group_share(*g, 64);
  if (on.threads() != nullptr) g->lock = make_shared_lock(on.threads());
  const bool lacks_lock = on.threads() != nullptr && g->lock == nullptr;
  if (lacks_lock || on.add(&g->refill, config.tick_ns) != 0) {
    destroy_rate_group(g);
    return nullptr;
  }
  return g;
}

void destroy_rate_group(rate_group* g) {
  (void)g->owner->remove(&g->refill, removal::wait);
  drop_shared_lock(g->lock);
  memory::destroy(g);
}

int member_count_of(rate_group& g) {
  group_guard guard(g);
  return g.member_count;
}

void set_group_config(rate_group& g, const rate_config& config) {
  group_guard guard(g);
  const bool same_tick = g.config.tick_ns == config.tick_ns;
  g.config = config;
  g.bucket.read = std::min(g.bucket.read, static_cast<std::int64_t>(config.read_rate));
  g.bucket.write = std::min(g.bucket.write, static_cast<std::int64_t>(config.write_rate));
  if (!same_tick) {
    g.bucket.last_tick = tick_at(time_of(*g.owner), config);
    (void)g.owner->add(&g.refill, config.tick_ns);
  }
  set_group_share(g, g.min_share);
}

// Not more than what a tick brings, or nobody would ever get on.
void set_group_share(rate_group& g, std::size_t share) {
  group_guard guard(g);
  g.min_share = share;
  g.effective_share = std::min({share, g.config.read_rate, g.config.write_rate});
}

void change_group_bucket(rate_group& g, std::int64_t less_read, std::int64_t less_written) {
  bool some_go_on = false;
  {
    group_guard guard(g);
    const bool was_dry = g.bucket.read <= 0 || g.bucket.write <= 0;
    g.bucket.read -= less_read;
    g.bucket.write -= less_written;
    some_go_on = was_dry && (less_read < 0 || less_written < 0) && g.has_waiters;
  }
  if (some_go_on) g.owner->activate(&g.refill, watch_read, 1);
}

}  // namespace eddy::engine
