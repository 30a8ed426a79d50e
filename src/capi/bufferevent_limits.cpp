// event2/bufferevent.h: rate limits, and how much at a time.
#include <algorithm>

#include "base/memory.h"
#include "capi/bufferevent.h"
#include "capi/settings.h"
#include "stream/extras.h"
#include "stream/rate.h"
#include "stream/socket.h"

using namespace eddy::engine;
using namespace eddy::engine::capi;

struct ev_token_bucket_cfg : eddy::engine::rate_config {};
struct bufferevent_rate_limit_group : eddy::engine::rate_group {};

namespace {

constexpr std::size_t default_at_once = 16384;  // what programs are told

int set_most(bufferevent* b, std::size_t size, std::size_t stream_extras::*which) {
  stream& s = to_stream(b);
  stream_guard guard(s);
  stream_extras* x = extras_of(s);
  if (x == nullptr) return -1;
  x->*which = size > EV_SSIZE_MAX ? 0 : size;
  return 0;
}

std::size_t most(const stream& s, std::size_t stream_extras::*which) {
  const std::size_t set = s.extras() != nullptr ? s.extras()->*which : 0;
  return set != 0 ? set : default_at_once;
}

ev_ssize_t limit(bufferevent* b, std::int64_t token_bucket::*which) {
  stream& s = to_stream(b);
  stream_guard guard(s);
  rate_state* r = rate_of(s);
  if (r == nullptr || r->config == nullptr) return EV_SSIZE_MAX;
  refresh_bucket(s);
  return r->bucket.*which;
}

}  // namespace

extern "C" {

ev_token_bucket_cfg* ev_token_bucket_cfg_new(size_t read_rate, size_t read_burst, size_t write_rate,
                                             size_t write_burst, const timeval* tick) {
  const timeval second{1, 0};
  if (tick == nullptr) tick = &second;
  if (read_rate > read_burst || write_rate > write_burst || read_rate < 1 || write_rate < 1)
    return nullptr;
  if (read_burst > EV_RATE_LIMIT_MAX || write_burst > EV_RATE_LIMIT_MAX) return nullptr;
  const std::int64_t milliseconds = tick->tv_sec * 1000LL + tick->tv_usec / 1000;
  if (milliseconds < 1) return nullptr;
  auto* made = memory::create<ev_token_bucket_cfg>();
  if (made == nullptr) return nullptr;
  made->read_rate = read_rate;
  made->read_burst = read_burst;
  made->write_rate = write_rate;
  made->write_burst = write_burst;
  made->tick = *tick;
  made->tick_ns = milliseconds * 1'000'000;
  return made;
}

void ev_token_bucket_cfg_free(ev_token_bucket_cfg* config) { memory::destroy(config); }

int bufferevent_set_rate_limit(bufferevent* b, ev_token_bucket_cfg* config) {
  stream& s = to_stream(b);
  stream_hold held(s);
  return as_stream_result(set_rate_limit(s, config));
}

const ev_token_bucket_cfg* bufferevent_get_token_bucket_cfg(const bufferevent* b) {
  const stream& s = to_stream(b);
  stream_guard guard(s);
  const rate_state* r = rate_of(s);
  return r == nullptr ? nullptr : static_cast<const ev_token_bucket_cfg*>(r->config);
}

bufferevent_rate_limit_group* bufferevent_rate_limit_group_new(event_base* base,
                                                               const ev_token_bucket_cfg* config) {
  return static_cast<bufferevent_rate_limit_group*>(make_rate_group(*base, *config));
}

int bufferevent_rate_limit_group_set_cfg(bufferevent_rate_limit_group* g,
                                         const ev_token_bucket_cfg* config) {
  if (g == nullptr || config == nullptr) return -1;
  set_group_config(*g, *config);
  return 0;
}

int bufferevent_rate_limit_group_set_min_share(bufferevent_rate_limit_group* g, size_t share) {
  if (share > EV_SSIZE_MAX) return -1;
  set_group_share(*g, share);
  return 0;
}

void bufferevent_rate_limit_group_free(bufferevent_rate_limit_group* g) {
  if (const int members = member_count_of(*g); members != 0)
    log_errx(misuse_code,
             "bufferevent_rate_limit_group_free: the group still has %d member%s; "
             "bufferevent_remove_from_rate_limit_group comes first",
             members, members == 1 ? "" : "s");
  destroy_rate_group(g);
}

int bufferevent_add_to_rate_limit_group(bufferevent* b, bufferevent_rate_limit_group* g) {
  if (g == nullptr) return bufferevent_remove_from_rate_limit_group(b);
  stream& s = to_stream(b);
  stream_hold held(s);
  return as_stream_result(join_group(s, *g));
}

int bufferevent_remove_from_rate_limit_group(bufferevent* b) {
  stream& s = to_stream(b);
  stream_hold held(s);
  leave_group(s);
  return 0;
}

int bufferevent_set_max_single_read(bufferevent* b, size_t size) {
  return set_most(b, size, &stream_extras::max_read);
}

int bufferevent_set_max_single_write(bufferevent* b, size_t size) {
  return set_most(b, size, &stream_extras::max_write);
}

ev_ssize_t bufferevent_get_max_single_read(bufferevent* b) {
  stream_guard guard(to_stream(b));
  return static_cast<ev_ssize_t>(most(to_stream(b), &stream_extras::max_read));
}

ev_ssize_t bufferevent_get_max_single_write(bufferevent* b) {
  stream_guard guard(to_stream(b));
  return static_cast<ev_ssize_t>(most(to_stream(b), &stream_extras::max_write));
}

ev_ssize_t bufferevent_get_read_limit(bufferevent* b) { return limit(b, &token_bucket::read); }
ev_ssize_t bufferevent_get_write_limit(bufferevent* b) { return limit(b, &token_bucket::write); }

ev_ssize_t bufferevent_get_max_to_read(bufferevent* b) {
  stream& s = to_stream(b);
  stream_guard guard(s);
  return static_cast<ev_ssize_t>(read_allowance(s, most(s, &stream_extras::max_read)));
}

ev_ssize_t bufferevent_get_max_to_write(bufferevent* b) {
  stream& s = to_stream(b);
  stream_guard guard(s);
  return static_cast<ev_ssize_t>(write_allowance(s, most(s, &stream_extras::max_write)));
}

ev_ssize_t bufferevent_rate_limit_group_get_read_limit(bufferevent_rate_limit_group* g) {
  group_guard guard(*g);
  return g->bucket.read;
}

ev_ssize_t bufferevent_rate_limit_group_get_write_limit(bufferevent_rate_limit_group* g) {
  group_guard guard(*g);
  return g->bucket.write;
}

int bufferevent_decrement_read_limit(bufferevent* b, ev_ssize_t less) {
  stream& s = to_stream(b);
  stream_hold held(s);
  return as_stream_result(change_bucket(s, less, 0));
}

int bufferevent_decrement_write_limit(bufferevent* b, ev_ssize_t less) {
  stream& s = to_stream(b);
  stream_hold held(s);
  return as_stream_result(change_bucket(s, 0, less));
}

int bufferevent_rate_limit_group_decrement_read(bufferevent_rate_limit_group* g, ev_ssize_t less) {
  change_group_bucket(*g, less, 0);
  return 0;
}

int bufferevent_rate_limit_group_decrement_write(bufferevent_rate_limit_group* g, ev_ssize_t less) {
  change_group_bucket(*g, 0, less);
  return 0;
}

void bufferevent_rate_limit_group_get_totals(bufferevent_rate_limit_group* g, ev_uint64_t* read,
                                             ev_uint64_t* written) {
  group_guard guard(*g);
  if (read != nullptr) *read = g->total_read;
  if (written != nullptr) *written = g->total_written;
}

void bufferevent_rate_limit_group_reset_totals(bufferevent_rate_limit_group* g) {
  group_guard guard(*g);
  g->total_read = g->total_written = 0;
}

}  // extern "C"
