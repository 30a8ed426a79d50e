#include "stream/retry.h"

#include <algorithm>

#include "base/memory.h"

namespace eddy::engine {

struct retry_state {
  watcher timer;
  std::int64_t since = forever;  // the first failure of this row
  std::int64_t pause = 0;
};

namespace {

constexpr std::int64_t shortest_pause = 1'000'000, longest_pause = 50'000'000;
constexpr std::int64_t longest_row = 30'000'000'000;

void due(int, short, void* argument) {
  stream& s = *static_cast<stream*>(argument);
  stream_hold held(s);
  if (held.alive()) resume_writing(s, by_kernel);
}

retry_state* state_of(stream& s) {
  stream_extras* x = extras_of(s);
  if (x == nullptr || x->retry != nullptr) return x != nullptr ? x->retry : nullptr;
  x->retry = memory::create<retry_state>();
  if (x->retry == nullptr) return nullptr;
  watcher& timer = x->retry->timer;
  timer.flags = is_initialised;
  timer.kind = closure::event;
  timer.on_event = due;
  timer.argument = &s;
  timer.owner = s.owner;
  timer.priority = s.writing.priority;
  return x->retry;
}

}  // namespace

bool retry_later(stream& s) {
  retry_state* r = state_of(s);
  if (r == nullptr) return false;
  const std::int64_t now = s.owner->now();
  if (r->since == forever) {
    r->since = now;
    r->pause = shortest_pause;
  } else {
    r->pause = std::min(2 * r->pause, longest_pause);
  }
  r->timer.owner = s.owner;
  const std::int64_t limit = timeout_in_ns(s.write_timeout);
  if (now - r->since >= (limit == forever ? longest_row : std::min(limit, longest_row)) ||
      s.owner->add(&r->timer, r->pause) != 0) {
    end_of_retries(s);
    return false;
  }
  suspend_writing(s, by_kernel);
  return true;
}

void end_of_retries(stream& s) {
  retry_state* r = s.extras()->retry;
  if (r->since == forever) return;
  r->since = forever;
  (void)s.owner->remove(&r->timer, removal::do_not_wait);
  resume_writing(s, by_kernel);
}

void leave_retries(stream& s) {
  if (s.extras() == nullptr || s.extras()->retry == nullptr) return;
  (void)s.owner->remove(&s.extras()->retry->timer, removal::even_if_finalizing);
  memory::destroy(s.extras()->retry);
  s.extras()->retry = nullptr;
}

}  // namespace eddy::engine
