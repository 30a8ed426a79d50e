// Telling a stream's user: at once, or from the loop.
#include <cerrno>
#include <utility>

#include "base/sys.h"
#include "stream/extras.h"
#include "stream/stream.h"

namespace eddy::engine {
namespace {

// The lock is left around a callback of a stream that was made so.
class call_scope {
 public:
  explicit call_scope(stream& s) : lock_((s.options & unlock_callbacks) ? s.lock() : nullptr) {
    if (lock_ != nullptr) lock_->release();
  }
  ~call_scope() {
    if (lock_ != nullptr) lock_->acquire();
  }
  call_scope(const call_scope&) = delete;
  call_scope& operator=(const call_scope&) = delete;

 private:
  shared_lock* lock_;
};

// What is called is read under the lock, which may be left for the call.
void call(stream& s, stream_data_function function) {
  if (function == nullptr) return;
  void* argument = s.argument;
  call_scope scope(s);
  function(&s, argument);
}

void call_event(stream& s, short what, int error) {
  const stream_event_function function = s.on_event;
  if (function == nullptr) return;
  void* argument = s.argument;
  call_scope scope(s);
  errno = error;
  sys::tell_socket_error(error);
  function(&s, what, argument);
}

void tell_read_again(stream& s);

void call_read(stream& s) {
  call(s, s.on_read);
  // An input that stays above its high watermark is told again: nothing else would ever do it.
  if (s.read_mark.high != 0 && s.in.bytes.size() >= s.read_mark.high && s.is_enabled(watch_read))
    tell_read_again(s);
}

// CONNECTED comes before the first bytes; an end or an error after the last.
void run_deferred(callback*, void* argument) {
  auto& s = *static_cast<stream*>(argument);
  {
    stream_hold held(s);
    if (!held.alive()) return;
    stream_extras& x = *s.extras();
    --s.references();  // that of the queue
    if (x.events_wait & event_connected) {
      x.events_wait = static_cast<short>(x.events_wait & ~event_connected);
      call_event(s, event_connected, 0);
    }
    if (std::exchange(x.read_waits, false)) call_read(s);
    if (std::exchange(x.write_waits, false)) call(s, s.on_write);
    if (const short what = std::exchange(x.events_wait, short{0}))
      call_event(s, what, std::exchange(x.error_waits, 0));
  }
}

// Null when there is no memory: the callback then runs at once, which is better than never.
stream_extras* queue(stream& s, bool in_next_turn = false) {
  stream_extras* x = extras_of(s);
  if (x == nullptr) return nullptr;
  if (x->deferred.on_self == nullptr) {
    x->deferred.flags = is_initialised;
    x->deferred.kind = closure::self;
    x->deferred.on_self = run_deferred;
    x->deferred.argument = &s;
  }
  x->deferred.priority = s.reading.priority;
  if (in_next_turn ? s.owner->activate_later(&x->deferred) : s.owner->defer(&x->deferred))
    ++s.references();
  return x;
}

// In the next turn, so that others get theirs while nobody takes anything.
void tell_read_again(stream& s) {
  if (s.on_read == nullptr) return;
  if (stream_extras* x = queue(s, true)) x->read_waits = true;
}

bool is_deferred(const stream& s, int options) {
  return ((s.options | options) & defer_callbacks) != 0;
}

}  // namespace

void tell_read(stream& s, int options) {
  if (s.on_read == nullptr) return;
  if (is_deferred(s, options)) [[unlikely]] {
    if (stream_extras* x = queue(s)) {
      x->read_waits = true;
      return;
    }
  }
  call_read(s);
}

void tell_write(stream& s, int options) {
  if (s.on_write == nullptr) return;
  if (is_deferred(s, options)) [[unlikely]] {
    if (stream_extras* x = queue(s)) {
      x->write_waits = true;
      return;
    }
  }
  call(s, s.on_write);
}

void trigger(stream& s, short events, int options) {
  const bool always = (options & ignore_watermarks) != 0;
  if ((events & watch_read) && (always || s.in.bytes.size() >= s.read_mark.low))
    tell_read(s, options);
  if ((events & watch_write) && (always || s.out.bytes.size() <= s.write_mark.low))
    tell_write(s, options);
}

void trigger_event(stream& s, short what, int options) {
  if (s.on_event == nullptr) return;
  const int error = errno;
  if (is_deferred(s, options)) {
    if (stream_extras* x = queue(s)) {
      x->events_wait = static_cast<short>(x->events_wait | what);
      x->error_waits = error;
      return;
    }
  }
  call_event(s, what, error);
}

void set_callbacks(stream& s, stream_data_function on_read, stream_data_function on_write,
                   stream_event_function on_event, void* argument) {
  s.on_read = on_read;
  s.on_write = on_write;
  s.on_event = on_event;
  s.argument = argument;
}

void forget_deferred(stream& s) {
  if (s.extras() != nullptr && s.owner->cancel_deferred(&s.extras()->deferred)) --s.references();
}

}  // namespace eddy::engine
