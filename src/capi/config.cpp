// event2/event.h: configurations, and making bases from them.
#include <event2/event_compat.h>
#include <event2/thread.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <new>

#include "backend/table.h"
#include "base/sys.h"
#include "capi/base.h"
#include "capi/settings.h"

using namespace eddy::engine;
using namespace eddy::engine::capi;

struct event_config {
  array<char*> avoided;
  int features = 0;
  int flags = 0;
  std::int64_t interval = -1;
  int callbacks = INT_MAX;
  int limited_from = 1;
};

namespace eddy::engine::capi {

event_base* current_base = nullptr;

namespace {

bool avoids(const char* name, void* context) {
  const auto* config = static_cast<const event_config*>(context);
  for (const char* avoided : config->avoided)
    if (std::strcmp(avoided, name) == 0) return true;
  return false;
}

void log_from_loop(int severity, const char* message) { log_message(severity, "%s", message); }

loop_options options_of(const event_config* config) {
  loop_options options;
  options.log = log_from_loop;
  options.threads = process_threading();
  if (config == nullptr) return options;
  options.required_features = static_cast<std::uint32_t>(config->features);
  options.avoids = avoids;
  options.avoid_context = const_cast<event_config*>(config);
  options.ignore_environment = (config->flags & EVENT_BASE_FLAG_IGNORE_ENV) != 0;
  options.reads_ahead = (config->flags & EVENT_BASE_FLAG_STARTUP_IOCP) != 0;
  options.no_time_cache = (config->flags & EVENT_BASE_FLAG_NO_CACHE_TIME) != 0;
  if (config->flags & EVENT_BASE_FLAG_NOLOCK) options.threads = nullptr;
  options.dispatch_interval = config->interval;
  options.dispatch_callbacks = config->callbacks;
  options.limited_from = config->limited_from;
  return options;
}

void show_method(const event_base* base) {
  if (sys::trusted_environment("EVENT_SHOW_METHOD") != nullptr)
    log_message(EVENT_LOG_MSG, "libevent using: %s", base->backend_name());
}

}  // namespace
}  // namespace eddy::engine::capi

extern "C" {

event_config* event_config_new() { return memory::create<event_config>(); }

void event_config_free(event_config* config) {
  if (config == nullptr) return;
  for (char* name : config->avoided) mm_free(name);
  memory::destroy(config);
}

int event_config_avoid_method(event_config* config, const char* method) {
  char* copy = mm_strdup(method);
  if (copy == nullptr) return -1;
  if (config->avoided.push_back(copy)) return 0;
  mm_free(copy);
  return -1;
}

int event_config_require_features(event_config* config, int features) {
  if (config == nullptr) return -1;
  config->features = features;
  return 0;
}

int event_config_set_flag(event_config* config, int flag) {
  if (config == nullptr) return -1;
  config->flags |= flag;
  return 0;
}

// Only a hint, and only for IOCP.
int event_config_set_num_cpus_hint(event_config* config, int cpus) {
  (void)cpus;
  return config == nullptr ? -1 : 0;
}

int event_config_set_max_dispatch_interval(event_config* config, const timeval* interval,
                                           int callbacks, int minimum_priority) {
  config->interval = interval == nullptr ? -1 : to_nanoseconds(*interval);
  config->callbacks = callbacks < 0 ? INT_MAX : callbacks;
  config->limited_from = minimum_priority < 0 ? 0 : minimum_priority;
  return 0;
}

event_base* event_base_new_with_config(const event_config* config) {
  debug_note_base_made();
  auto* base = memory::create<event_base>();
  if (base == nullptr) {
    log_warn("event_base_new: out of memory");
    return nullptr;
  }
  if (config != nullptr) base->config_flags = config->flags;
  const int error = base->open(options_of(config));
  if (error != 0 || (base->threads() != nullptr && base->make_wakeable() != 0)) {
    if (error != 0)
      log_warnx("event_base_new: no event loop could be made: %s", base->why_not_open());
    memory::destroy(base);
    return nullptr;
  }
  show_method(base);
  return base;
}

event_base* event_base_new() { return event_base_new_with_config(nullptr); }

event_base* event_init() {
  event_base* base = event_base_new_with_config(nullptr);
  if (base == nullptr) log_errx(1, "event_init: no event_base could be made");
  current_base = base;
  return base;
}

const char** event_get_supported_methods() {
  static const char* names[most_backends + 1];
  std::size_t count = 0;
  const backend_row* rows = backend_table(&count);
  std::size_t n = 0;
  for (std::size_t i = 0; i < count; ++i)
    if (rows[i].unavailable() == nullptr) names[n++] = rows[i].name;
  names[n] = nullptr;
  return names;
}

const char* event_base_get_method(const event_base* base) { return base->backend_name(); }

int event_base_get_features(const event_base* base) {
  return static_cast<int>(base->features() &
                          (feature_edge | feature_o1 | feature_any_fd | feature_early_close));
}

int evthread_make_base_notifiable(event_base* base) {
  if (base == nullptr) return -1;
  return base->make_wakeable() == 0 ? 0 : -1;
}

}  // extern "C"
