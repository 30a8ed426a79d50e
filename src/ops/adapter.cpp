#include "ops/adapter.h"

#include <cerrno>

#include "ops/attempt.h"

namespace eddy::engine::adapter {
namespace {

void came_ready(int fd, short what, void* argument);

operation* operation_of(const watcher* w) { return static_cast<operation*>(w->argument); }

// The operation that watches `fd` in that direction, behind which a new one has to stand. Those
// that wait in both directions (poll) take nothing away from anybody and stand for themselves.
operation* head_of_queue(loop& on, int fd, interest direction) {
  for (watcher* w = on.watchers_of(fd); w != nullptr; w = w->here.links.next)
    if (w->on_event == came_ready && operation_of(w)->what != verb::poll &&
        awaited_by(*operation_of(w)) == direction)
      return operation_of(w);
  return nullptr;
}

void finish(loop& on, operation& op, std::int64_t result) {
  op.result = result;
  op.next_waiting = nullptr;
  on.complete(&op);
}

// Watches for the next attempt. False when the operation has ended instead.
bool watch(loop& on, operation& op) {
  watcher& w = op.waiting;
  w = watcher();
  w.flags = is_initialised | is_internal;
  w.kind = closure::event;
  w.on_event = came_ready;
  w.argument = &op;
  w.owner = &on;
  w.priority = op.priority;
  std::int64_t timeout = forever;
  if (op.what == verb::timeout) {
    const std::int64_t left = op.deadline - on.now_uncached();
    timeout = left > 0 ? left : 0;
  } else {
    w.fd = op.fd;
    w.events = awaited_by(op);
  }
  const int error = on.add(&w, timeout);
  if (error != 0) finish(on, op, -error);
  return error == 0;
}

// Attempts `op` and those behind it until one has to wait.
void run_queue(loop& on, operation* op, bool first) {
  while (op != nullptr) {
    operation* next = op->next_waiting;
    const std::int64_t result = op->what == verb::timeout && !first ? 0 : attempt(*op, first);
    if (result == not_yet) {
      op->next_waiting = next;
      if (watch(on, *op)) return;
    } else {
      finish(on, *op, result);
    }
    op = next;
    first = op != nullptr && op->what == verb::connect;
  }
}

void came_ready(int, short, void* argument) {
  auto* op = static_cast<operation*>(argument);
  run_queue(*op->waiting.owner, op, false);
}

}  // namespace

void start(loop& on, operation& op) {
  op.next_waiting = nullptr;
  if (const int error = make_attemptable(op)) return finish(on, op, -error);
  if (op.what != verb::poll && op.what != verb::timeout) {
    if (operation* head = head_of_queue(on, op.fd, awaited_by(op))) {
      while (head->next_waiting != nullptr) head = head->next_waiting;
      head->next_waiting = &op;
      return;
    }
  }
  run_queue(on, &op, true);
}

void cancel(loop& on, operation& op) {
  const bool watches =
      op.waiting.is(in_watch_list) || op.waiting.is(in_timers) || op.waiting.is(in_active);
  if (watches) {
    operation* next = op.next_waiting;
    (void)on.remove(&op.waiting, removal::do_not_wait);
    finish(on, op, -ECANCELED);
    run_queue(on, next, next != nullptr && next->what == verb::connect);
    return;
  }
  operation* before = op.fd >= 0 ? head_of_queue(on, op.fd, awaited_by(op)) : nullptr;
  while (before != nullptr && before->next_waiting != &op) before = before->next_waiting;
  if (before != nullptr) before->next_waiting = op.next_waiting;
  finish(on, op, -ECANCELED);
}

}  // namespace eddy::engine::adapter
