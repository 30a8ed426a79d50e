// Timeouts: the heap, and queues for many timeouts of one length.
#include <cerrno>

#include "base/memory.h"
#include "loop/loop.h"

namespace eddy::engine {

watcher* loop::timed_at(list_node* n) {
  return reinterpret_cast<watcher*>(reinterpret_cast<char*>(n) - timeout_place_offset);
}

int loop::start_timer(watcher* w, std::int64_t deadline, int queue) {
  // In place, where it can be: re-arming is the commonest thing that happens to a timer.
  if (w->is(in_timers) && queue < 0 && w->common_queue < 0) {
    timers_.move(w, deadline);
    return 0;
  }
  if (w->is(in_timers)) stop_timer(w);
  if (!timers_.reserve_one()) return ENOMEM;
  w->deadline = deadline;
  w->common_queue = static_cast<std::int16_t>(queue);
  w->set(in_timers);
  if (!w->is(is_internal)) ++event_count_, note_most();
  if (queue >= 0) return start_common_timer(w, *common_[static_cast<std::size_t>(queue)]);
  timers_.push(w);
  return 0;
}

void loop::stop_timer(watcher* w) {
  w->clear(in_timers);
  if (!w->is(is_internal)) --event_count_;
  if (w->common_queue >= 0)
    w->timeout_at.queue_link.unlink();
  else
    timers_.remove(w);
}

// A persistent timeout counts from when it was due, so that a period does not drift, or from now
// when something else made the watcher active or the period was missed altogether.
void loop::restart_interval(watcher* w) {
  // Added while it was active, it is not watched yet.
  if (start_watching(w) != 0)
    say(2, "a watcher that was added while it was active cannot be watched");
  const std::int64_t at = now();
  std::int64_t next = saturating_add(at, w->interval);
  if (w->fired & watch_timeout) {
    const std::int64_t in_step = saturating_add(w->deadline, w->interval);
    if (in_step > at) next = in_step;
  }
  const bool was_timed = w->is(in_timers);
  if (!was_timed && !timers_.reserve_one())
    return say(2, "out of memory: a periodic timer has ended");
  (void)start_timer(w, next, w->common_queue);
}

int loop::make_common_timeout(std::int64_t duration) {
  loop_guard guard(*this);
  for (common_timeout* queue : common_)
    if (queue->duration == duration) return queue->number;
  constexpr std::size_t most_queues = 256;
  if (common_.size() >= most_queues || !common_.reserve(common_.size() + 1)) return -1;
  auto* queue = memory::create<common_timeout>();
  if (queue == nullptr) return -1;
  queue->duration = duration;
  queue->owner = this;
  queue->number = static_cast<int>(common_.size());
  queue->timer.flags = is_initialised | is_internal;
  queue->timer.kind = closure::event;
  queue->timer.on_event = common_timeout_due;
  queue->timer.argument = queue;
  queue->timer.owner = this;
  common_.push_reserved(queue);
  return queue->number;
}

// All timeouts of a queue are equally long, so a new one is the latest, but for those that were
// given a time in the past of it (a persistent one in step with its period): the walk is short.
int loop::start_common_timer(watcher* w, common_timeout& queue) {
  list_node* place = queue.waiting.end();
  while (place->prev != queue.waiting.end() && timed_at(place->prev)->deadline > w->deadline)
    place = place->prev;
  list_head::insert_before(place, &w->timeout_at.queue_link);
  if (queue.waiting.front() != &w->timeout_at.queue_link) return 0;
  return start_timer(&queue.timer, w->deadline, -1);
}

void loop::common_timeout_due(int, short, void* argument) {
  auto* queue = static_cast<common_timeout*>(argument);
  loop& self = *queue->owner;
  loop_guard guard(self);
  const std::int64_t due = self.now();
  while (!queue->waiting.empty()) {
    watcher* w = timed_at(queue->waiting.front());
    if (w->deadline > due) {
      (void)self.start_timer(&queue->timer, w->deadline, -1);
      break;
    }
    self.stop_timer(w);
    self.timed_out(w);
  }
}

}  // namespace eddy::engine
