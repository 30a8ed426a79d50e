#include "stream/filter.h"

#include <cerrno>
#include <utility>

#include "base/memory.h"

namespace eddy::engine {
namespace {

struct filtered : stream {
  stream* below = nullptr;
  filter_function reading_filter = nullptr;
  filter_function writing_filter = nullptr;
  void (*free_context)(void*) = nullptr;
  void* context = nullptr;
  bool in_reading_filter = false, in_writing_filter = false;
  bool came_meanwhile = false, added_meanwhile = false;
  bool left_below = false;  // bytes that were there when the input was full
};

filtered& as_filter(stream& s) { return static_cast<filtered&>(s); }

filter_result let_through(watched_buffer* from, watched_buffer* to, ssize_t limit, flush_mode,
                          void*) {
  std::size_t size = from->bytes.size();
  if (limit >= 0 && static_cast<std::size_t>(limit) < size) size = static_cast<std::size_t>(limit);
  if (size != 0 && to->bytes.move_some(from->bytes, size) == 0) {
    to->changed(size, 0);
    from->changed(0, size);
  }
  return filter_result::done;
}

// The filter adds to the input and takes from the output, which nobody else may.
class open_ends {
 public:
  explicit open_ends(stream& s) : stream_(s) { freeze(false); }
  ~open_ends() { freeze(true); }
  open_ends(const open_ends&) = delete;
  open_ends& operator=(const open_ends&) = delete;

 private:
  void freeze(bool frozen) {
    stream_.in.freeze_end(frozen);
    stream_.out.freeze_front(frozen);
  }
  stream& stream_;
};

bool is_full(const watched_buffer& b, const watermark& mark, flush_mode mode) {
  return mode == flush_mode::normal && mark.high != 0 && b.bytes.size() >= mark.high;
}

ssize_t room_in(const watched_buffer& b, const watermark& mark, flush_mode mode) {
  if (mode != flush_mode::normal || mark.high == 0) return -1;
  return static_cast<ssize_t>(mark.high - b.bytes.size());
}

// While a filter has taken bytes that it did not hand on yet, what it does to the buffers may bring
// more: those are its next ones, and not for a call within the call.
class filter_call {
 public:
  filter_call(bool& within, bool& more) : within_(within), more_(more) { within_ = true; }
  ~filter_call() { within_ = more_ = false; }
  bool goes_on(filter_result last) {
    return std::exchange(more_, false) ? last != filter_result::failed
                                       : last == filter_result::done;
  }
  filter_call(const filter_call&) = delete;
  filter_call& operator=(const filter_call&) = delete;

 private:
  bool& within_;
  bool& more_;
};

// True when something was produced.
bool filter_input(filtered& f, flush_mode mode) {
  if (f.in_reading_filter) {
    f.came_meanwhile = true;
    return false;
  }
  filter_call call(f.in_reading_filter, f.came_meanwhile);
  bool produced = false;
  filter_result result = filter_result::done;
  while (call.goes_on(result) && !is_full(f.in, f.read_mark, mode)) {
    open_ends open(f);
    result =
        f.reading_filter(&f.below->in, &f.in, room_in(f.in, f.read_mark, mode), mode, f.context);
    produced = produced || result == filter_result::done;
    if (f.below->in.bytes.empty() || !f.is_enabled(watch_read)) break;
  }
  f.left_below = is_full(f.in, f.read_mark, mode) && !f.below->in.bytes.empty();
  return produced;
}

bool run_writing_filter(filtered& f, flush_mode mode) {
  filter_call call(f.in_writing_filter, f.added_meanwhile);
  bool produced = false;
  filter_result result = filter_result::done;
  while (call.goes_on(result) && !is_full(f.below->out, f.below->write_mark, mode)) {
    open_ends open(f);
    result = f.writing_filter(&f.out, &f.below->out,
                              room_in(f.below->out, f.below->write_mark, mode), mode, f.context);
    produced = produced || result == filter_result::done;
    if (f.out.bytes.empty() || !f.is_enabled(watch_write)) break;
  }
  return produced;
}

bool filter_output(filtered& f, flush_mode mode) {
  if (f.in_writing_filter) {
    f.added_meanwhile = true;
    return false;
  }
  if (mode == flush_mode::normal && (!f.is_enabled(watch_write) || f.out.bytes.empty() ||
                                     is_full(f.below->out, f.below->write_mark, mode)))
    return false;
  const bool produced = run_writing_filter(f, mode);
  if (produced) {
    watch_timeout_of(f, watch_write);
    bytes_went(f);
  }
  return produced;
}

void take_input(filtered& f) {
  if (!filter_input(f, flush_mode::normal)) return;
  watch_timeout_of(f, watch_read);
  bytes_came(f);
}

// --- what the stream below tells ---

void below_read(stream*, void* argument) {
  auto& f = *static_cast<filtered*>(argument);
  stream_hold held(f);
  take_input(f);
}

void below_wrote(stream*, void* argument) {
  auto& f = *static_cast<filtered*>(argument);
  stream_hold held(f);
  (void)filter_output(f, flush_mode::normal);
}

void below_event(stream*, short what, void* argument) {
  auto& f = *static_cast<filtered*>(argument);
  stream_hold held(f);
  trigger_event(f, what, 0);
}

// --- the kind ---

void filter_enable(stream& s, short events) {
  filtered& f = as_filter(s);
  watch_timeout_of(s, events);
  if (events & watch_read) resume_reading(*f.below, by_filter_watermark);
}

void filter_disable(stream& s, short events) {
  filtered& f = as_filter(s);
  if (events & watch_read) {
    (void)s.owner->remove(&s.reading, removal::do_not_wait);
    suspend_reading(*f.below, by_filter_watermark);
  }
  if (events & watch_write) (void)s.owner->remove(&s.writing, removal::do_not_wait);
}

void filter_changed(stream& s, watched_buffer& which, std::size_t added, std::size_t deleted) {
  filtered& f = as_filter(s);
  if (&which == &s.out) {
    if (added == 0) return;
    stream_hold held(s);
    (void)filter_output(f, flush_mode::normal);
  } else if (deleted != 0 && (s.read_mark.high != 0 || f.left_below) &&
             !f.below->in.bytes.empty() && s.is_enabled(watch_read) && s.read_suspended == 0) {
    // There is room again, and bytes that nobody will announce any more.
    stream_hold held(s);
    take_input(f);
  }
}

void filter_unlink(stream& s) {
  filtered& f = as_filter(s);
  if (f.below->on_event == below_event && f.below->argument == &f) {
    // Those who hold the stream below go on without us.
    set_callbacks(*f.below, nullptr, nullptr, nullptr, nullptr);
    if (!(s.options & close_on_free)) resume_reading(*f.below, by_filter_watermark);
  }
}

void filter_destroy(stream& s) {
  filtered& f = as_filter(s);
  if (f.free_context != nullptr) f.free_context(f.context);
  if (s.options & close_on_free)
    free_stream(*f.below);
  else
    (void)let_go(*f.below);
}

int filter_flush(stream& s, short events, flush_mode mode) {
  filtered& f = as_filter(s);
  stream_hold held(s);
  // Who asks for it looks into the input: as in libevent, the callback does not tell.
  bool produced = (events & watch_read) && filter_input(f, mode);
  if ((events & watch_write) && filter_output(f, mode)) produced = true;
  (void)f.below->kind()->flush(*f.below, events, mode);
  return produced ? 1 : 0;
}

}  // namespace

const stream_kind filter_kind = {
    {keeps_buffers}, "filter",       filter_enable,         filter_disable, filter_changed,
    filter_unlink,   filter_destroy, adjust_plain_timeouts, filter_flush,
};

stream* make_filter(stream& below, filter_function reading, filter_function writing, int options,
                    void (*free_context)(void*), void* context) {
  auto* f = memory::create<filtered>();
  if (f == nullptr) return nullptr;
  (void)open_stream(*f, *below.owner, filter_kind, options & ~thread_safe, &below);
  make_timeouts_only(*f);
  f->below = &below;
  f->reading_filter = reading != nullptr ? reading : let_through;
  f->writing_filter = writing != nullptr ? writing : let_through;
  f->free_context = free_context;
  f->context = context;
  stream_guard guard(below);
  if (!(options & close_on_free)) ++below.references();
  set_callbacks(below, below_read, below_wrote, below_event, f);
  suspend_reading(below, by_filter_watermark);
  enable(below, watch_read | watch_write);
  return f;
}

stream* below_of(const stream& s) {
  return s.kind() == &filter_kind ? static_cast<const filtered&>(s).below : nullptr;
}

}  // namespace eddy::engine
