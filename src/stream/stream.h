// A stream: input and output buffers over something that moves bytes, and callbacks that tell.
//
// What is common to all kinds (sockets, pairs, filters) stands here, once: references, locking,
// callbacks now or deferred, watermarks, timeouts, reasons not to read or write. The front is the C
// face's `struct bufferevent`, byte for byte (src/capi/bufferevent.cpp checks the offsets).
//
// Functions lock the stream where they say so; a locked stream's lock is recursive and is held in
// its callbacks, unless it was made with unlock_callbacks. Lock order: stream, then loop.
#pragma once

#include <sys/time.h>

#include <cstddef>
#include <cstdint>

#include "base/watcher.h"
#include "buffer/watched_buffer.h"
#include "loop/loop.h"

namespace eddy::engine {

struct stream;
struct stream_extras;

// What an event callback is told; a combination. The values are the C face's BEV_EVENT_*.
enum stream_event : short {
  event_reading = 0x01,
  event_writing = 0x02,
  event_eof = 0x10,
  event_error = 0x20,
  event_timeout = 0x40,
  event_connected = 0x80,
};

enum stream_option : int {
  close_on_free = 0x01,
  thread_safe = 0x02,
  defer_callbacks = 0x04,
  unlock_callbacks = 0x08,
  ignore_watermarks = 0x10000,  // of trigger
};

enum class flush_mode { normal, flush, finished };

// Why nothing is read or written although it is enabled.
enum suspension : std::uint8_t {
  by_watermark = 0x01,
  by_rate = 0x02,
  by_group_rate = 0x04,
  by_lookup = 0x08,
  by_filter_watermark = 0x10,
  by_kernel = 0x20,  // it lacks memory for the moment
  by_reader = 0x40,  // it has not come to what is there already
};

// Which kind of stream. Called with the stream locked; 0 or an errno where they give a number.
struct stream_kind : buffer_keeper_kind {
  const char* name;
  void (*enable)(stream& s, short events);   // reading or writing is wanted, and not suspended
  void (*disable)(stream& s, short events);  // it is not, for now
  void (*buffer_changed)(stream& s, watched_buffer& which, std::size_t added, std::size_t deleted);
  void (*unlink)(stream& s);   // at `free`: others must not find it any more
  void (*destroy)(stream& s);  // the last reference is gone
  void (*adjust_timeouts)(stream& s);
  int (*flush)(stream& s, short events, flush_mode mode);  // 1: data was produced
};

void buffer_of_stream_changed(buffer_keeper* keeper, watched_buffer* which, std::size_t added,
                              std::size_t deleted);
shared_lock* lock_of_stream(const buffer_keeper* keeper);
constexpr buffer_keeper_kind keeps_buffers = {buffer_of_stream_changed, lock_of_stream};

struct watermark {
  std::size_t low = 0;
  std::size_t high = 0;  // 0: none
};

using stream_data_function = void (*)(stream*, void* argument);
using stream_event_function = void (*)(stream*, short what, void* argument);

struct stream {
  loop* owner = nullptr;
  buffer_keeper keeper;  // of both buffers, and which kind of stream it is
  watcher reading;
  watcher writing;
  watched_buffer* input = &in;
  watched_buffer* output = &out;
  watermark read_mark;
  watermark write_mark;
  stream_data_function on_read = nullptr;
  stream_data_function on_write = nullptr;
  stream_event_function on_event = nullptr;
  void* argument = nullptr;
  timeval read_timeout{0, 0};  // 0: none
  timeval write_timeout{0, 0};
  short enabled = 0;  // watch_read, watch_write
  // --- from here on it is ours alone ---
  std::uint8_t read_suspended = 0;  // suspension bits
  std::uint8_t write_suspended = 0;
  std::uint8_t options = 0;
  std::uint8_t state = 0;  // the kind's own
  std::uint8_t reads = 0;  // how much to read at a time: a power of two
  watched_buffer in;
  watched_buffer out;

  bool is_enabled(short events) const { return (enabled & events) != 0; }
  const stream_kind* kind() const { return static_cast<const stream_kind*>(keeper.how); }

  // What only some have stands where the public events of all have room.
  shared_lock* lock() const { return static_cast<shared_lock*>(reading.own.of_owner[0]); }
  void set_lock(shared_lock* lock) { reading.own.of_owner[0] = lock; }
  stream_extras* extras() const { return static_cast<stream_extras*>(reading.own.of_owner[1]); }
  void set_extras(stream_extras* x) { reading.own.of_owner[1] = x; }
  int& references() { return reading.uses; }
};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winvalid-offsetof"  // GCC and Clang both give it
inline stream& stream_of(buffer_keeper* k) {
  return *reinterpret_cast<stream*>(reinterpret_cast<char*>(k) - offsetof(stream, keeper));
}
inline const stream& stream_of(const buffer_keeper* k) {
  return *reinterpret_cast<const stream*>(reinterpret_cast<const char*>(k) -
                                          offsetof(stream, keeper));
}
#pragma GCC diagnostic pop

// --- life (stream.cpp) ---
// Prepares a new object of `kind`, with a lock of its own if `options` ask for it (and threads are
// enabled) or with that of `like`. 0 or an errno.
int open_stream(stream& s, loop& on, const stream_kind& kind, int options, stream* like = nullptr);
// Under its lock; gives up the caller's reference. The memory goes when nobody holds one any more.
void free_stream(stream& s);
void hold(stream& s);
// True when it was the last reference. The caller must not hold the lock.
bool let_go(stream& s);

class stream_guard : public shared_guard {
 public:
  explicit stream_guard(const stream& s) : shared_guard(s.lock()) {}
};

// Locked, and kept alive: around what may run callbacks.
class stream_hold {
 public:
  explicit stream_hold(stream& s) : stream_(s) {
    if (s.lock() != nullptr) s.lock()->acquire();
    alive_ = s.references() != 0;
    ++s.references();
  }
  // False: another thread gave up the last reference, and the loop will free it. Nothing of it may
  // be done any more.
  bool alive() const { return alive_; }
  ~stream_hold() {
    if (stream_.references() == 1 && alive_) [[unlikely]] {
      last();
    } else {
      --stream_.references();
      if (stream_.lock() != nullptr) stream_.lock()->release();
    }
  }
  stream_hold(const stream_hold&) = delete;
  stream_hold& operator=(const stream_hold&) = delete;

 private:
  void last();
  stream& stream_;
  bool alive_;
};

// --- enabling (enable.cpp); locked by the caller ---
void enable(stream& s, short events);
void disable(stream& s, short events);
// For one reason; what is enabled goes on when the last reason is gone.
void suspend_reading(stream& s, suspension why);
void resume_reading(stream& s, suspension why);
void suspend_writing(stream& s, suspension why);
void resume_writing(stream& s, suspension why);
void set_watermark(stream& s, short events, std::size_t low, std::size_t high);
void set_timeouts(stream& s, const timeval* reading, const timeval* writing);
// Starts the timeout of a kind that has no descriptor, or ends it.
void watch_timeout_of(stream& s, short event);
// For kinds without a descriptor: their watchers are timeouts only.
void make_timeouts_only(stream& s);
void adjust_plain_timeouts(stream& s);
std::int64_t timeout_in_ns(const timeval& tv);  // `forever` for 0

// --- callbacks (tell.cpp); locked by the caller, who holds a reference ---
// `options`: defer_callbacks, ignore_watermarks; or 0 for what the stream was made with.
void trigger(stream& s, short events, int options);
void trigger_event(stream& s, short what, int options);
void tell_read(stream& s, int options);
void tell_write(stream& s, int options);
// The right order for "there are new bytes" or "bytes are gone": only past the watermarks.
inline void bytes_came(stream& s) {
  if (s.in.bytes.size() >= s.read_mark.low) tell_read(s, 0);
}
inline void bytes_went(stream& s) {
  if (s.out.bytes.size() <= s.write_mark.low) tell_write(s, 0);
}
void set_callbacks(stream& s, stream_data_function on_read, stream_data_function on_write,
                   stream_event_function on_event, void* argument);
// Nothing that is deferred runs any more.
void forget_deferred(stream& s);

}  // namespace eddy::engine
