// A stream's life.
#include "stream/stream.h"

#include <cerrno>

#include "base/memory.h"
#include "stream/extras.h"
#include "stream/rate.h"
#include "stream/retry.h"

namespace eddy::engine {

// A malloc that counts in sixteens takes 464 bytes for it; see docs/benchmarks.md, `idle`.
static_assert(sizeof(void*) != 8 || sizeof(stream) <= 456);

// --- what it is to its buffers ---

void buffer_of_stream_changed(buffer_keeper* keeper, watched_buffer* which, std::size_t added,
                              std::size_t deleted) {
  stream* s = &stream_of(keeper);
  if (which == &s->in) {
    // Whoever takes from the input may make room for more.
    if (deleted != 0 && (s->read_suspended & by_watermark) != 0 &&
        s->in.bytes.size() < s->read_mark.high)
      resume_reading(*s, by_watermark);
    else if (added != 0 && s->read_mark.high != 0 && s->in.bytes.size() >= s->read_mark.high)
      suspend_reading(*s, by_watermark);
  }
  s->kind()->buffer_changed(*s, *which, added, deleted);
}

shared_lock* lock_of_stream(const buffer_keeper* keeper) { return stream_of(keeper).lock(); }

// --- life ---

namespace {

void destroy(stream& s) {
  forget_deferred(s);
  (void)s.owner->remove(&s.reading, removal::even_if_finalizing);
  (void)s.owner->remove(&s.writing, removal::even_if_finalizing);
  leave_rates(s);
  leave_retries(s);
  s.kind()->destroy(s);
  for (const watched_buffer* b : {&s.in, &s.out})
    if (buffer_keeper* k = b->keeper(); k != &s.keeper) k->how->changed(k, nullptr, 0, 0);
  memory::destroy(s.extras());
  drop_shared_lock(s.lock());
  memory::destroy(&s);
}

void finalized(watcher*, void* argument) { destroy(*static_cast<stream*>(argument)); }

// With a lock, another thread may be about to run a callback of it: the loop tells when none is.
void end(stream& s) {
  shared_lock* lock = s.lock();
  if (lock == nullptr) return destroy(s);
  (void)s.owner->remove(&s.writing, removal::do_not_wait);
  lock->release();
  (void)s.owner->finalize(&s.reading, finalized, false);
}

int find_lock(stream& s, int options, stream* like) {
  shared_lock* lock = nullptr;
  if (like != nullptr) {
    lock = like->lock();
    if (lock != nullptr) ++lock->users;
  } else if ((options & thread_safe) && s.owner->threads() != nullptr) {
    lock = make_shared_lock(s.owner->threads());
    if (lock == nullptr) return ENOMEM;
  }
  s.set_lock(lock);
  return 0;
}

}  // namespace

int open_stream(stream& s, loop& on, const stream_kind& kind, int options, stream* like) {
  s.owner = &on;
  s.keeper.how = &kind;
  s.options = static_cast<std::uint8_t>(options & ~thread_safe);
  s.enabled = watch_write;
  s.references() = 1;
  for (watcher* w : {&s.reading, &s.writing}) {
    w->flags = is_initialised;
    w->kind = closure::persistent_event;
    w->owner = &on;
    w->priority = static_cast<std::uint8_t>(on.priorities() / 2);
    w->argument = &s;
  }
  // What is received is added by the stream alone, what is to be sent is taken by it alone.
  s.in.freeze_end(true);
  s.out.freeze_front(true);
  if (const int error = find_lock(s, options, like)) return error;
  s.in.keep_in(&s.keeper);
  s.out.keep_in(&s.keeper);
  if (s.lock() == nullptr) return 0;
  s.reading.set(is_shared);
  s.writing.set(is_shared);
  return 0;
}

void hold(stream& s) {
  stream_guard guard(s);
  ++s.references();
}

bool let_go(stream& s) {
  if (s.lock() != nullptr) s.lock()->acquire();
  if (--s.references() == 0) {
    end(s);
    return true;
  }
  if (s.lock() != nullptr) s.lock()->release();
  return false;
}

void stream_hold::last() {
  stream_.references() = 0;
  end(stream_);
}

void free_stream(stream& s) {
  {
    stream_guard guard(s);
    set_callbacks(s, nullptr, nullptr, nullptr, nullptr);
    forget_deferred(s);
    // Its descriptor may be another's soon, also when somebody still holds a reference; and the
    // loop's thread, which may wait for the lock with a callback of it in hand, must not use it.
    disable(s, watch_read | watch_write);
    if (s.kind()->unlink != nullptr) s.kind()->unlink(s);
  }
  (void)let_go(s);
}

stream_extras* extras_of(stream& s) {
  if (s.extras() == nullptr) s.set_extras(memory::create<stream_extras>());
  return s.extras();
}

}  // namespace eddy::engine
