// Transfers: watchers for which the kernel receives and sends.
#include <cerrno>
#include <utility>

#include "buffer/buffer.h"
#include "loop/activate.h"
#include "loop/loop.h"

namespace eddy::engine {

bool loop::has_transfers() {
  loop_guard guard(*this);
  return completion_ != nullptr && completion_->transfers(in_backend_);
}

// A sender is added with its request made (see `send`).
int loop::start_transfer(watcher* w) {
  if (w->events & watch_write) return 0;
  const transfer& t = w->here.moved;
  if (w->is(is_acceptor)) return t.number != 0 ? 0 : ask_for(w);
  // What came before it was stopped, or how that ended, comes first; after the next wait, as what
  // comes anew.
  if (t.last != nullptr || (t.outcome != goes_on && t.outcome != ended_early && t.outcome != 0)) {
    w->fired = static_cast<std::int16_t>(w->is(in_active) ? w->fired | watch_read : watch_read);
    activate_later(w);
    return 0;
  }
  // One that was asked to end has not done so yet: then it is asked again.
  return t.number != 0 ? 0 : ask_for(w);
}

int loop::ask_for(watcher* w) {
  if (!completion_->transfers(in_backend_)) return ENOTSUP;
  return w->is(is_acceptor) ? completion_->accept(w) : completion_->receive(w, in_backend_);
}

void loop::end_transfer(watcher* w) {
  w->clear(is_transfer);
  w->clear(is_acceptor);
  w->here.links = {nullptr, nullptr};
}

bool loop::is_transferring() {
  loop_guard guard(*this);
  return completion_ != nullptr && completion_->is_transferring();
}

void loop::make_acceptor(watcher* w, accepted_row& row) {
  loop_guard guard(*this);
  w->set(is_transfer);
  w->set(is_acceptor);
  w->here.moved = transfer{{nullptr}, 0, 0};
  w->here.moved.row = &row;
}

chain* loop::take_pieces(watcher* w) {
  loop_guard guard(*this);
  return w->is(is_transfer) ? std::exchange(w->here.moved.last, nullptr) : nullptr;
}

void loop::put_back(watcher* w, chain* last) {
  loop_guard guard(*this);
  w->here.moved.last = last;
}

std::int32_t loop::take_outcome(watcher* w) {
  loop_guard guard(*this);
  if (!w->is(is_transfer) || w->here.moved.number != 0) return goes_on;
  return std::exchange(w->here.moved.outcome, 0);
}

void loop::forget_transfer(watcher* w) {
  loop_guard guard(*this);
  if (!w->is(is_transfer)) return;
  if (completion_ != nullptr) completion_->abandon_transfer(w);
  end_transfer(w);
  w->reserved = 0;
}

void loop::make_transfer(watcher* w) {
  loop_guard guard(*this);
  w->set(is_transfer);
  w->here.moved = transfer{{nullptr}, 0, 0};
}

void loop::stop_transfer(watcher* w) {
  if (completion_ != nullptr) completion_->stop_transfer(w, in_backend_);
}

// Of a send also to one that was removed meanwhile (its timeout does that): what went is gone.
void loop::transfer_came(watcher* w) {
  if (!w->is(in_watch_list) && !(w->events & watch_write)) return;
  activate_locked(w, w->events & (watch_read | watch_write), 1);
}

void loop::limit_receive(watcher* w, int most) {
  loop_guard guard(*this);
  if (w->is(is_transfer)) w->reserved = most;
}

int loop::receive_on(watcher* w) {
  loop_guard guard(*this);
  if (!w->is(in_watch_list) || !w->is(is_transfer) || w->here.moved.number != 0) return 0;
  return ask_for(w);
}

int loop::send(watcher* w, buffer& from, std::size_t most, std::int64_t timeout) {
  loop_guard guard(*this);
  if (!w->is(is_transfer)) return ENOTSUP;
  if (!completion_->transfers(in_backend_)) return ENOTSUP;
  // First what may fail: once the request is made the bytes go.
  const bool added = w->is(in_watch_list);
  if (!added)
    if (const int error = add_though_active(w, timeout)) return error;
  const int error = completion_->send(w, from, most);
  if (error != 0 && !added) (void)remove_locked(w, removal::do_not_wait);
  return error;
}

void loop::sent_all(watcher* w) {
  loop_guard guard(*this);
  (void)remove_locked(w, removal::do_not_wait);
}

void loop::abandon_transfer(watcher* w) {
  loop_guard guard(*this);
  if (completion_ != nullptr) completion_->abandon_transfer(w);
}

void loop::finish_send(watcher* w) {
  loop_guard guard(*this);
  if (w->is(is_transfer) && !in_backend_ && completion_ != nullptr) completion_->finish_send(w);
}

void loop::hurry_send(watcher* w) {
  loop_guard guard(*this);
  if (w->is(is_transfer) && !in_backend_ && completion_ != nullptr) completion_->hurry_send(w);
}

}  // namespace eddy::engine
