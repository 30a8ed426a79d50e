// Limits that several streams share.
//
// The members may belong to several loops, so the group has a lock of its own where there are
// threads, taken after a member's. What a member must do about a group that ran dry is done when it
// next asks; who is suspended goes on from the group's timer, without the group's lock.
#include <algorithm>

#include "base/memory.h"
#include "stream/rate.h"
#include "stream/rate_bucket.h"

namespace eddy::engine {
namespace {

rate_state* member_at(list_node* n) { return reinterpret_cast<rate_state*>(n); }

// Every member, each with a reference, from a different one on each time, so that what is left of a
// tick is not always the same one's.
template <class Visit>
void for_members(rate_group& g, Visit visit) {
  int left = 0;
  list_node* at = nullptr;
  {
    group_guard guard(g);
    left = g.member_count;
    if (left == 0) return;
    at = g.members.front();
    for (std::uint32_t skip = g.next_first++ % static_cast<std::uint32_t>(left); skip != 0; --skip)
      at = at->next;
  }
  for (; left > 0; --left) {
    if (at == g.members.end()) at = g.members.front();
    if (at == g.members.end()) return;
    rate_state* r = member_at(at);
    stream& s = *r->of;
    hold(s);
    {
      stream_guard guard(s);
      visit(s);
    }
    at = r->group == &g ? r->in_group.next : g.members.front();
    (void)let_go(s);
  }
}

void settle(rate_group& g) {
  const bool dry_read = g.bucket.read <= 0, dry_write = g.bucket.write <= 0;
  if (dry_read != g.reading_suspended) {
    g.reading_suspended = dry_read;
    for_members(g, [&](stream& s) {
      dry_read ? suspend_reading(s, by_group_rate) : resume_reading(s, by_group_rate);
    });
  }
  if (dry_write != g.writing_suspended) {
    g.writing_suspended = dry_write;
    for_members(g, [&](stream& s) {
      dry_write ? suspend_writing(s, by_group_rate) : resume_writing(s, by_group_rate);
    });
  }
}

void refill_due(int, short, void* argument) {
  auto& g = *static_cast<rate_group*>(argument);
  {
    group_guard guard(g);
    refill(g.bucket, g.config, tick_at(g.owner->now(), g.config));
  }
  settle(g);
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
  {
    group_guard guard(g);
    g.bucket.read -= read;
    g.bucket.write -= written;
    g.total_read += static_cast<std::uint64_t>(read);
    g.total_written += static_cast<std::uint64_t>(written);
  }
  settle(g);
}

void add_member(rate_group& g, rate_state& r) {
  {
    group_guard guard(g);
    g.members.push_back(&r.in_group);
    ++g.member_count;
    r.group = &g;
  }
  if (g.reading_suspended) suspend_reading(*r.of, by_group_rate);
  if (g.writing_suspended) suspend_writing(*r.of, by_group_rate);
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
  start_bucket(g->bucket, config, tick_at(on.now(), config), false);
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

void set_group_config(rate_group& g, const rate_config& config) {
  group_guard guard(g);
  const bool same_tick = g.config.tick_ns == config.tick_ns;
  g.config = config;
  g.bucket.read = std::min(g.bucket.read, static_cast<std::int64_t>(config.read_rate));
  g.bucket.write = std::min(g.bucket.write, static_cast<std::int64_t>(config.write_rate));
  if (!same_tick) {
    g.bucket.last_tick = tick_at(g.owner->now(), config);
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
  {
    group_guard guard(g);
    g.bucket.read -= less_read;
    g.bucket.write -= less_written;
  }
  settle(g);
}

}  // namespace eddy::engine
