// event2/watch.h: hooks right before and right after each wait.
#include <event2/watch.h>

#include <new>

#include "capi/base.h"
#include "capi/settings.h"

using namespace eddy::engine;
using namespace eddy::engine::capi;

struct evwatch_prepare_cb_info {
  std::int64_t timeout;
};

struct evwatch_check_cb_info {
  char unused;
};

struct evwatch {
  wait_hook hook;
  list_node in_base;
  event_base* base = nullptr;
  evwatch_prepare_cb on_prepare = nullptr;
  evwatch_check_cb on_check = nullptr;
  void* argument = nullptr;
};

namespace {

void call_prepare(wait_hook* hook, std::int64_t timeout) {
  auto* watch = reinterpret_cast<evwatch*>(hook);
  const evwatch_prepare_cb_info info{timeout};
  watch->on_prepare(watch, &info, watch->argument);
}

void call_check(wait_hook* hook, std::int64_t) {
  auto* watch = reinterpret_cast<evwatch*>(hook);
  const evwatch_check_cb_info info{};
  watch->on_check(watch, &info, watch->argument);
}

evwatch* make(event_base* base, hook_time when, void* argument) {
  if (base == nullptr) return nullptr;
  auto* watch = memory::create<evwatch>();
  if (watch == nullptr) return nullptr;
  watch->hook.when = when;
  watch->hook.call = when == hook_time::before_wait ? call_prepare : call_check;
  watch->base = base;
  watch->argument = argument;
  return watch;
}

void start(evwatch* watch) {
  loop_guard guard(*watch->base);
  watch->base->hooks.push_back(&watch->in_base);
  watch->base->add_hook(&watch->hook);
}

evwatch* in_base_of(list_node* n) {
  return reinterpret_cast<evwatch*>(reinterpret_cast<char*>(n) - sizeof(wait_hook));
}

}  // namespace

namespace eddy::engine::capi {

void release_hooks(event_base* base) {
  while (!base->hooks.empty()) evwatch_free(in_base_of(base->hooks.front()));
}

}  // namespace eddy::engine::capi

extern "C" {

evwatch* evwatch_prepare_new(event_base* base, evwatch_prepare_cb function, void* argument) {
  evwatch* watch = make(base, hook_time::before_wait, argument);
  if (watch == nullptr) return nullptr;
  watch->on_prepare = function;
  start(watch);
  return watch;
}

evwatch* evwatch_check_new(event_base* base, evwatch_check_cb function, void* argument) {
  evwatch* watch = make(base, hook_time::after_wait, argument);
  if (watch == nullptr) return nullptr;
  watch->on_check = function;
  start(watch);
  return watch;
}

event_base* evwatch_base(evwatch* watch) { return watch->base; }

void evwatch_free(evwatch* watch) {
  if (watch == nullptr) return;
  {
    loop_guard guard(*watch->base);
    watch->in_base.unlink();
    watch->base->remove_hook(&watch->hook);
  }
  memory::destroy(watch);
}

int evwatch_prepare_get_timeout(const evwatch_prepare_cb_info* info, timeval* timeout) {
  if (info->timeout < 0) return 0;
  *timeout = to_timeval(info->timeout);
  return 1;
}

}  // extern "C"
