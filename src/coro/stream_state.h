// What stands behind an eddy::stream: the engine's stream, who waits for it, and the piece of the
// input that is being read.
#pragma once

#include <eddy/operation.hpp>
#include <eddy/stream.hpp>

#include <cerrno>

#include "capi/bufferevent.h"
#include "coro/loop_state.h"
#include "stream/stream.h"

namespace eddy::detail {

struct chunk_access {
  static chunk make(void* data, std::size_t size, engine::chain* memory) noexcept {
    chunk c;
    c.data_ = static_cast<char*>(data);
    c.size_ = size;
    c.memory_ = memory;
    return c;
  }
  // With what is left of it.
  static engine::chain* take(chunk& c) noexcept {
    c.data_ = nullptr;
    c.size_ = 0;
    return static_cast<engine::chain*>(std::exchange(c.memory_, nullptr));
  }
};

struct write_wait : leaf {
  write_wait(write_operation& o, stream_state& s, std::size_t d) noexcept
      : leaf(&stop), of(o), in(s), done(d) {}
  static write_wait& of_link(link& l) noexcept { return static_cast<write_wait&>(leaf::of(l)); }
  static void stop(stoppable& s) noexcept;

  write_operation& of;
  stream_state& in;
  std::size_t done;
  bool waits = true;
};

class descriptor_wait;

struct stream_state : stream_front {
  enum flag : std::uint16_t {
    is_attached = 0x01,  // to a loop
    is_wrapped = 0x02,   // the engine's stream is a bufferevent of somebody else's
    is_file = 0x04,      // read and written by plain calls, which do not wait
    is_socket = 0x08,
    reads = 0x10,      // reading is enabled
    has_ended = 0x20,  // nothing more comes
    has_written = 0x40,
    is_shut = 0x80,        // nothing more can be written
    was_blocking = 0x100,  // and is to be so again
    is_resuming = 0x200,   // its reader, from a callback
    is_closed = 0x400,
    was_read = 0x800,  // by the engine
  };

  static stream_state& of(stream_front& f) noexcept { return static_cast<stream_state&>(f); }
  static stream_state* of(const stream& s) noexcept { return static_cast<stream_state*>(s.state_); }

  // --- life (stream.cpp) ---
  // The descriptor is closed when this throws.
  static stream_state* open(int fd, std::uint16_t flags);
  // On that loop from now on. 0 or an errno.
  int attach(loop_core& core) noexcept {
    if (!is(is_attached)) [[unlikely]]
      return attach_first(core);
    return on() == &core ? 0 : EPERM;
  }
  // Of one that is attached.
  loop_state* on() const noexcept {
    return static_cast<loop_state*>(static_cast<event_base*>(engine->owner)->coroutines);
  }
  int attach_first(loop_core& core) noexcept;
  int descriptor() const noexcept {
    return is(is_wrapped) ? descriptor_below() : engine->reading.fd;
  }
  int descriptor_below() const noexcept;
  bool is(flag f) const noexcept { return (flags & f) != 0; }
  void set(flag f) noexcept { flags = static_cast<std::uint16_t>(flags | f); }
  void clear(flag f) noexcept { flags = static_cast<std::uint16_t>(flags & ~f); }
  // Those who wait end with that.
  void end_waits(int error) noexcept;
  void hand_back() noexcept;  // of one that is wrapped
  void close() noexcept;
  void abort() noexcept;
  // The engine's stream goes, and this with it.
  void release() noexcept;

  // --- reading (stream_read.cpp) ---
  std::size_t in_piece() const noexcept { return static_cast<std::size_t>(end - next); }
  std::size_t received() const noexcept { return in_piece() + engine->in.bytes.size(); }
  // The first piece of the input is the one that is being read. False when there is none.
  bool next_piece() noexcept;
  // What is left of the piece goes back into the input.
  void put_piece_back() noexcept;
  void drop_piece() noexcept;
  std::size_t take(char* to, std::size_t size) noexcept;
  void want_more() noexcept;
  void restart_read_timeout() noexcept;
  void limit_read_ahead() noexcept;
  void made_room() noexcept;
  bool fill_from_file() noexcept;
  bool at_end() const noexcept { return is(has_ended) || read_error != 0; }

  // --- writing (stream_write.cpp) ---
  std::size_t may_be_added() const noexcept {
    const std::size_t size = engine->out.bytes.size();
    return size < high ? high - size : 0;
  }
  // Room for more of this turn, which the headers fill; then it is a part of the output. There is
  // such only while the output is going to be looked at, before the wait at the latest.
  void open_room() noexcept;
  void close_room() noexcept;
  void before_wait() noexcept;
  static void came_writable(int fd, short what, void* engine_stream);
  // 0 or an errno.
  int add(const void* data, std::size_t size) noexcept;
  int added(std::size_t size) noexcept;
  int write_to_file() noexcept;
  void watch_output() noexcept;
  void add_writer(write_wait& w) noexcept;
  void remove_writer(write_wait& w) noexcept;
  // Its coroutine goes on in its turn.
  void wake_writer(write_wait& w) noexcept;
  void fail_writers(int error) noexcept;

  // --- what the engine tells ---
  static void came(engine::stream*, void* self);
  static void went(engine::stream*, void* self);
  static void happened(engine::stream*, short what, void* self);
  void retry_reader() noexcept;
  void resume_reader() noexcept;

  engine::stream* engine = nullptr;
  engine::chain* piece = nullptr;  // where `next` and `end` point to
  read_operation* reader = nullptr;
  link* writers = nullptr;                      // leaf::queue_link, the first of those in a circle
  descriptor_wait* descriptor_waits = nullptr;  // the first of those in a row
  char* room_begin = nullptr;
  unsigned read_ahead = 64 << 10;
  unsigned low = 256 << 10;
  unsigned high = 1 << 20;
  std::int16_t read_error = 0;  // errno
  std::int16_t write_error = 0;
  std::uint16_t usual_output = 0;  // how much the last turn wrote
  std::uint16_t flags = 0;
};

// Until the descriptor itself is ready, for what is not done through the engine's stream. Ends with
// operation_canceled, too, when the stream is closed: the number may be another file's then.
class descriptor_wait : public awaitable<descriptor_wait> {
 public:
  descriptor_wait(stream_state& s, basic_operation<void> ready) noexcept : of_(&s), ready_(ready) {}
  descriptor_wait(const descriptor_wait& o) noexcept : descriptor_wait(*o.of_, o.ready_) {}
  ~descriptor_wait() { finish(); }

  bool begin(const awaiting& a) noexcept;
  result<void> await_result() noexcept;
  static void end_all(stream_state& s) noexcept;

 private:
  void finish() noexcept;

  stream_state* of_;  // null: it was closed
  basic_operation<void> ready_;
  descriptor_wait* next_ = nullptr;
  bool waits_ = false;
  cancellation stop_;
  context in_;
};

// One block, which the engine's stream releases.
struct own_stream {
  engine::stream engine;
  stream_state state;
};

// What a bufferevent had before.
struct wrapped_stream : stream_state {
  engine::stream_data_function on_read, on_write;
  engine::stream_event_function on_event;
  void* argument;
  engine::watermark read_mark, write_mark;
};

}  // namespace eddy::detail
